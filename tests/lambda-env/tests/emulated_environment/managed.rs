//! Managed Instances: many invocations at once, no freeze, nobody killed by a time limit.

use std::time::Duration;

use lambda_env::environment::{EnvironmentBuilder, MANAGED_RUNTIME_SHUTDOWN, RUNTIME_SHUTDOWN};
use lambda_env::{Deadline, Environment, Invocation, Outcome, Phase, StartFailure};

use crate::{call, extension, fixture, within};

async fn started(builder: EnvironmentBuilder) -> Environment {
    let environment = within(builder.start()).await.unwrap();
    // Init is over with the first `next`; the other workers follow.
    within(environment.idle()).await;
    environment
}

#[tokio::test]
async fn as_many_are_taken_as_there_are_workers_and_the_next_is_throttled() {
    let environment = started(fixture().managed_instances(64)).await;
    let mut running = Vec::new();
    for _ in 0..64 {
        running.push(environment.invoke(Invocation::get("/stream?n=30&ms=20")).await.unwrap());
    }
    let refused = call(&environment, Invocation::get("/stream?n=1")).await;
    assert_eq!((refused.outcome, refused.delivered), (Some(Outcome::Throttled), None));
    for call in running {
        let response = within(call.finish()).await;
        assert_eq!((response.outcome.as_ref(), response.events().len()), (Some(&Outcome::Complete), 30));
    }
    within(environment.idle()).await;
    assert_eq!(call(&environment, Invocation::get("/stream?n=1")).await.outcome, Some(Outcome::Complete));
    assert_eq!(environment.violations(), []);
}

#[tokio::test]
async fn it_is_never_frozen() {
    let environment = started(fixture().managed_instances(2)).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!environment.is_stopped().await);
    assert!(environment.timeline().iter().all(|(_, phase)| *phase != Phase::Frozen));
}

#[tokio::test]
async fn past_its_time_limit_an_answer_gets_410_and_the_environment_goes_on() {
    let environment = started(fixture().managed_instances(2)).await;
    let pid = environment.pid().await;
    let limit = Deadline::In(Duration::from_millis(200));
    let beside = environment.invoke(Invocation::get("/stream?n=40&ms=10")).await.unwrap();
    let late = call(&environment, Invocation::get("/stream?n=1000&ms=10").deadline(limit)).await;
    assert_eq!(late.outcome, Some(Outcome::TimedOut));
    assert!(late.duration().unwrap() < Duration::from_millis(400));
    within(environment.log().wait_for(|line| line.text == "answered 410 Gone")).await;
    assert_eq!(within(beside.finish()).await.events().len(), 40);
    within(environment.idle()).await;
    assert_eq!((environment.pid().await, environment.violations()), (pid, vec![]));
}

#[tokio::test]
async fn a_worker_that_is_late_is_taken_until_it_asks_again() {
    let environment = started(fixture().managed_instances(1)).await;
    let late = Invocation::get("/sleep?ms=600").deadline(Deadline::In(Duration::from_millis(100)));
    assert_eq!(call(&environment, late).await.outcome, Some(Outcome::TimedOut));
    assert_eq!(call(&environment, Invocation::get("/stream?n=1")).await.outcome, Some(Outcome::Throttled));
    within(environment.idle()).await;
    assert_eq!(call(&environment, Invocation::get("/stream?n=1")).await.outcome, Some(Outcome::Complete));
}

#[tokio::test]
async fn an_internal_extension_brings_sigterm_and_the_platform_its_time() {
    let slow = |workers| {
        let fixture = fixture().var("FIXTURE_INTERNAL_EXTENSION", "1").var("FIXTURE_TERM_MS", "450");
        if workers > 1 { fixture.managed_instances(workers) } else { fixture }
    };
    let managed = started(slow(4)).await;
    let shutdown = within(managed.shut_down()).await.unwrap();
    assert_eq!((shutdown.exit.code, shutdown.terminated, shutdown.killed), (Some(0), true, false));
    assert!(shutdown.duration < MANAGED_RUNTIME_SHUTDOWN);
    let on_demand = started(slow(1)).await;
    let shutdown = within(on_demand.shut_down()).await.unwrap();
    assert_eq!((shutdown.terminated, shutdown.killed), (true, true));
    assert!(shutdown.duration >= RUNTIME_SHUTDOWN);
    let alone = started(fixture().managed_instances(4)).await;
    let shutdown = within(alone.shut_down()).await.unwrap();
    assert_eq!((shutdown.exit.signal, shutdown.terminated), (Some(9), false));
}

#[tokio::test]
async fn at_the_end_callers_may_be_cut_off_before_the_process_is_told() {
    let builder = fixture().managed_instances(3).var("FIXTURE_INTERNAL_EXTENSION", "1").abort_at_shutdown();
    let environment = started(builder).await;
    let mut running = environment.invoke(Invocation::get("/stream?n=1000&ms=10")).await.unwrap();
    within(running.event()).await.unwrap();
    assert!(within(environment.shut_down()).await.unwrap().terminated);
    assert_eq!(within(running.finish()).await.outcome, Some(Outcome::Exited));
}

#[tokio::test]
async fn extensions_are_not_told_of_invocations() {
    // The fixture's extension insists on it.
    let refused = fixture().extension(extension()).managed_instances(2).init_timeout(Duration::from_secs(1));
    let error = within(refused.start()).await.unwrap_err();
    assert!(matches!(error.failure, StartFailure::TimedOut), "{error:?}");
    assert!(error.log.iter().any(|line| line.text.contains("not registered")), "{error:?}");
}
