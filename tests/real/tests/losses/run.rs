//! One run: an environment, a fault, an invocation that meets it, one more without it, and the end of the environment.

use crate::{
    faults::{Fault, Kind},
    peers::{Mode, Peer},
};
use futures::future::join_all;
use lambda_env::{
    Deadline, Environment, Freeze, Invocation, LogLine, OtlpReceiver, Phase, ReceivedSpan, Response, ResponseFault,
    Stamp, When,
};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// The function's time limit.
const TIME_LIMIT: Duration = Duration::from_secs(12);
/// For what is no invocation.
const STEP_LIMIT: Duration = Duration::from_secs(30);
/// The stream's own end lies a second and a half before it.
const NEAR: Duration = Duration::from_millis(2_100);
/// A kind environment.
const AWAKE: Duration = Duration::from_secs(1);
/// Between the invocation that met a fault of the collector and the next one: exporters that were told to be patient are that long.
const PAUSE: Duration = Duration::from_millis(10_200);
/// What is on its way when a process ends.
const SETTLE: Duration = Duration::from_millis(200);
const WARM: usize = 3;
const AT_ONCE: usize = 4;

/// An invocation, and when its environment stood still after it.
pub(crate) struct Turn {
    pub(crate) response: Response,
    pub(crate) still: Option<Stamp>,
    /// It did not become idle, and was killed at the time limit.
    pub(crate) is_stuck: bool,
}

/// What is left of a run.
pub(crate) struct Evidence {
    pub(crate) fault: Kind,
    pub(crate) turns: Vec<Turn>,
    pub(crate) log: Vec<LogLine>,
    pub(crate) spans: Vec<ReceivedSpan>,
}

pub(crate) async fn run(peer: &Peer, fault: &Fault, mode: Mode) -> Evidence {
    let collector = OtlpReceiver::start().unwrap();
    let mut builder = peer.function(mode, &collector).timeout(TIME_LIMIT).init_timeout(STEP_LIMIT).extension_present();
    if fault.kind == Kind::None {
        builder = builder.freeze(Freeze::After(AWAKE));
    }
    if fault.kind == Kind::Concurrent {
        builder = builder.managed_instances(AT_ONCE);
    }
    let environment = timeout(STEP_LIMIT, builder.start()).await.expect("a start hangs").unwrap();
    let turns = turns(&environment, &collector, fault.kind, mode).await;
    timeout(STEP_LIMIT, environment.shut_down()).await.expect("a shutdown hangs");
    sleep(SETTLE).await;
    Evidence { fault: fault.kind, turns, log: environment.log().lines(), spans: collector.spans() }
}

async fn turns(environment: &Environment, collector: &OtlpReceiver, fault: Kind, mode: Mode) -> Vec<Turn> {
    let plain = || Invocation::get(mode.path());
    let asked = |query: &str| Invocation::get(&format!("{}?{query}", mode.path()));
    let first = match fault {
        Kind::Warm => {
            let mut turns = Vec::new();
            for _ in 0..WARM {
                turns.push(turn(environment, plain()).await);
            }
            return turns;
        }
        Kind::Concurrent => {
            timeout(STEP_LIMIT, environment.idle()).await.expect("not every worker asks for an event");
            let calls = (0..AT_ONCE).map(|_| async { environment.invoke(plain()).await.unwrap().finish().await });
            let responses = timeout(STEP_LIMIT, join_all(calls)).await.expect("a call hangs");
            sleep(AWAKE).await;
            return responses.into_iter().map(|response| Turn { response, still: None, is_stuck: false }).collect();
        }
        Kind::Sigterm => return vec![stopped(environment, plain()).await],
        Kind::Collector(fault) => {
            collector.set_fault(Some(fault)).await.unwrap();
            let first = turn(environment, plain()).await;
            collector.set_fault(None).await.unwrap();
            sleep(PAUSE).await;
            first
        }
        Kind::None | Kind::FreezeAtOnce => turn(environment, plain()).await,
        Kind::ReaderGone => {
            let when = if mode == Mode::Streaming { When::AfterChunks(4) } else { When::AtOnce };
            turn(environment, plain().fault(when, ResponseFault::Cut)).await
        }
        Kind::Deadline => turn(environment, asked("endless").deadline(Deadline::In(NEAR))).await,
        Kind::Panic => turn(environment, asked("panic")).await,
    };
    vec![first, turn(environment, plain()).await]
}

async fn turn(environment: &Environment, invocation: Invocation) -> Turn {
    let call = timeout(STEP_LIMIT, environment.invoke(invocation)).await.expect("a start hangs").unwrap();
    let response = timeout(STEP_LIMIT, call.finish()).await.expect("a call hangs");
    let left = response.delivered.map_or(TIME_LIMIT, |at| TIME_LIMIT.saturating_sub(at.elapsed()));
    let still = timeout(left, still(environment, &response.request_id)).await.ok();
    if still.is_none() {
        // The time limit holds for what an extension, or the runtime, does after the answer, too.
        environment.kill().await;
    }
    Turn { response, still: Some(still.unwrap_or_else(Stamp::now)), is_stuck: still.is_none() }
}

/// Waits until the environment stands still after this invocation, or is no more.
async fn still(environment: &Environment, request: &str) -> Stamp {
    let (mut seen, mut is_after) = (0, false);
    loop {
        for (at, phase) in environment.timeline_after(seen).await {
            seen += 1;
            is_after |= phase == Phase::Invoked(request.to_owned());
            if is_after && matches!(phase, Phase::Frozen | Phase::Exited(_) | Phase::TimedOut(_)) {
                return at;
            }
        }
    }
}

async fn stopped(environment: &Environment, invocation: Invocation) -> Turn {
    let call = timeout(STEP_LIMIT, environment.invoke(invocation)).await.expect("a start hangs").unwrap();
    let third = |line: &LogLine| line.text.contains(r#""begun":"poll","n":3"#);
    timeout(STEP_LIMIT, environment.log().wait_for(third)).await.expect("there is no third event");
    timeout(STEP_LIMIT, environment.shut_down()).await.expect("a shutdown hangs");
    Turn { response: call.finish().await, still: None, is_stuck: false }
}
