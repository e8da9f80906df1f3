//! No DynamoDB for a whole stream: the reader is told, the operator once, and a metric shows it.

use std::time::Duration;

use lambda_env::{AwsFault, Deadline, Environment, On, Response};
use serde_json::Value;

use super::{row, told_of_polling};
use crate::{
    audit,
    fixture::{Fixture, call, stream, within},
    reliability::words,
};

const STREAM_MS: u64 = 3_000;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It answers each call with its internal error.
    Failing,
    /// Nobody listens, for CloudWatch neither: metrics go to the log.
    Gone,
}

pub(super) async fn of_a_whole_stream(kind: Kind) -> String {
    let fixture = Fixture::new().await;
    let metrics = if kind == Kind::Gone { "emf" } else { "cloudwatch" };
    let length = STREAM_MS.to_string();
    let environment = fixture.start(&[("SSE_STREAM_MAX_MS", &length), ("SSE_METRICS", metrics)]).await;
    match kind {
        Kind::Failing => drop(fixture.aws.fault(On::operation("Query"), AwsFault::Internal)),
        Kind::Gone => fixture.aws.set_listening(false).await.unwrap(),
    }
    let long = || stream().deadline(Deadline::In(Duration::from_secs(20)));
    let first = call(&environment, long()).await;
    within(environment.frozen()).await;
    let failing = warnings(&environment);
    assert_eq!(failing.len(), 1, "{failing:?}");
    let (table, region) = (&failing[0]["table"], &failing[0]["region"]);
    assert!(table == "items" && region.is_string(), "{failing:?}");
    let words = if kind == Kind::Failing { "Internal server error" } else { "by_sentiment" };
    let text = failing[0]["message"].as_str().unwrap();
    assert!(text.contains(words) && text.contains("by_sentiment"), "{text}");
    let (rounds, age_ms) = measured(&fixture, &environment, kind);
    println!("outage, {metrics}: {rounds} rounds failed, data {age_ms} ms old: {text}");
    assert!(rounds >= 2.0, "PollFailures {rounds}");
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let whole = STREAM_MS as f64;
    assert!((whole - 500.0..whole + 2_500.0).contains(&age_ms), "DataAgeMs {age_ms}");
    is_degraded_throughout(&first);

    fixture.aws.clear_faults();
    fixture.aws.set_listening(true).await.unwrap();
    let second = call(&environment, long()).await;
    within(environment.frozen()).await;
    let told = told_of_polling(&environment);
    assert_eq!((told.len(), told.last().map(String::as_str)), (2, Some("polling succeeds again")), "{told:?}");
    let (client, next) = (words::of_client(&first, true), words::of_client(&second, false));
    within(environment.shut_down()).await;
    audit::passes(&fixture.evidence(&environment, vec![first, second], Vec::new()));
    let name = if kind == Kind::Failing { "fails" } else { "is not reachable" };
    row(
        &format!("DynamoDB {name} for a whole stream"),
        &format!("{client}; in the next stream {next}"),
        "`PollFailures` counts the rounds, `DataAgeMs` grows; the pause between rounds too",
        "once: table, index, region, the words of AWS or of the network; and once that it is over",
    )
}

fn warnings(environment: &Environment) -> Vec<Value> {
    let failing = |line: &Value| line["message"].as_str().is_some_and(|text| text.starts_with("polling is failing"));
    environment.log().json().into_iter().filter(failing).collect()
}

/// All of `PollFailures`, and the most of `DataAgeMs`.
fn measured(fixture: &Fixture, environment: &Environment, kind: Kind) -> (f64, f64) {
    let data = match kind {
        Kind::Failing => {
            let data = fixture.aws.metrics().into_iter();
            data.map(|datum| (datum.name.clone(), datum.sum())).collect::<Vec<_>>()
        }
        Kind::Gone => environment.log().json().iter().flat_map(emf).collect(),
    };
    let of = |name: &'static str| data.iter().filter(move |(found, _)| found == name).map(|(_, value)| *value);
    (of("PollFailures").sum(), of("DataAgeMs").fold(0.0, f64::max))
}

/// The two metrics of one line, if it is one of the embedded metric format. A histogram lists its values.
fn emf(line: &Value) -> Vec<(String, f64)> {
    let value = |name: &str| match &line[name] {
        Value::Number(number) => number.as_f64(),
        Value::Object(of) => of["Values"][0].as_f64(),
        Value::Array(values) => values.first().and_then(Value::as_f64),
        _ => None,
    };
    let metrics = ["PollFailures", "DataAgeMs"].into_iter().filter(|_| line["_aws"].is_object());
    metrics.filter_map(|name| Some((name.to_owned(), value(name)?))).collect()
}

fn is_degraded_throughout(stream: &Response) {
    let beats: Vec<bool> = stream
        .events()
        .iter()
        .filter(|event| event.name == "heartbeat")
        .map(|event| event.json()["degraded"] == true)
        .collect();
    assert!(beats.len() > 5, "{beats:?}");
    // The first one is written before the first poll is over.
    assert!(beats[2..].iter().all(|degraded| *degraded), "{beats:?}");
}
