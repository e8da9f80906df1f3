//! Trouble that lasts longer than an invocation, or that no fault of a single call expresses: each a run of its own, with bounds
//! on what it may cost. Each function ends in a row of the page's second table.

mod collector;
mod first_read;
mod odd_items;
mod outage;

use std::time::Duration;

use futures::future::BoxFuture;
use lambda_env::{Environment, OtlpFault, Response};
use serde_json::Value;

use super::words;

/// Every row, in the order of the page.
pub(super) fn rows() -> Vec<BoxFuture<'static, String>> {
    let seconds = Duration::from_secs;
    vec![
        Box::pin(collector::in_trouble("500", OtlpFault::Status(500), seconds(10))),
        Box::pin(collector::in_trouble("429", OtlpFault::Status(429), seconds(10))),
        Box::pin(collector::in_trouble("503 with `Retry-After: 1`", OtlpFault::RetryAfter(503, 1), seconds(1))),
        Box::pin(collector::in_trouble("429 with `Retry-After: 1`", OtlpFault::RetryAfter(429, 1), seconds(1))),
        Box::pin(first_read::throttled(first_read::Scarcity::Share(30))),
        Box::pin(first_read::throttled(first_read::Scarcity::Share(60))),
        Box::pin(first_read::throttled(first_read::Scarcity::Bucket)),
        Box::pin(odd_items::among_others()),
        Box::pin(outage::of_a_whole_stream(outage::Kind::Failing)),
        Box::pin(outage::of_a_whole_stream(outage::Kind::Gone)),
    ]
}

fn row(trouble: &str, client: &str, cost: &str, told: &str) -> String {
    format!("| {trouble} | {client} | {cost} | {told} |")
}

/// What the client saw, the same in every one of these streams.
fn of_clients(streams: &[Response]) -> String {
    let mut seen: Vec<String> = streams.iter().map(|stream| words::of_client(stream, true)).collect();
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:?}");
    seen.remove(0)
}

/// The messages of the lines that fit, in order.
fn told(environment: &Environment, fits: impl Fn(&Value, &str) -> bool) -> Vec<String> {
    let lines = environment.log().json();
    let messages = lines.iter().filter_map(|line| Some((line, line["message"].as_str()?)));
    messages.filter(|(line, message)| fits(line, message)).map(|(_, message)| message.to_owned()).collect()
}

/// What the operator was told of polling.
fn told_of_polling(environment: &Environment) -> Vec<String> {
    told(environment, |_, message| message.starts_with("polling "))
}
