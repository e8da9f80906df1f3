//! Handlers that do what ours does not: they take too long, refuse, leave work undone.

use crate::bench::within;
use bytes::Bytes;
use futures::FutureExt;
use lambda_env::{Deadline, FunctionUrl, Invocation, Outcome, RuntimeApi, runtime_api::RuntimeApiOptions};
use lambda_runtime::LambdaEvent;
use lambda_stream::{Body, Completion, Refusal, Response, Runtime, StreamingHandler};
use lambda_trace::{EndReason, InvocationStart, TraceConfig};
use sse_adapters::{
    memory::MemoryTelemetry,
    system::{SystemClock, XrayIds},
};
use std::{sync::Arc, time::Duration};

enum Odd {
    Hangs,
    Refuses,
    LeavesWorkForEver,
    PanicsAfterwards,
}

impl StreamingHandler for Odd {
    async fn handle(&self, _: LambdaEvent<Bytes>, start: InvocationStart) -> Result<Response, Refusal> {
        let invocation = lambda_trace::Invocation::begin(start, tracing());
        let completion = match self {
            Self::Hangs => std::future::pending().await,
            Self::Refuses => {
                let (error_type, message) = ("Function.NotToday", "not today".to_owned());
                return Err(Refusal { error_type, message, settle: invocation.answer().boxed() });
            }
            Self::LeavesWorkForEver => Completion::WithResponse(
                async {
                    let ready = invocation.answer().await;
                    std::future::pending::<()>().await;
                    (ready, EndReason::Error)
                }
                .boxed(),
            ),
            Self::PanicsAfterwards => Completion::AfterResponse(async { panic!("asked for") }.boxed()),
        };
        let body = Body::Whole(Bytes::from_static(b"{}"));
        Ok(Response { status: http::StatusCode::OK, headers: http::HeaderMap::new(), body, completion })
    }
}

fn tracing() -> TraceConfig {
    let config = TraceConfig::new(Arc::new(SystemClock), Arc::new(XrayIds), MemoryTelemetry::default().sink(), "odd");
    TraceConfig { flush_timeout: Duration::from_secs(1), ..config }
}

/// What becomes of an invocation with 1.2 s, and how long it occupies its worker.
async fn of(handler: Odd) -> (Option<Outcome>, Duration) {
    let api = RuntimeApi::start(RuntimeApiOptions::default()).expect("a port");
    let runtime = Runtime::new(api.address().to_string().parse().expect("an address"));
    let run = tokio::spawn(runtime.run(handler, tracing()));
    within(api.idle()).await;
    let start = lambda_env::Stamp::now();
    let invocation = Invocation::url(FunctionUrl::get("/")).deadline(Deadline::In(Duration::from_millis(1_200)));
    let response = within(api.invoke(invocation).finish()).await;
    within(api.idle()).await;
    let took = start.elapsed();
    assert_eq!(api.violations(), []);
    run.abort();
    (response.outcome, took)
}

#[tokio::test]
async fn one_that_hangs_is_given_up_before_the_deadline() {
    let (outcome, took) = of(Odd::Hangs).await;
    assert!(matches!(outcome, Some(Outcome::Error { kind, .. }) if kind == "Runtime.HandlerTimeout"));
    assert!(took < Duration::from_millis(1_200), "{took:?}");
}

#[tokio::test]
async fn a_refusal_is_reported_as_it_says() {
    let (outcome, took) = of(Odd::Refuses).await;
    let Some(Outcome::Error { kind, body }) = outcome else { panic!("{outcome:?}") };
    assert!(kind == "Function.NotToday" && String::from_utf8_lossy(&body).contains("not today"));
    assert!(took < Duration::from_millis(500), "{took:?}");
}

#[tokio::test]
async fn work_without_an_end_ends_at_the_deadline() {
    let (outcome, took) = of(Odd::LeavesWorkForEver).await;
    assert_eq!(outcome, Some(Outcome::Complete));
    assert!((Duration::from_millis(1_100)..Duration::from_millis(1_600)).contains(&took), "{took:?}");
}

#[tokio::test]
async fn work_that_panics_costs_no_worker() {
    let (outcome, _) = of(Odd::PanicsAfterwards).await;
    assert_eq!(outcome, Some(Outcome::Complete));
}
