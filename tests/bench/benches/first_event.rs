//! From delivery of an invocation to the first event at the client, warm: this service (in-memory store; untraced, traced with a
//! healthy collector) beside stock `lambda_runtime` + `lambda_http`, alternating in one run. Needs both binaries built with the release
//! profile; `--smoke` makes a few rounds only.

use lambda_env::{Environment, Freeze, FunctionUrl, Invocation, OtlpReceiver};
use std::{path::PathBuf, time::Duration};

struct Subject {
    name: &'static str,
    environment: Environment,
    sampled: bool,
    times: Vec<Duration>,
}

fn binary(name: &str) -> PathBuf {
    // <target>/release/deps/first_event-…: the binaries are one folder up, or beside it in the same target directory.
    let exe = std::env::current_exe().expect("a path");
    let profile = exe.parent().and_then(|deps| deps.parent()).expect("a profile's folder");
    let path = profile.join(name);
    assert!(path.exists(), "{} is missing: build it with the release profile first", path.display());
    path
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

    fn report(&mut self) {
        self.times.sort();
        let at = |percent: usize| self.times[(self.times.len() - 1) * percent / 100].as_secs_f64() * 1_000.0;
        println!("{:<34} p50 {:>7.2} ms   p95 {:>7.2} ms   n {}", self.name, at(50), at(95), self.times.len());
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let rounds = if std::env::args().any(|a| a == "--smoke") { 5 } else { 150 };
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
    subjects.iter_mut().for_each(Subject::report);
}
