//! From delivery of an invocation to the first event at the client, warm: this service (in-memory store; untraced, traced with a
//! healthy collector) beside stock `lambda_runtime` + `lambda_http`, alternating in one run. Needs both binaries built with the release
//! profile; `--smoke` makes a few rounds only.

use lambda_env::{Environment, Freeze, FunctionUrl, Invocation, OtlpReceiver};
use sse_bench::{binary, is_smoke, report};
use std::time::Duration;

struct Subject {
    name: &'static str,
    environment: Environment,
    sampled: bool,
    times: Vec<Duration>,
}

async fn subject(name: &'static str, program: &str, sampled: bool, collector: &OtlpReceiver) -> Subject {
    let builder = Environment::builder(binary(program)).beside(collector).freeze(Freeze::Never);
    let vars =
        [("SSE_STORE", "memory"), ("SSE_METRICS", "none"), ("ENVIRONMENT", "bench"), ("SSE_STREAM_MAX_MS", "60")];
    let builder = vars.into_iter().fold(builder, |b, (name, value)| b.var(name, value));
    let builder = if name.ends_with("task") { builder.var("STOCK_FROM_TASK", "1") } else { builder };
    Subject { name, environment: builder.start().await.expect("starts"), sampled, times: Vec::new() }
}

impl Subject {
    async fn round(&mut self) {
        let invocation = Invocation::url(FunctionUrl::get("/api/v2/stream").header("accept", "text/event-stream"));
        let invocation = if self.sampled { invocation } else { invocation.unsampled() };
        let response = self.environment.invoke(invocation).await.expect("runs").finish().await;
        let events = response.timed_events();
        let (at, _) = events.first().expect("an event");
        self.times.push(at.since(response.delivered.as_ref().expect("delivered")));
        self.environment.idle().await;
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let rounds = if is_smoke() { 5 } else { 150 };
    let collector = OtlpReceiver::start().expect("a port");
    let mut subjects = [
        subject("sse-streaming, untraced", "sse-streaming", false, &collector).await,
        subject("sse-streaming, traced", "sse-streaming", true, &collector).await,
        subject("stock, event with the prelude", "stock", false, &collector).await,
        subject("stock, event from a task", "stock", false, &collector).await,
    ];
    for _ in 0..rounds {
        for subject in &mut subjects {
            subject.round().await;
        }
    }
    for subject in &mut subjects {
        report(subject.name, &mut subject.times);
    }
}
