//! The poller against recorded words of a service, without a network.

use super::*;
use crate::aws::fake::{Answer, FakeService};
use serde_json::json;
use sse_core::{
    item::{Item, ItemProblem},
    ports::SeenItems,
};
use std::time::Duration;

struct Nothing;
impl SeenItems for Nothing {
    fn holds(&self, _: &Item) -> bool {
        false
    }
}

fn since(text: &str) -> Query<'static> {
    let since = Timestamp::parse(text).unwrap();
    Query {
        round: 1,
        sentiment: Sentiment::Positive,
        dates: Dates::Since(since),
        latest: since.plus(Duration::from_mins(5)),
        after: None,
        known: &Nothing,
    }
}

async fn page_of(answers: impl IntoIterator<Item = Answer>) -> (FakeService, Result<Page, CallError>) {
    let (service, aws) = FakeService::new(answers).await;
    let poller = DynamoPoller::new(&aws, "items", "by_sentiment");
    let page = poller.page(since("2026-11-22T08:00:00.500Z")).await;
    (service, page)
}

fn item(source_id: &str, updated_at: &str) -> serde_json::Value {
    json!({
        "source_id": {"S": source_id}, "updated_at": {"S": updated_at}, "score": {"N": "0.25"},
        "matched_tickers": {"L": [{"S": "AAPL"}]},
    })
}

fn ok(items: &[serde_json::Value]) -> Answer {
    Answer::json(200, &json!({"Items": items, "Count": items.len()}).to_string())
}

#[tokio::test(start_paused = true)]
async fn one_query_on_the_index_newest_first_for_what_counts() {
    let (service, page) = page_of([ok(&[])]).await;
    let sent = service.sent();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].target, "DynamoDB_20120810.Query");
    let body = sent[0].json();
    assert_eq!((&body["TableName"], &body["IndexName"]), (&json!("items"), &json!("by_sentiment")));
    assert_eq!(body["ScanIndexForward"], false);
    assert_eq!(body["KeyConditionExpression"], "#s = :s AND #u >= :u");
    assert_eq!(body["ExpressionAttributeValues"][":u"], json!({"S": "2026-11-22T08:00:00"}));
    assert_eq!(body["ExpressionAttributeValues"][":s"], json!({"S": "positive"}));
    assert_eq!(body["ProjectionExpression"], "#i, #u, #n, #t, #x");
    assert_eq!(body["ExclusiveStartKey"], serde_json::Value::Null);
    let report = page.unwrap().report;
    assert_eq!((report.request_id.as_deref(), report.attempts), (Some("request-1"), 1));
    assert_eq!(
        (report.operation, report.region.as_str(), report.table.as_deref()),
        ("Query", "eu-central-1", Some("items"))
    );
}

#[tokio::test(start_paused = true)]
async fn the_bound_is_kept_and_malformed_items_are_set_aside() {
    let items = [
        item("late", "2026-11-22T08:00:01.000Z"),
        item("early", "2026-11-22T08:00:00.499Z"),
        item("exact", "2026-11-22T08:00:00.500Z"),
        item("python", "2026-11-22T08:00:00.600000+00:00"),
        item("berlin", "2026-11-22T09:00:00.600+01:00"),
        item("ahead", "2026-11-22T08:05:01Z"),
        json!({"source_id": {"N": "5"}, "updated_at": {"S": "zzz"}}),
        json!({}),
    ];
    let page = page_of([ok(&items)]).await.1.unwrap();
    let ids: Vec<_> = page.items.iter().map(|i| &*i.source_id).collect();
    assert_eq!(ids, ["late", "python", "exact"]);
    let skipped: Vec<_> = page.skipped.iter().map(|s| (&*s.source_id, &*s.updated_at, s.problem)).collect();
    assert_eq!(
        skipped,
        [
            ("berlin", "2026-11-22T09:00:00.600+01:00", ItemProblem::UpdatedAt),
            ("ahead", "2026-11-22T08:05:01Z", ItemProblem::UpdatedAtAhead),
            ("", "zzz", ItemProblem::SourceId),
            ("", "", ItemProblem::SourceId),
        ]
    );
    assert_eq!(page.returned, items.len());
}

/// Shapes that writers in Python and others produce.
#[tokio::test(start_paused = true)]
async fn odd_items_are_read_where_the_meaning_is_plain() {
    let with = |name: &str, value: serde_json::Value| {
        let mut item = item(name, "2026-11-22T08:00:01Z");
        item[name] = value;
        item
    };
    let accepted = [
        with("updated_at", json!({"S": "2026-11-22T08:00:01.123456"})),
        with("updated_at", json!({"S": "2026-11-22T08:00:01.123456+0000"})),
        with("updated_at", json!({"S": "2026-11-22T08:00:01"})),
        with("matched_tickers", json!({"SS": ["AAPL"]})),
        with("matched_tickers", json!({"L": [{"S": "AAPL"}, {"NULL": true}]})),
        with("ttl_timestamp", json!({"NULL": true})),
    ];
    let page = page_of([ok(&accepted)]).await.1.unwrap();
    assert_eq!((page.items.len(), page.skipped.as_slice()), (accepted.len(), [].as_slice()));
    assert!(
        page.items
            .iter()
            .all(|i| i.tickers.iter().map(sse_core::item::Ticker::as_str).eq(["AAPL"]) && i.expires_at.is_none())
    );

    let skipped = [
        (with("updated_at", json!({"S": "2026-11-22T13:30:00+05:30"})), ItemProblem::UpdatedAt),
        (with("updated_at", json!({"S": "1795334400"})), ItemProblem::UpdatedAt),
        (with("score", json!({"S": "0.5"})), ItemProblem::Score),
        (with("score", json!({"NULL": true})), ItemProblem::Score),
        (with("score", json!({"N": "1.5"})), ItemProblem::ScoreRange),
        (with("matched_tickers", json!({"NULL": true})), ItemProblem::Tickers),
        (with("matched_tickers", json!({"L": [{"N": "5"}]})), ItemProblem::Ticker),
        (with("matched_tickers", json!({"L": [{"S": "A,B"}]})), ItemProblem::TickerComma),
        (with("ttl_timestamp", json!({"S": "soon"})), ItemProblem::Ttl),
    ];
    let items: Vec<_> = skipped.iter().map(|(item, _)| item.clone()).collect();
    let page = page_of([ok(&items)]).await.1.unwrap();
    let problems: Vec<_> = page.skipped.iter().map(|s| s.problem).collect();
    assert_eq!((problems, page.items.len()), (skipped.iter().map(|(_, problem)| *problem).collect(), 0));
}

/// What sorts before every date would never be read, and so never be told.
#[tokio::test(start_paused = true)]
async fn items_that_no_date_finds_are_asked_for_and_set_aside() {
    let dates = ["1795334400", "0001-01-01T00:00:00Z", "11/22/2026"];
    let items: Vec<_> = dates.iter().map(|date| item(date, date)).collect();
    let next = json!({"source_id": {"S": "x"}, "updated_at": {"S": "0"}, "sentiment": {"S": "positive"}});
    let answer = Answer::json(200, &json!({"Items": items, "LastEvaluatedKey": next}).to_string());
    let (service, aws) = FakeService::new([answer]).await;
    let query = Query { dates: Dates::BeforeAny, ..since("2026-11-22T08:00:00Z") };
    let page = DynamoPoller::new(&aws, "items", "by_sentiment").page(query).await.unwrap();
    let body = service.sent()[0].json();
    assert_eq!(body["KeyConditionExpression"], "#s = :s AND #u < :u");
    assert_eq!((&body["ExpressionAttributeValues"][":u"], &body["Limit"]), (&json!({"S": "1970"}), &json!(1_000)));
    assert_eq!((page.items.len(), page.returned, page.next), (0, 3, None), "one page is enough to tell");
    let skipped: Vec<_> = page.skipped.iter().map(|s| (&*s.updated_at, s.problem)).collect();
    assert_eq!(skipped, dates.map(|date| (date, ItemProblem::UpdatedAt)));
}

#[tokio::test(start_paused = true)]
async fn a_token_comes_back_as_it_was_given() {
    let key = json!({"source_id": {"S": "a"}, "updated_at": {"S": "odd text"}, "sentiment": {"S": "positive"}});
    let answer = Answer::json(200, &json!({"Items": [], "LastEvaluatedKey": key}).to_string());
    let (service, aws) = FakeService::new([answer]).await;
    let poller = DynamoPoller::new(&aws, "items", "by_sentiment");
    let first = poller.page(since("2026-11-22T08:00:00Z")).await.unwrap();
    let token = first.next.unwrap();
    let again = Query { after: Some(&token), ..since("2026-11-22T08:00:00Z") };
    poller.page(again).await.unwrap();
    assert_eq!(service.sent()[1].json()["ExclusiveStartKey"], key);
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_makes_no_sense_is_unreadable() {
    let no_keys = json!({"Items": [], "LastEvaluatedKey": {"source_id": {"N": "1"}}}).to_string();
    let bodies = [&no_keys, "", "{}", "<html>", "\u{0}", r#"{"Items":5}"#, r#"{"Items":[{"source_id":5}]}"#];
    for body in bodies {
        let answer = page_of([Answer::json(200, body)]).await.1;
        let error = answer.expect_err(body);
        assert_eq!((error.failure, &*error.error_type), (Failure::Unreadable, "UnreadableAnswer"), "{body}");
        assert!(!error.detail.is_empty() && !error.detail.contains("html"), "{}", error.detail);
    }
}

fn error(status: u16, code: &str) -> Answer {
    Answer::json(
        status,
        &json!({"__type": format!("com.amazonaws.dynamodb.v20120810#{code}"), "message": "words"}).to_string(),
    )
}

#[tokio::test(start_paused = true)]
async fn every_failure_has_its_name() {
    let cases = [
        (
            error(400, "ProvisionedThroughputExceededException"),
            Failure::Throttled,
            "ProvisionedThroughputExceededException",
        ),
        (error(400, "ThrottlingException"), Failure::Throttled, "ThrottlingException"),
        (error(400, "AccessDeniedException"), Failure::Denied, "AccessDeniedException"),
        (error(400, "ExpiredTokenException"), Failure::Denied, "ExpiredTokenException"),
        (error(400, "ResourceNotFoundException"), Failure::Refused, "ResourceNotFoundException"),
        (error(500, "InternalServerError"), Failure::Faulted, "InternalServerError"),
        (Answer::json(503, "<html>busy</html>"), Failure::Faulted, "Http503"),
        (Answer::json(403, ""), Failure::Denied, "Http403"),
        (Answer::json(429, ""), Failure::Throttled, "Http429"),
        (Answer::Refuses, Failure::NotConnected, "ConnectionFailed"),
        (Answer::Breaks, Failure::Unreachable, "ConnectionBroken"),
    ];
    for (answer, failure, error_type) in cases {
        let error = page_of([answer]).await.1.unwrap_err();
        assert_eq!((error.failure, &*error.error_type), (failure, error_type), "{error:?}");
        assert_eq!(error.report.operation, "Query");
    }
}

#[tokio::test(start_paused = true)]
async fn attempts_and_the_last_request_are_reported() {
    let (service, page) = page_of([error(500, "InternalServerError"), ok(&[])]).await;
    assert_eq!(service.sent().len(), 2);
    let report = page.unwrap().report;
    assert_eq!((report.attempts, report.request_id.as_deref()), (2, Some("request-2")));

    let (service, page) = page_of([error(500, "InternalServerError")]).await;
    let error = page.unwrap_err();
    assert_eq!((error.report.attempts as usize, service.sent().len()), (3, 3));
    assert_eq!(
        (error.report.request_id.as_deref(), error.detail.as_str()),
        (Some("request-3"), "words (index by_sentiment)")
    );
    assert_eq!(error.to_string(), "DynamoDB Query failed: failed at the service");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_hangs_is_given_up_in_time() {
    let began = tokio::time::Instant::now();
    let (service, page) = page_of([Answer::Hangs]).await;
    let took = began.elapsed().as_millis();
    assert_eq!(page.unwrap_err().failure, Failure::TimedOut);
    assert!((2_500..=3_050).contains(&took), "{took} ms");
    assert!(service.sent().len() >= 2, "a second attempt has its chance");
}

#[tokio::test(start_paused = true)]
async fn names_from_outside_are_cut() {
    let long = "X".repeat(10_000);
    let error = page_of([error(400, &format!("{long}\u{1}"))]).await.1.unwrap_err();
    assert_eq!(error.error_type.len(), 128);
}
