//! That freezing is real, and comes at the true point.

use std::time::Duration;

use lambda_env::{FunctionUrl, Invocation, Phase};

use crate::{call, extension, fixture, within};

fn kinds(phases: &[(lambda_env::Stamp, Phase)]) -> Vec<&'static str> {
    let kind = |phase: &Phase| match phase {
        Phase::Started(_) => "started",
        Phase::Ready => "ready",
        Phase::Invoked(_) => "invoked",
        Phase::Frozen => "frozen",
        Phase::Thawed => "thawed",
        Phase::TimedOut(_) => "timed out",
        Phase::Exited(_) => "exited",
        Phase::ExtensionExited(..) => "extension exited",
        Phase::ShutDown(_) => "shut down",
    };
    phases.iter().map(|(_, phase)| kind(phase)).collect()
}

#[tokio::test]
async fn a_frozen_function_does_nothing_at_all() {
    let environment = within(fixture().start()).await.unwrap();
    within(environment.frozen()).await;
    // From now on the function ticks every 2 ms as long as it runs.
    call(&environment, FunctionUrl::get("/tick")).await;
    within(environment.frozen()).await;
    assert!(environment.is_stopped().await);
    let ticks = || environment.log().lines().iter().filter(|line| line.text == "tick").count();
    // What was written before the stop may still be in the pipe.
    tokio::time::sleep(Duration::from_millis(50)).await;
    let before = ticks();
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(ticks(), before);
    let response = call(&environment, FunctionUrl::get("/stream?n=20&ms=5")).await;
    assert_eq!(response.events().len(), 20);
    assert!(ticks() > before + 10, "{} ticks, {before} before", ticks());
    within(environment.frozen()).await;
    let expected = ["started", "ready", "frozen", "thawed", "invoked", "frozen", "thawed", "invoked", "frozen"];
    assert_eq!(kinds(&environment.timeline()), expected);
}

#[tokio::test]
async fn it_is_not_frozen_before_it_has_asked_for_the_next_event() {
    let environment = within(fixture().start()).await.unwrap();
    let response = call(&environment, FunctionUrl::get("/late?ms=150")).await;
    within(environment.frozen()).await;
    let frozen = environment.timeline().last().unwrap().0;
    let worked = frozen.since(&response.ended.unwrap());
    assert!(worked >= Duration::from_millis(140), "frozen {worked:?} after the end of the body");
}

#[tokio::test]
async fn it_is_not_frozen_before_extensions_have_asked_either_and_they_are_frozen_with_it() {
    let builder = fixture().extension(extension()).var("FIXTURE_EXTENSION_MS", "150");
    let environment = within(builder.start()).await.unwrap();
    let response = call(&environment, Invocation::get("/stream?n=1")).await;
    within(environment.frozen()).await;
    let frozen = environment.timeline().last().unwrap().0;
    assert!(frozen.since(&response.delivered.unwrap()) >= Duration::from_millis(150));
    let told = within(environment.log().wait_for(|line| line.text.contains("INVOKE"))).await.json().unwrap();
    assert_eq!(told["requestId"], response.request_id);
    assert_eq!(told["tracing"]["value"], response.trace.unwrap().to_string());
    assert_eq!(environment.extension_memory().await[0].0, "fixture-extension");
    let states = environment.runtime_api().extensions();
    assert_eq!((states[0].name.as_str(), states[0].waits), ("fixture-extension", true));
}

#[tokio::test]
async fn an_extension_that_crashed_keeps_nobody_awake() {
    let environment = within(fixture().extension(extension()).var("FIXTURE_EXTENSION", "crash").start()).await.unwrap();
    let response = call(&environment, Invocation::get("/stream?n=1")).await;
    assert_eq!(response.events().len(), 1);
    within(environment.frozen()).await;
    assert_eq!(call(&environment, Invocation::get("/stream?n=1")).await.events().len(), 1);
    within(environment.frozen()).await;
    assert!(kinds(&environment.timeline()).contains(&"extension exited"));
}

#[tokio::test]
async fn environments_freeze_for_themselves() {
    let one = within(fixture().start()).await.unwrap();
    let two = within(fixture().start()).await.unwrap();
    within(one.frozen()).await;
    let mut running = two.invoke(Invocation::get("/stream?n=30&ms=5")).await.unwrap();
    within(running.event()).await.unwrap();
    assert!(one.is_stopped().await);
    assert!(!two.is_stopped().await);
    assert_eq!(within(running.finish()).await.events().len(), 30);
}

#[tokio::test]
async fn many_freezes_lose_no_invocation() {
    let environment = within(fixture().start()).await.unwrap();
    for round in 0..100 {
        let response = call(&environment, FunctionUrl::get("/stream?n=2")).await;
        assert_eq!(response.events().len(), 2, "round {round}");
        if round % 2 == 0 {
            within(environment.frozen()).await;
        }
    }
    assert_eq!(environment.violations(), []);
    let memory = environment.memory().await.unwrap();
    assert!(memory.rss_kib > 100 && memory.peak_kib >= memory.rss_kib, "{memory:?}");
}
