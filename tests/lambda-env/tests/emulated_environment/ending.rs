//! Starts that fail, deadlines, crashes, shutdown.

use std::time::Duration;

use lambda_env::environment::RUNTIME_SHUTDOWN;
use lambda_env::{Deadline, FunctionUrl, Invocation, Outcome, Phase, StartFailure};

use crate::{awake, call, extension, fixture, within};

#[tokio::test]
async fn an_init_error_is_reported_with_its_text_and_exit_code() {
    let error = within(fixture().var("FIXTURE_INIT", "error").start()).await.unwrap_err();
    let StartFailure::Init { error, exit, killed } = error.failure else { panic!("{error:?}") };
    assert_eq!(error.kind, "Fixture.Config");
    assert!(String::from_utf8_lossy(&error.body).contains("B is not set"));
    assert_eq!((exit.code, killed), (Some(9), false));
}

#[tokio::test]
async fn a_start_that_ends_or_hangs_or_cannot_be_is_told_apart() {
    let error = within(fixture().var("FIXTURE_INIT", "exit").start()).await.unwrap_err();
    assert!(matches!(error.failure, StartFailure::Exited(exit) if exit.code == Some(3)), "{error:?}");
    let hanging = fixture().var("FIXTURE_INIT", "hang").init_timeout(Duration::from_millis(200));
    let error = within(hanging.start()).await.unwrap_err();
    assert!(matches!(error.failure, StartFailure::TimedOut), "{error:?}");
    let error = within(lambda_env::Environment::builder("/nonexistent/bootstrap").start()).await.unwrap_err();
    assert!(matches!(error.failure, StartFailure::Spawn(_)), "{error:?}");
}

#[tokio::test]
async fn past_its_deadline_the_environment_is_killed_and_starts_again() {
    let environment = awake().await;
    let limit = Duration::from_millis(300);
    for path in ["/sleep?ms=60000", "/stream?n=1000&ms=50"] {
        let before = environment.pid().await;
        let response = call(&environment, Invocation::get(path).deadline(Deadline::In(limit))).await;
        assert_eq!(response.outcome, Some(Outcome::TimedOut));
        let took = response.duration().unwrap();
        assert!(took >= limit && took < limit * 2, "{took:?}");
        assert_eq!(call(&environment, FunctionUrl::get("/stream?n=2")).await.events().len(), 2);
        assert_ne!(environment.pid().await, before);
    }
    let killed = environment
        .timeline()
        .into_iter()
        .filter(|(_, phase)| matches!(phase, Phase::TimedOut(exit) if exit.signal == Some(9)));
    assert_eq!(killed.count(), 2);
}

#[tokio::test]
async fn a_deadline_covers_what_is_done_between_answer_and_next() {
    let environment = awake().await;
    let late = Invocation::get("/late?ms=60000").deadline(Deadline::In(Duration::from_millis(200)));
    assert_eq!(call(&environment, late).await.outcome, Some(Outcome::Complete));
    within(async {
        while environment.pid().await.is_some() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert!(matches!(environment.timeline().last().unwrap().1, Phase::TimedOut(_)));
    let on_time = Invocation::get("/stream?n=1").deadline(Deadline::In(Duration::from_millis(100)));
    assert_eq!(call(&environment, on_time).await.outcome, Some(Outcome::Complete));
    let alive = environment.pid().await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(environment.pid().await, alive);
}

#[tokio::test]
async fn a_process_that_ends_ends_its_invocation_and_the_next_is_a_cold_start() {
    let environment = awake().await;
    assert_eq!(call(&environment, FunctionUrl::get("/exit")).await.outcome, Some(Outcome::Exited));
    assert_eq!(call(&environment, FunctionUrl::get("/stream?n=1")).await.outcome, Some(Outcome::Complete));
    environment.kill().await;
    assert_eq!(call(&environment, FunctionUrl::get("/stream?n=1")).await.outcome, Some(Outcome::Complete));
    let phases = environment.timeline();
    let exits: Vec<_> = phases
        .iter()
        .filter_map(|(_, phase)| if let Phase::Exited(exit) = phase { Some((exit.code, exit.signal)) } else { None })
        .collect();
    assert_eq!(exits, [(Some(7), None), (None, Some(9))]);
    assert_eq!(phases.iter().filter(|(_, phase)| matches!(phase, Phase::Started(_))).count(), 3);
}

#[tokio::test]
async fn shutdown_is_sigterm_where_an_extension_is_registered_and_thaws_first() {
    let environment = within(fixture().extension_present().start()).await.unwrap();
    within(environment.frozen()).await;
    let shutdown = within(environment.shut_down()).await.unwrap();
    assert_eq!((shutdown.exit.code, shutdown.terminated, shutdown.killed), (Some(0), true, false));
    assert!(shutdown.duration < RUNTIME_SHUTDOWN);
    assert!(environment.log().lines().iter().any(|line| line.text == "SIGTERM"));
    assert_eq!(within(environment.shut_down()).await, None);
    assert_eq!(call(&environment, FunctionUrl::get("/stream?n=1")).await.outcome, Some(Outcome::Complete));
}

#[tokio::test]
async fn shutdown_kills_what_takes_longer_and_at_once_without_an_extension() {
    let slow = fixture().extension_present().var("FIXTURE_TERM_MS", "5000");
    let environment = within(slow.start()).await.unwrap();
    let shutdown = within(environment.shut_down()).await.unwrap();
    assert_eq!((shutdown.exit.signal, shutdown.killed), (Some(9), true));
    assert!(shutdown.duration >= RUNTIME_SHUTDOWN);
    let shutdown = within(awake().await.shut_down()).await.unwrap();
    assert_eq!((shutdown.exit.signal, shutdown.terminated), (Some(9), false));
}

#[tokio::test]
async fn shutdown_in_mid_stream_ends_the_invocation_and_tells_extensions() {
    let environment = within(fixture().extension(extension()).start()).await.unwrap();
    let mut running = environment.invoke(Invocation::get("/stream?n=1000&ms=10")).await.unwrap();
    within(running.event()).await.unwrap();
    let shutdown = within(environment.shut_down()).await.unwrap();
    assert_eq!((shutdown.exit.code, shutdown.extensions_killed), (Some(0), 0));
    let outcome = within(running.finish()).await.outcome;
    assert!(matches!(outcome, Some(Outcome::Truncated | Outcome::Exited)), "{outcome:?}");
    assert!(environment.log().lines().iter().any(|line| line.text.contains("\"shutdownReason\":\"spindown\"")));
}

#[tokio::test]
async fn a_runtime_api_that_goes_away_is_an_exit() {
    let environment = awake().await;
    environment.runtime_api().go_away().await;
    within(async {
        while environment.pid().await.is_some() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert!(matches!(environment.timeline().last().unwrap().1, Phase::Exited(exit) if exit.code == Some(1)));
}

#[tokio::test]
async fn a_dropped_environment_leaves_no_process() {
    let environment = within(fixture().start()).await.unwrap();
    within(environment.frozen()).await;
    let pid = environment.pid().await.unwrap();
    drop(environment);
    within(async {
        while std::fs::metadata(format!("/proc/{pid}")).is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}
