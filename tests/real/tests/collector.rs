//! The exporter that makes the documents, asked with spans of every shape that the service makes, and worse text than it
//! will ever see: how large each document becomes, beside what the service reckons; and that X-Ray would take it.

use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest,
    common::v1::{AnyValue, ArrayValue, KeyValue, any_value::Value as Any},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span, Status, span::Event},
};
use prost::Message;
use sse_real::{
    collector::Collector, exchange::Upstream, otlp_tee::Sent, xray_api::XrayApi, xray_validator::XrayValidator,
    xray_validator_proxy::XrayValidatorProxy,
};
use std::{collections::BTreeMap, time::Duration};

/// What takes most room in JSON, and what is cut most easily: escapes, control characters, separators, long characters.
const ALPHABET: [&str; 14] =
    ["a", " ", "\"", "\\", "\n", "\u{1}", "<", "&", ">", "é", "\u{2028}", "\u{7f}", "\u{1f980}", "/"];
const SPANS: u64 = 400;
const NS: u64 = 1_000_000_000;

/// A small generator with a seed: the same spans every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn text(&mut self, max: usize) -> String {
        let (length, plain) = (self.below(max + 1), self.below(3) == 0);
        (0..length).map(|_| if plain { "x" } else { ALPHABET[self.below(ALPHABET.len())] }).collect()
    }
}

const fn any(value: Any) -> AnyValue {
    AnyValue { value: Some(value) }
}

fn pair(key: &str, value: Any) -> KeyValue {
    KeyValue { key: key.to_owned(), value: Some(any(value)), ..KeyValue::default() }
}

fn text(key: &str, value: impl Into<String>) -> KeyValue {
    pair(key, Any::StringValue(value.into()))
}

/// A span of the service's: internal, or an AWS call; some failed.
fn span(n: u64, trace: &[u8], now_ns: u64, dice: &mut Dice) -> Span {
    let is_call = n.is_multiple_of(2);
    let mut attributes = vec![
        pair("item_count", Any::IntValue(i64::try_from(dice.0 >> 1).unwrap() >> dice.below(63))),
        pair("is_cold_start", Any::BoolValue(n.is_multiple_of(3))),
        text("connection_id", dice.text(300)),
        text("session_id", dice.text(128)),
    ];
    if is_call {
        attributes.extend([
            text("rpc.system", "aws-api"),
            text("rpc.service", "DynamoDB"),
            text("rpc.method", "Query"),
            text("aws.region", "eu-central-1"),
            text("aws.table_name", dice.text(255)),
            text("aws.request_id", dice.text(52)),
        ]);
    }
    let indexed = ["connection_id", "is_cold_start"].map(|key| AnyValue { value: Some(Any::StringValue(key.into())) });
    attributes.push(pair("aws.xray.annotations", Any::ArrayValue(ArrayValue { values: indexed.into() })));
    let failed = n.is_multiple_of(5);
    let mut exception = || Event {
        time_unix_nano: now_ns,
        name: "exception".to_owned(),
        attributes: vec![text("exception.type", dice.text(200)), text("exception.message", dice.text(2_048))],
        ..Event::default()
    };
    Span {
        trace_id: trace.into(),
        span_id: (n + 1).to_be_bytes().into(),
        parent_span_id: 7_u64.to_be_bytes().into(),
        name: if is_call { "dynamodb_poll" } else { "sse_event_dispatch" }.to_owned(),
        kind: if is_call { 3 } else { 1 },
        start_time_unix_nano: now_ns,
        end_time_unix_nano: now_ns + 123_456_789 * (n % 7),
        events: if failed { vec![exception()] } else { Vec::new() },
        status: failed.then(|| Status { code: 2, ..Status::default() }),
        attributes,
        ..Span::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_document_is_larger_than_reckoned() {
    let api = XrayApi::start().await.unwrap();
    let proxy = XrayValidatorProxy::start(api.address(), XrayValidator::default()).await.unwrap();
    let collector = Collector::start(proxy.address(), proxy.address()).await.unwrap();
    let now = lambda_env::Stamp::now().unix_ns();
    let mut dice = Dice(42);
    let resource = Resource {
        attributes: vec![
            text("service.name", "sse-streaming"),
            text("cloud.provider", "aws"),
            text("cloud.platform", "aws_lambda"),
            text("cloud.account.id", "123456789012"),
            text("cloud.region", "eu-central-1"),
            text("faas.name", "stream"),
            pair(
                "aws.log.group.names",
                Any::ArrayValue(ArrayValue {
                    values: vec![AnyValue { value: Some(Any::StringValue("/aws/lambda/stream".into())) }],
                }),
            ),
        ],
        ..Resource::default()
    };
    let mut sent = Vec::new();
    // A trace each, so that no quota has a word in this.
    for n in 0..SPANS {
        let mut trace = u32::try_from(now / NS).unwrap().to_be_bytes().to_vec();
        trace.extend(u128::from(n + 1).to_be_bytes()[4..].iter());
        let spans = vec![span(n, &trace, now, &mut dice)];
        let scope_spans = vec![ScopeSpans { spans, ..ScopeSpans::default() }];
        let resource_spans =
            ResourceSpans { resource: Some(resource.clone()), scope_spans, ..ResourceSpans::default() };
        let body = ExportTraceServiceRequest { resource_spans: vec![resource_spans] }.encode_to_vec();
        sent.extend(Sent::read(&body));
        let request = http::Request::post("/v1/traces").header("content-type", "application/x-protobuf");
        let upstream = Upstream::new(collector.otlp());
        let answer = tokio::time::timeout(Duration::from_secs(10), upstream.send(request.body(body.into()).unwrap()));
        assert_eq!(answer.await.unwrap().status(), 200);
    }
    let judge = proxy.judge();
    let documents: BTreeMap<_, _> = judge.records().iter().map(|record| (record.text("id"), record)).collect();
    assert_eq!(documents.len(), sent.len(), "a span became no document");
    let mut slack = Vec::new();
    for span in &sent {
        let id = span.id();
        let record = documents[id.as_str()];
        assert_eq!(record.refusal, None, "{}", record.json);
        assert_eq!(record.json["type"], "subsegment");
        assert!(record.bytes <= span.estimate, "{} bytes, {} reckoned: {}", record.bytes, span.estimate, record.json);
        slack.push((span.estimate - record.bytes) * 100 / record.bytes);
    }
    slack.sort_unstable();
    println!(
        "=> {SPANS} documents, reckoned {} % too large in the median, {} % at most",
        slack[slack.len() / 2],
        slack[slack.len() - 1]
    );
}
