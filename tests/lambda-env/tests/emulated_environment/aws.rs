//! DynamoDB and CloudWatch, spoken to by the real SDKs.

use std::{collections::HashMap, time::Duration};

use aws_sdk_cloudwatch::types::{Dimension, MetricDatum, StandardUnit};
use aws_sdk_dynamodb::{
    config::{BehaviorVersion, Credentials, Region, retry::RetryConfig, timeout::TimeoutConfig},
    error::{ProvideErrorMetadata, SdkError},
    operation::{
        RequestId,
        query::{QueryError, QueryOutput},
    },
    types::{
        AttributeDefinition, AttributeValue, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
        ProjectionType, PutRequest, ReturnConsumedCapacity, ScalarAttributeType, TimeToLiveSpecification, WriteRequest,
    },
};
use lambda_env::{AwsFault, FakeAws, Item, On, TableSpec};

use crate::within;

fn dynamodb(aws: &FakeAws, attempts: u32) -> aws_sdk_dynamodb::Client {
    let config = aws_sdk_dynamodb::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
        .endpoint_url(aws.endpoint())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(
            RetryConfig::standard().with_max_attempts(attempts).with_initial_backoff(Duration::from_millis(1)),
        )
        .timeout_config(TimeoutConfig::builder().operation_timeout(Duration::from_millis(500)).build());
    aws_sdk_dynamodb::Client::from_conf(config.build())
}

fn cloudwatch(aws: &FakeAws) -> aws_sdk_cloudwatch::Client {
    let config = aws_sdk_cloudwatch::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .credentials_provider(Credentials::new("id", "secret", None, None, "test"))
        .endpoint_url(aws.endpoint())
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::builder().operation_timeout(Duration::from_millis(500)).build());
    aws_sdk_cloudwatch::Client::from_conf(config.build())
}

fn filled(items: usize) -> FakeAws {
    let aws = FakeAws::start().unwrap();
    aws.create_table(TableSpec::new("t", "source_id").index("by_sentiment", "sentiment", "updated_at"));
    for number in 0..items {
        let item = Item::new()
            .text("source_id", &format!("{number:04}"))
            .text("sentiment", "positive")
            .texts("matched_tickers", &["A"]);
        assert!(aws.put("t", item.number("score", 0.5).text("updated_at", &format!("2026-{number:04}"))));
    }
    aws
}

async fn query(
    client: &aws_sdk_dynamodb::Client,
    sentiment: &str,
    from: &str,
    start: Option<HashMap<String, AttributeValue>>,
) -> Result<QueryOutput, SdkError<QueryError>> {
    let query = client.query().table_name("t").index_name("by_sentiment");
    let query = query.key_condition_expression("#s = :s AND #u >= :u").expression_attribute_names("#s", "sentiment");
    let query = query
        .expression_attribute_names("#u", "updated_at")
        .expression_attribute_values(":s", AttributeValue::S(sentiment.to_owned()));
    let query =
        query.expression_attribute_values(":u", AttributeValue::S(from.to_owned())).set_exclusive_start_key(start);
    within(query.return_consumed_capacity(ReturnConsumedCapacity::Total).send()).await
}

#[tokio::test]
async fn the_sdk_pages_through_an_index() {
    let aws = filled(100);
    aws.set_page_bytes(2_000);
    let client = dynamodb(&aws, 1);
    let (mut found, mut pages, mut start) = (Vec::new(), 0, None);
    loop {
        let page = query(&client, "positive", "2026-0010", start).await.unwrap();
        found.extend(page.items().iter().map(|item| item["source_id"].as_s().unwrap().clone()));
        assert!(page.consumed_capacity().unwrap().capacity_units().unwrap() >= 0.5);
        assert_eq!(page.request_id(), Some(aws.calls()[pages].request_id.as_str()));
        pages += 1;
        start = page.last_evaluated_key().cloned();
        if start.is_none() {
            break;
        }
    }
    assert_eq!((found.len(), found[0].as_str()), (90, "0010"));
    assert!(pages > 3 && found.is_sorted());
    let call = &aws.calls()[0];
    assert_eq!(
        (call.service, call.operation.as_str(), call.partition.as_deref()),
        ("DynamoDB", "Query", Some("positive"))
    );
    assert_eq!((call.table.as_deref(), call.attempt, call.status), (Some("t"), Some(1), 200));
    assert!(call.sdk_call.is_some() && call.answered.is_some());
}

#[tokio::test]
async fn the_sdk_makes_a_table_and_writes_into_it() {
    let aws = FakeAws::start().unwrap();
    let client = dynamodb(&aws, 1);
    let key = |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let attribute = |name: &str| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build().unwrap()
    };
    let index = GlobalSecondaryIndex::builder().index_name("by_sentiment").key_schema(key("sentiment", KeyType::Hash));
    let index = index.key_schema(key("updated_at", KeyType::Range));
    let index = index.projection(Projection::builder().projection_type(ProjectionType::All).build()).build().unwrap();
    let create = client
        .create_table()
        .table_name("t")
        .key_schema(key("source_id", KeyType::Hash))
        .global_secondary_indexes(index);
    let create = create.attribute_definitions(attribute("source_id")).billing_mode(BillingMode::PayPerRequest);
    within(create.send()).await.unwrap();
    let ttl = TimeToLiveSpecification::builder().enabled(true).attribute_name("ttl_timestamp").build().unwrap();
    within(client.update_time_to_live().table_name("t").time_to_live_specification(ttl).send()).await.unwrap();
    let table = within(client.describe_table().table_name("t").send()).await.unwrap();
    assert_eq!(table.table().unwrap().table_status().unwrap().as_str(), "ACTIVE");

    let s = |text: &str| AttributeValue::S(text.to_owned());
    let put = |id: &str| {
        let put =
            PutRequest::builder().item("source_id", s(id)).item("sentiment", s("neutral")).item("updated_at", s(id));
        WriteRequest::builder().put_request(put.build().unwrap()).build()
    };
    let batch = client.batch_write_item().request_items("t", vec![put("a"), put("b")]);
    assert!(within(batch.send()).await.unwrap().unprocessed_items().unwrap().is_empty());
    within(client.put_item().table_name("t").item("source_id", s("c")).send()).await.unwrap();
    within(client.delete_item().table_name("t").key("source_id", s("a")).send()).await.unwrap();
    let got = within(client.get_item().table_name("t").key("source_id", s("b")).send()).await.unwrap();
    assert_eq!(got.item().unwrap()["sentiment"], s("neutral"));
    assert!(within(client.get_item().table_name("t").key("source_id", s("a")).send()).await.unwrap().item().is_none());
    assert_eq!(query(&client, "neutral", "", None).await.unwrap().count(), 1);
    assert_eq!(aws.items("t").len(), 2);
    assert!(aws.delete("t", Item::new().text("source_id", "b")));
}

#[tokio::test]
async fn faults_hit_what_they_are_for_and_look_like_the_service_s_own() {
    let aws = filled(1);
    let client = dynamodb(&aws, 1);
    for (fault, code) in [
        (AwsFault::Throttle, "ProvisionedThroughputExceededException"),
        (AwsFault::Internal, "InternalServerError"),
        (AwsFault::AccessDenied, "AccessDeniedException"),
        (AwsFault::HugeError(100_000), "ValidationException"),
    ] {
        let rule = aws.fault(On::operation("Query").partition("positive"), fault);
        let error = query(&client, "positive", "2", None).await.unwrap_err().into_service_error();
        assert_eq!(error.code(), Some(code));
        assert!(fault != AwsFault::HugeError(100_000) || error.message().unwrap().len() == 100_000);
        assert_eq!(query(&client, "negative", "2", None).await.unwrap().count(), 0);
        aws.clear_fault(rule);
    }
    for fault in [AwsFault::Hang, AwsFault::Reset, AwsFault::AnswerLost, AwsFault::Garbage] {
        aws.fault(On::operation("Query"), fault);
        assert!(query(&client, "positive", "2", None).await.is_err(), "{fault:?}");
        aws.clear_faults();
        let call = aws.calls().pop().unwrap();
        assert_eq!((call.fault, call.answered.is_some()), (Some(fault), fault == AwsFault::Garbage));
    }
    aws.fault(On::any().times(1), AwsFault::Slow(Duration::from_millis(100)));
    assert_eq!(query(&client, "positive", "2", None).await.unwrap().count(), 1);
    let call = aws.calls().pop().unwrap();
    assert!(call.answered.unwrap().since(&call.at) >= Duration::from_millis(95));
    aws.set_listening(false).await.unwrap();
    assert!(query(&client, "positive", "2", None).await.is_err());
    aws.set_listening(true).await.unwrap();
    assert_eq!(query(&client, "positive", "2", None).await.unwrap().count(), 1);
}

#[tokio::test]
async fn attempts_of_one_call_are_told_from_calls() {
    let aws = filled(1);
    aws.fault(On::operation("Query").times(2), AwsFault::Throttle);
    query(&dynamodb(&aws, 3), "positive", "2", None).await.unwrap();
    let calls = aws.calls();
    assert_eq!(calls.iter().map(|call| call.attempt.unwrap()).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(calls.iter().all(|call| call.sdk_call == calls[0].sdk_call));
    assert_eq!(calls[1].error.as_deref(), Some("ProvisionedThroughputExceededException"));
}

fn datum(name: &str, value: f64) -> MetricDatum {
    let environment = Dimension::builder().name("Environment").value("test").build();
    let now = aws_sdk_cloudwatch::primitives::DateTime::from_secs(1_700_000_000);
    MetricDatum::builder()
        .metric_name(name)
        .value(value)
        .unit(StandardUnit::Count)
        .timestamp(now)
        .dimensions(environment)
        .build()
}

#[tokio::test]
async fn metrics_arrive_compressed_and_plain() {
    let aws = FakeAws::start().unwrap();
    let client = cloudwatch(&aws);
    let put = || client.put_metric_data().namespace("SseStreaming");
    within(put().metric_data(datum("EventsSent", 3.0)).send()).await.unwrap();
    let many: Vec<_> = (0..500).map(|number| datum("Many", f64::from(number))).collect();
    within(put().set_metric_data(Some(many)).send()).await.unwrap();
    let calls = aws.calls();
    assert_eq!(calls.iter().map(|call| call.compressed).collect::<Vec<_>>(), [false, true]);
    assert_eq!((calls[1].service, calls[1].operation.as_str(), calls[1].items), ("CloudWatch", "PutMetricData", 500));
    let metrics = aws.metrics();
    assert_eq!((metrics.len(), metrics[0].name.as_str(), metrics[0].sum()), (501, "EventsSent", 3.0));
    assert_eq!((metrics[0].dimensions["Environment"].as_str(), metrics[0].timestamp), ("test", Some(1_700_000_000.0)));
    assert_eq!((metrics[500].sum(), metrics[500].unit.as_deref()), (499.0, Some("Count")));
}

#[tokio::test]
async fn cloudwatch_s_errors_have_its_own_codes() {
    let aws = FakeAws::start().unwrap();
    let client = cloudwatch(&aws);
    let put = || client.put_metric_data().namespace("SseStreaming").metric_data(datum("EventsSent", 1.0));
    for (fault, code) in [
        (AwsFault::Throttle, "Throttling"),
        (AwsFault::Internal, "InternalServiceError"),
        (AwsFault::AccessDenied, "AccessDenied"),
    ] {
        aws.fault(On::operation("PutMetricData").times(1), fault);
        let error = within(put().send()).await.unwrap_err().into_service_error();
        assert_eq!(error.code(), Some(code));
    }
    aws.fault(On::operation("PutMetricData").times(1), AwsFault::Hang);
    assert!(within(put().send()).await.is_err());
    assert_eq!(aws.metrics().len(), 0);
    let nothing = within(client.put_metric_data().namespace("SseStreaming").send()).await.unwrap_err();
    assert_eq!(nothing.into_service_error().code(), Some("InvalidParameterValue"));
}
