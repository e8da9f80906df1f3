//! Clients that connect again by themselves: a cut in mid-event, a clean end, a server that is full; then a stream as ever.

use crate::{
    CUT_AFTER, SERVER,
    program::{Program, browser, expected, node, python, rust, seen},
};
use http_body_util::BodyExt;
use sse_real::{
    cutting_proxy::{Connection, CuttingProxy},
    exchange::Upstream,
    serving::Serving,
};
use std::time::Duration;
use tokio::{process::Command, time::timeout};

/// A client waits the whole delay; the rest of this is how much longer a machine with much to do may take.
const LATE: Duration = Duration::from_secs(4);
/// A server that is full asks for 30 s at most.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a library makes of `retry:`.
#[derive(Clone, Copy)]
enum Delay {
    /// Waits so long, or longer.
    Obeys,
    /// Subtracts up to a half at random.
    Halves,
    /// Passes it over, and waits for its own 1 s.
    Ignores,
}

/// What a library makes of a connection without any id.
#[derive(Clone, Copy)]
enum Cursor {
    /// The id of an earlier connection holds on, as the specification says.
    Keeps,
    /// It has none any more, and is sent the whole state again.
    Forgets,
}

#[tokio::test(flavor = "multi_thread")]
async fn chromium() {
    check("chromium", Delay::Obeys, Cursor::Keeps, |url| browser("browser.mjs", url)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn npm_eventsource() {
    check("npm eventsource", Delay::Obeys, Cursor::Keeps, |url| node("eventsource.mjs", url)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rust_eventsource_client() {
    check("eventsource-client", Delay::Halves, Cursor::Forgets, rust).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_launchdarkly_eventsource() {
    check("launchdarkly-eventsource", Delay::Ignores, Cursor::Keeps, |url| python("launchdarkly.py", url)).await;
}

async fn check(name: &str, delay: Delay, cursor: Cursor, client: impl Fn(&str) -> Command) {
    let server = Serving::start(&SERVER).await.unwrap();
    let gate = CuttingProxy::start(server.address(), CUT_AFTER).await.unwrap();
    let mut program = Program::start(client(&gate.url()));
    wait(&gate, |all| all.len() > 1 && all[1].ended.is_some()).await;
    let holder = Holder::take(&server).await;
    wait(&gate, |all| all.len() > 2 && all[2].ended.is_some()).await;
    drop(holder);
    wait(&gate, |all| all.len() > 3 && all[3].events().len() > 2).await;
    let connections = gate.connections();
    let sent = expected(connections.iter().flat_map(Connection::events).collect::<Vec<_>>().iter());
    timeout(LATE, program.wait_until(|lines| lines.len() >= sent.len())).await.expect("events did not arrive");
    let seen = seen(&program.lines());
    assert_eq!(seen[..sent.len()], sent, "the client saw other events than were sent");
    let ends = [1, 2].map(|n| connections[n].events().pop().unwrap().name);
    assert_eq!(ends, ["done", "busy"]);
    assert_eq!(connections[2].events().len(), 1);
    resumes(&connections, cursor);
    println!("=> {name}: {} events, waited {:?} of {:?} ms", sent.len(), delays(&connections), asked(&connections));
    for (waited, asked) in delays(&connections).into_iter().zip(asked(&connections)) {
        let least = match delay {
            Delay::Obeys => asked,
            Delay::Halves => asked / 2,
            Delay::Ignores => 1_000,
        };
        let most =
            if matches!(delay, Delay::Ignores) { 1_000 } else { asked } + u64::try_from(LATE.as_millis()).unwrap();
        assert!((least..=most).contains(&waited), "waited {waited} ms, asked for {asked} ms");
    }
}

async fn wait(gate: &CuttingProxy, wanted: impl Fn(&[Connection]) -> bool) {
    let outcome = timeout(PATIENCE, gate.wait_until(wanted)).await;
    outcome.unwrap_or_else(|_| panic!("after {} connections", gate.connections().len()));
}

/// Every connection but the first brings the id of the newest event that was read whole.
fn resumes(connections: &[Connection], cursor: Cursor) {
    assert_eq!(connections[0].last_event_id(), None);
    let mut newest = None;
    for (n, pair) in connections.windows(2).enumerate() {
        let here = pair[0].events().into_iter().filter_map(|event| event.id).next_back();
        newest = match cursor {
            Cursor::Keeps => here.or(newest),
            Cursor::Forgets => here,
        };
        assert!(newest.is_some() || matches!(cursor, Cursor::Forgets), "no id on connection {n}");
        assert_eq!(pair[1].last_event_id(), newest.as_deref(), "connection {}", n + 1);
    }
}

/// From the end of each connection to the next, in milliseconds, with a millisecond for the end to be noticed.
fn delays(connections: &[Connection]) -> Vec<u64> {
    let pairs = connections.windows(2).take(3);
    pairs.map(|pair| u64::try_from(pair[1].at.since(&pair[0].ended.unwrap()).as_millis()).unwrap() + 1).collect()
}

/// The newest `retry` before each of them.
fn asked(connections: &[Connection]) -> Vec<u64> {
    let newest = |c: &Connection| c.events().into_iter().filter_map(|event| event.retry).next_back();
    connections.iter().take(3).map(|c| newest(c).expect("every stream asks for a delay")).collect()
}

/// A stream that holds the only slot.
struct Holder(#[expect(dead_code, reason = "held, not read")] sse_real::exchange::AnyBody);

impl Holder {
    async fn take(server: &Serving) -> Self {
        let request = http::Request::get("/api/v2/stream").header("accept", "text/event-stream");
        let mut answer = Upstream::new(server.address()).stream(request.body(bytes::Bytes::new()).unwrap()).await;
        let first = answer.body_mut().frame().await.unwrap().unwrap().into_data().unwrap();
        assert!(String::from_utf8_lossy(&first).contains("event: heartbeat"), "the slot was not free");
        Self(answer.into_body())
    }
}
