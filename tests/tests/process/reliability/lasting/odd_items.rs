//! A table with items as writers in other languages make them, `odd-items.jsonl`: read where the meaning is plain, else skipped,
//! counted and told.

use std::collections::BTreeMap;

use lambda_env::{Environment, Item, Stamp, TableSpec, fake_aws::MetricDatum};
use serde_json::{Value, json};

use super::{of_clients, row};
use crate::{
    audit,
    fixture::{Fixture, call, date, stream, within},
};

const CASES: &str = include_str!("../odd-items.jsonl");

/// A minute ago, as the writer of a case puts it.
fn written(form: &str) -> String {
    let at = Stamp::now().unix_ms() - 60_000;
    let utc = date(at);
    let to_the_millisecond = utc.trim_end_matches('Z');
    match form {
        "@Z" => utc,
        "@naive, microseconds" => format!("{to_the_millisecond}123"),
        "@+0000, microseconds" => format!("{to_the_millisecond}123+0000"),
        "@+05:30" => format!("{}+05:30", date(at + 19_800_000).trim_end_matches('Z')),
        "@seconds" => (at / 1_000).to_string(),
        other => panic!("no form of a date: {other}"),
    }
}

/// The cases, and how many are seen in each way.
fn cases() -> (Vec<Value>, BTreeMap<String, usize>) {
    let (mut items, mut seen) = (Vec::new(), BTreeMap::new());
    for line in CASES.lines() {
        let mut case: Value = serde_json::from_str(line).unwrap();
        let form = case["item"]["updated_at"]["S"].as_str().unwrap().to_owned();
        case["item"]["updated_at"] = json!({"S": written(&form)});
        *seen.entry(case["seen"].as_str().unwrap().to_owned()).or_default() += 1;
        items.push(case["item"].take());
    }
    (items, seen)
}

fn warnings(environment: &Environment) -> Vec<Value> {
    let skipped = |line: &Value| line["message"].as_str().is_some_and(|text| text.starts_with("items are skipped"));
    environment.log().json().into_iter().filter(skipped).collect()
}

pub(super) async fn among_others() -> String {
    let fixture = Fixture::new().await;
    fixture.aws.create_table(TableSpec::new("items", "source_id").index("by_sentiment", "sentiment", "updated_at"));
    let (items, seen) = cases();
    assert_eq!((items.len(), seen["read"], seen["skipped: updated_at"], seen["never returned"]), (10, 5, 2, 1));
    for item in items {
        assert!(fixture.aws.put("items", item));
    }
    // Read as a whole again and again, in each of two streams.
    let environment = fixture.start(&[("SSE_STREAM_MAX_MS", "1500"), ("SSE_FULL_READ_INTERVAL_MS", "1000")]).await;
    let mut streams = Vec::new();
    for _ in 0..2 {
        streams.push(call(&environment, stream()).await);
        within(environment.frozen()).await;
    }
    for stream in &streams {
        let metrics = stream.events().into_iter().find(|event| event.name == "metrics").unwrap().json();
        assert_eq!((&metrics["total"], &metrics["by_tag"]), (&json!(5), &json!({"AAPL": 5})));
    }
    let told = warnings(&environment);
    assert_eq!(told.len(), 1, "{told:?}");
    // The one that no date finds is looked for once there is a state, and is no new reason.
    assert_eq!((&told[0]["level"], &told[0]["count"]), (&json!("WARN"), &json!(3)));
    assert_eq!(told[0]["attributes"], "score,updated_at");

    // A reason that was not there before.
    let odd = Item::new().text("source_id", "odd-11").text("updated_at", &written("@Z")).text("sentiment", "positive");
    assert!(
        fixture
            .aws
            .put("items", odd.number("score", 0.5).text("ttl_timestamp", "soon").texts("matched_tickers", &["A"]))
    );
    streams.push(call(&environment, stream()).await);
    within(environment.frozen()).await;
    let told = warnings(&environment);
    assert_eq!((told.len(), told.last().map(|line| &line["count"])), (2, Some(&json!(5))), "{told:?}");
    assert!(!told.iter().any(|line| line.to_string().contains("odd-")), "never an item's text: {told:?}");

    let counted: f64 =
        fixture.aws.metrics().iter().filter(|datum| datum.name == "ItemsSkipped").map(MetricDatum::sum).sum();
    assert!((counted - 5.0).abs() < f64::EPSILON, "each is counted once, not {counted} times");
    let client = of_clients(&streams);
    within(environment.shut_down()).await;
    let evidence = fixture.evidence(&environment, streams, Vec::new());
    audit::passes(&evidence);
    let polls = evidence.received.iter().filter(|copy| copy.span.name == "dynamodb_poll");
    let skipped = polls.filter_map(|copy| copy.span.number("skipped_count")).max();
    assert_eq!(skipped, Some(4), "`skipped_count` of a poll that read all of them");
    row(
        "DynamoDB: odd items",
        &format!("{client}, of the items whose meaning is plain"),
        "`ItemsSkipped` counts each of the others once",
        "once, and again with the next reason: how many, why, which attributes",
    )
}
