//! One environment with its sidecars, through a number of invocations, to its end; and what the audit says of it.

use std::time::Duration;

use futures::future::join_all;
use lambda_env::{Call, Environment, OtlpFault, Response};

use super::{
    troubles::{self, Collector},
    wish::Wish,
};
use crate::{
    audit::{self, Figures},
    dice::Dice,
    fixture::{Fixture, call, started, stream, within},
};

struct Lane {
    dice: Dice,
    fixture: Fixture,
    environment: Environment,
    slots: u64,
    streams: Vec<Response>,
    plain: Vec<Response>,
    problems: Vec<String>,
}

/// Runs `count` invocations, or a few more.
pub(super) async fn run(number: u64, dice: Dice, count: u64) -> (Figures, Vec<String>) {
    let fixture = Fixture::new().await;
    let slots = if number % 4 == 3 { dice.between(2, 6) } else { 1 };
    let environment = started(described(&dice, &fixture, slots)).await;
    let (streams, plain, problems) = (Vec::new(), Vec::new(), Vec::new());
    let mut lane = Lane { dice, fixture, environment, slots, streams, plain, problems };
    let mut collector = Collector::default();
    while lane.done() < count {
        collector.next_round(&lane.dice, &lane.fixture).await;
        troubles::of_aws(&lane.dice, &lane.fixture);
        if lane.dice.percent(2) {
            lane.restart().await;
        } else {
            lane.round().await;
        }
    }
    lane.end().await;
    let Lane { fixture, environment, streams, plain, problems, .. } = lane;
    let (figures, found) = audit::check(&fixture.evidence(&environment, streams, plain));
    let found = found.into_iter().chain(problems).map(|problem| format!("lane {number}: {problem}"));
    (figures, found.collect())
}

fn described(dice: &Dice, fixture: &Fixture, slots: u64) -> lambda_env::environment::EnvironmentBuilder {
    let stream_max = [dice.between(20, 80), dice.between(80, 400), 0];
    let stream_max = stream_max[usize::try_from(dice.between(0, 9) / 4).unwrap_or(0)];
    // Without a limit of their own streams end by their deadline, which is then near.
    let stream_max = if stream_max == 0 { dice.between(400, 700) } else { stream_max };
    let choose = |name: &'static str, value: u64| (name, value.to_string());
    let variables = [
        choose("SSE_STREAM_MAX_MS", stream_max),
        choose("SSE_FLUSH_TIMEOUT_MS", dice.between(150, 800)),
        choose("SSE_TRACE_BUDGET_BYTES", dice.pick(&[20_000, 80_000])),
        choose("SSE_RETAIN_BYTES", dice.pick(&[0, 20_000, 1_048_576])),
        choose("SSE_MAX_CONNECTIONS", (slots * 3 / 4).max(1)),
    ];
    let builder = variables.iter().fold(fixture.function(), |builder, (name, value)| builder.var(name, value));
    builder.concurrency(usize::try_from(slots).unwrap_or(1)).seed(dice.seed())
}

impl Lane {
    fn done(&self) -> u64 {
        (self.streams.len() + self.plain.len()) as u64
    }

    /// Some invocations at once, items written meanwhile, and a freeze or none.
    async fn round(&mut self) {
        let mut calls = Vec::new();
        let mut streams = Vec::new();
        for _ in 0..self.dice.between(1, self.slots) {
            let wish = Wish::random(&self.dice);
            streams.push(wish.streams);
            calls.push(within(self.environment.invoke(wish.invocation)).await.unwrap());
        }
        let (responses, ()) = tokio::join!(within(join_all(calls.into_iter().map(Call::finish))), self.write());
        for (response, is_stream) in responses.into_iter().zip(streams) {
            if is_stream { &mut self.streams } else { &mut self.plain }.push(response);
        }
        if self.dice.percent(70) {
            within(self.environment.frozen()).await;
            tokio::time::sleep(Duration::from_millis(self.dice.between(0, 60))).await;
        }
    }

    async fn write(&self) {
        for _ in 0..self.dice.pick(&[0, 0, 1, 3, 10, 40]) {
            let sentiment = self.dice.pick(&["positive", "neutral", "negative"]);
            self.fixture.write(self.dice.between(0, 40), sentiment);
            tokio::time::sleep(Duration::from_millis(self.dice.between(0, 8))).await;
        }
    }

    /// Shut down in mid-stream or while frozen; the next invocation is a cold start.
    async fn restart(&mut self) {
        let mut calls = Vec::new();
        if self.dice.percent(70) {
            for _ in 0..self.dice.between(1, self.slots) {
                let mut call = within(self.environment.invoke(stream())).await.unwrap();
                within(call.event()).await;
                calls.push(call);
            }
        }
        self.shut_down().await;
        self.streams.extend(within(join_all(calls.into_iter().map(Call::finish))).await);
    }

    async fn shut_down(&mut self) {
        let end = within(self.environment.shut_down()).await;
        if end.is_some_and(|end| end.killed || end.exit.code != Some(0)) {
            self.problems.push(format!("shut down: {end:?}"));
        }
    }

    /// No slot is taken any more; then the last words, to a collector that takes them or does not.
    async fn end(&mut self) {
        let fault = self.dice.pick(&[None, None, Some(OtlpFault::Refuse), Some(OtlpFault::Hang)]);
        self.fixture.collector.set_fault(fault).await.unwrap();
        let mut status = self.status().await;
        if status["connections"] != 0 {
            // A response that was cut is over here before the function knows; once it is frozen it has known.
            status = self.status().await;
        }
        if status["connections"] != 0 {
            self.problems.push(format!("slots are still taken: {status}"));
        }
        self.shut_down().await;
    }

    /// Asks, and lets the environment freeze.
    async fn status(&mut self) -> serde_json::Value {
        let response = call(&self.environment, lambda_env::Invocation::get("/api/v2/stream/status")).await;
        let status = serde_json::from_slice(&response.body()).unwrap_or_default();
        self.plain.push(response);
        within(self.environment.frozen()).await;
        status
    }
}
