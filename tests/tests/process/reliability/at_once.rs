//! The faults of the page again, on Managed Instances, with 60 streams at once in an environment of 64 workers.

use std::time::Duration;

use futures::{StreamExt, future::join_all};
use lambda_env::{Call, Environment, Invocation, Stamp, environment::MANAGED_RUNTIME_SHUTDOWN};

use super::faults::{FAULTS, Fault, Way};
use crate::{
    audit::{self, Figures},
    fixture::{Fixture, started, stream, within},
    turns,
};

const WORKERS: usize = 64;
/// All but the reserve.
const STREAMS: usize = 60;

async fn open(environment: &Environment, of: impl Fn() -> Invocation) -> Vec<Call> {
    let mut calls = Vec::new();
    for _ in 0..STREAMS {
        calls.push(within(environment.invoke(of())).await.unwrap());
    }
    calls
}

async fn met_by_all(fault: &Fault) -> Figures {
    let fixture = Fixture::new().await;
    // Polls as on the page would be 60 streams' work 20 times a second.
    let environment = started(fault.describe(fixture.managed(WORKERS)).var("SSE_POLL_INTERVAL_MS", "100")).await;
    within(environment.idle()).await;
    fixture.collector.set_fault(fault.collector).await.unwrap();
    let aws = || {
        if let Some((on, what)) = &fault.aws {
            fixture.aws.fault(on(), *what);
        }
    };
    if !fault.in_mid_stream {
        aws();
    }
    let mut calls = open(&environment, || fault.invocation()).await;
    if fault.in_mid_stream || fault.way == Way::Stopped {
        for call in &mut calls {
            while within(call.event()).await.is_some_and(|event| event.name != "sentiment_update") {}
        }
        aws();
    }
    let mut streams = Vec::new();
    if fault.way != Way::Stopped {
        streams.extend(within(join_all(calls.drain(..).map(Call::finish))).await);
        within(environment.idle()).await;
        if !fault.stays {
            fixture.collector.set_fault(None).await.unwrap();
        }
        fixture.aws.clear_faults();
        streams.extend(within(join_all(open(&environment, stream).await.into_iter().map(Call::finish))).await);
        within(environment.idle()).await;
    }
    let end = within(environment.shut_down()).await.unwrap();
    streams.extend(within(join_all(calls.into_iter().map(Call::finish))).await);
    assert!(end.exit.code == Some(0) && !end.killed, "{}: {end:?}", fault.name);
    assert!(end.duration < MANAGED_RUNTIME_SHUTDOWN, "{}: {end:?}", fault.name);
    let (figures, problems) = audit::check(&fixture.evidence(&environment, streams, Vec::new()));
    assert!(
        problems.is_empty(),
        "{}: {} problems: {:#?}",
        fault.name,
        problems.len(),
        &problems[..problems.len().min(9)]
    );
    figures
}

/// Rule: Many streams.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_streams_at_once_meet_each_fault_and_no_span_is_lost() {
    let _turn = turns::alone().await;
    let began = Stamp::now();
    // Nothing is frozen there, so that no connection becomes stale.
    let faults = FAULTS.iter().filter(|fault| fault.stale.is_none());
    let met = |fault: &'static Fault| async move { (fault.name, met_by_all(fault).await) };
    let all = futures::stream::iter(faults.map(met)).buffer_unordered(3).collect::<Vec<_>>().await;
    for (name, figures) in &all {
        println!("{name}: {figures:?}");
    }
    println!("{} faults at {STREAMS} streams in {:?}", all.len(), began.elapsed());
    assert!(all.len() > 30 && began.elapsed() < Duration::from_mins(5));
}
