//! Memory after a thousand invocations is that after a hundred, whether the collector takes spans or never does.

use lambda_env::{Environment, OtlpFault};

use crate::{
    fixture::{Fixture, call, stream, within},
    ledger::ParsedLog,
    turns,
};

const WARM: usize = 100;
const ALL: usize = 1_000;

/// Resident memory in KiB after `WARM` and after `ALL` invocations.
async fn grown(fault: Option<OtlpFault>) -> (u64, u64) {
    let fixture = Fixture::new().await;
    let variables = [("SSE_STREAM_MAX_MS", "20"), ("SSE_RETAIN_BYTES", "100000"), ("SSE_FLUSH_TIMEOUT_MS", "100")];
    let environment = fixture.start(&variables).await;
    fixture.collector.set_fault(fault).await.unwrap();
    let mut warm = 0;
    for number in 1..=ALL {
        let response = call(&environment, stream()).await;
        assert_eq!(response.events().last().unwrap().name, "done");
        within(environment.frozen()).await;
        if number == WARM {
            let told = ParsedLog::read(&environment.log().lines());
            assert_eq!(told.printed.is_empty(), fault.is_none(), "retention is full, or not in use");
            warm = rss(&environment).await;
        }
        if number % 50 == 0 {
            // What this side holds is of no interest.
            drop((environment.log().take(), fixture.collector.take(), fixture.daemon.take()));
            fixture.aws.forget();
        }
    }
    (warm, rss(&environment).await)
}

async fn rss(environment: &Environment) -> u64 {
    environment.memory().await.unwrap().rss_kib
}

#[tokio::test]
async fn a_thousand_invocations_need_no_more_than_a_hundred() {
    let _turn = turns::alone().await;
    let (healthy, down) = tokio::join!(grown(None), grown(Some(OtlpFault::Refuse)));
    for (name, (warm, end)) in [("healthy", healthy), ("down", down)] {
        println!("memory, collector {name}: {warm} KiB after {WARM}, {end} KiB after {ALL}");
        assert!(end * 100 <= warm * 105, "{name}: {warm} KiB after {WARM}, {end} KiB after {ALL}");
    }
}
