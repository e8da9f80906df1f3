//! `docs/reliability.md`: each fault, what the client saw, what became of the spans. Observed here, in words without
//! figures, and compared with the page; `UPDATE_RELIABILITY=1` writes it.

mod at_once;
mod faults;
mod lasting;
mod thaw;
mod words;

use std::{fmt::Write, path::Path};

use futures::{FutureExt, StreamExt, future::BoxFuture};
use lambda_env::OtlpFault;

use crate::{
    audit,
    fixture::{Fixture, call, patience_over, started, stream, within},
    turns,
};
use faults::{FAULTS, Fault, OF_XRAY, Way};
pub(crate) use faults::{NOT_ALLOWED, SEARCH_OFF};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/reliability.md");
const HEAD: &str = "# What a fault costs

Each row is one run of the deployed binary in an emulated execution environment that freezes it after every invocation: an
invocation meets the fault, a second one follows without it, and then the environment is shut down (SIGTERM). After each run
every span is accounted for, by id: received by the collector, in the log, or folded by count. The page is written by the
suite itself and compared with it on every run of

    cargo test --workspace --test process reliability

`UPDATE_RELIABILITY=1` writes it anew. The suite also lets 60 streams at once meet each fault in one environment with 64 workers
(Managed Instances), where nothing is frozen; there too every span is accounted for, in its own trace.
";
const COLUMNS: &str = "
| fault | what the client saw | what became of the spans | the next invocation |
|---|---|---|---|
";
const COLLECTOR: &str = "
## With a collector beside the function (`SSE_TELEMETRY=adot`)
";
const XRAY: &str = "
## With X-Ray's own endpoint (`SSE_TELEMETRY=xray`)

Over TLS, to a stand-in of the endpoint that takes signed requests within the documented limits. Nobody but the function itself is an
extension there, and so the reason why SIGTERM comes.
";
const LASTING: &str = "
## Trouble that lasts

The same environment, and trouble that outlasts an invocation or lies in the data. Each run also checks the bounds that its row
claims, and that each span is accounted for.

| trouble | what the client saw | what it cost | what the operator is told |
|---|---|---|---|
";
const FOOT: &str = "
- *The body waits*: the client has every event, and its stream ends up to 500 ms later, because the flush, or the
  put of the last metrics, is waited for that long.
- *Folded* spans (beyond the trace's budget) are counted in every row and left out here.
- A client that leaves is not reported to a function on Lambda: the stream runs to its own end.
- A process that is killed without notice (out of memory, `SIGKILL`) loses what it had not sent; what it had written is in the log.
";

/// What takes the spans.
#[derive(Clone, Copy, PartialEq, Eq)]
enum SpansTo {
    Collector,
    Xray,
}

/// One row.
async fn row(fault: &Fault, to: SpansTo) -> String {
    let fixture = match to {
        SpansTo::Collector => Fixture::new().await,
        SpansTo::Xray => Fixture::with_xray().await,
    };
    let environment = started(fault.describe(fixture.function())).await;
    fixture.collector.set_fault(fault.collector).await.unwrap();
    let aws = || {
        if let Some((on, what)) = &fault.aws {
            fixture.aws.fault(on(), *what);
        }
    };
    if !fault.in_mid_stream {
        aws();
    }
    let is_stopped = fault.way == Way::Stopped;
    let mut streams = Vec::new();
    let before = match fault.stale {
        Some(how) => {
            streams.push(call(&environment, stream()).await);
            Some(thaw::forget_connections(&fixture, &environment, how).await)
        }
        None => None,
    };
    let mut running = within(environment.invoke(fault.invocation())).await.unwrap();
    if fault.in_mid_stream {
        while within(running.event()).await.is_some_and(|event| event.name != "sentiment_update") {}
        aws();
    }
    if is_stopped {
        for _ in 0..4 {
            within(running.event()).await.unwrap();
        }
        within(environment.shut_down()).await.unwrap();
    }
    let first = within(running.finish()).await;
    streams.push(first.clone());
    if let Some(before) = before {
        thaw::is_as_any_other(&fixture, &first, before);
    }
    let mut next = "a cold start".to_owned();
    if !is_stopped {
        within(environment.frozen()).await;
        if fault.cut_while_frozen {
            fixture.collector.set_fault(Some(OtlpFault::Refuse)).await.unwrap();
        }
        if !fault.stays {
            fixture.collector.set_fault(None).await.unwrap();
        }
        fixture.aws.clear_faults();
        if fault.collector.is_some() {
            patience_over().await;
        }
        let second = call(&environment, stream()).await;
        within(environment.frozen()).await;
        next = words::of_client(&second, false);
        streams.push(second);
        within(environment.shut_down()).await;
    }
    let evidence = fixture.evidence(&environment, streams, Vec::new());
    audit::passes(&evidence);
    let client = words::of_client(&first, true);
    let name = if to == SpansTo::Xray {
        fault.name.replace("the collector", "X-Ray").replace("collector", "X-Ray")
    } else {
        fault.name.to_owned()
    };
    format!("| {name} | {client} | {} | {next} |", words::of_spans(&first, &evidence))
}

/// A table's lines.
fn lines(rows: &[String]) -> String {
    rows.iter().fold(String::new(), |mut lines, row| {
        // Writing to a string cannot fail.
        let _ = writeln!(lines, "{row}");
        lines
    })
}

/// Rule: Thaw. Rule: Told. Rule: Patience.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reliability_is_as_the_page_says() {
    let _turn = turns::alone().await;
    // What lasts longest begins first.
    let lasting = lasting::rows();
    let of_page = lasting.len();
    let collector = FAULTS.iter().map(|fault| -> BoxFuture<'static, String> { row(fault, SpansTo::Collector).boxed() });
    let xray = FAULTS.iter().chain(OF_XRAY);
    let xray = xray.map(|fault| -> BoxFuture<'static, String> { row(fault, SpansTo::Xray).boxed() });
    let all = lasting.into_iter().chain(collector).chain(xray);
    let rows: Vec<_> = futures::stream::iter(all).buffered(6).collect().await;
    let (lasting, rows) = rows.split_at(of_page);
    let (collector, xray) = rows.split_at(FAULTS.len());
    let page =
        [HEAD, COLLECTOR, COLUMNS, &lines(collector), XRAY, COLUMNS, &lines(xray), LASTING, &lines(lasting), FOOT];
    let page = page.concat();
    if std::env::var_os("UPDATE_RELIABILITY").is_some() {
        std::fs::write(PAGE, &page).unwrap();
    }
    let found = std::fs::read_to_string(Path::new(PAGE)).unwrap_or_default();
    for (found, seen) in found.lines().zip(page.lines()) {
        assert_eq!(found, seen, "docs/reliability.md says the first, the suite saw the second");
    }
    assert_eq!(found.lines().count(), page.lines().count(), "docs/reliability.md has another length");
}
