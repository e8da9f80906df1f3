//! What is recorded, and where: one entry for one call, each phase its own way, nothing for what is not sampled.

use std::collections::BTreeSet;

use lambda_env::Invocation;

use crate::{
    audit,
    fixture::{Fixture, call, config_stream, stream, within},
    ledger::ParsedLog,
    turns,
};

/// Rule: FR-056.
#[tokio::test]
async fn what_is_not_sampled_is_recorded_nowhere() {
    let _turn = turns::shared().await;
    let fixture = Fixture::new().await;
    let environment = fixture.start(&[("SSE_STREAM_MAX_MS", "100")]).await;
    let now = std::time::UNIX_EPOCH.elapsed().expect("after 1970").as_secs();
    let root = format!("1-{now:08x}-abcdef012345678912345678");
    let headers = [
        format!("Root={root};Sampled=1"),
        format!("Root={root};Parent=53995c3f42cd8ad8;Sampled=?"),
        format!("Root={root};Parent=53995c3f42cd8ad8"),
        "Root=1-6789-abc;Parent=53995c3f42cd8ad8;Sampled=1".to_owned(),
        "nonsense".to_owned(),
        String::new(),
    ];
    let mut invocations: Vec<Invocation> = headers.iter().map(|header| stream().raw_trace(header)).collect();
    invocations.extend([stream().unsampled(), config_stream().no_trace()]);
    let mut streams = Vec::new();
    for invocation in invocations {
        streams.push(call(&environment, invocation).await);
        within(environment.frozen()).await;
    }
    assert!(streams.iter().all(|response| response.events().last().unwrap().name == "done"));
    let evidence = fixture.evidence(&environment, streams, Vec::new());
    audit::passes(&evidence);
    assert!(evidence.requests.is_empty() && evidence.documents.is_empty());
    assert!(ParsedLog::read(&evidence.lines).ledgers.is_empty());
}

/// Rule: FR-060.
#[tokio::test]
async fn a_call_of_the_handler_phase_is_one_subsegment_and_no_span() {
    let _turn = turns::shared().await;
    let fixture = Fixture::new().await;
    let environment = fixture.start(&[("SSE_STREAM_MAX_MS", "150")]).await;
    let response = call(&environment, config_stream()).await;
    within(environment.frozen()).await;
    let lookups: Vec<_> = fixture.aws.calls().into_iter().filter(|call| call.operation == "GetItem").collect();
    assert_eq!(lookups.len(), 1);
    assert!(response.events().iter().all(|event| event.name != "metrics"));
    let evidence = fixture.evidence(&environment, vec![response], Vec::new());
    audit::passes(&evidence);
    let nested = evidence.documents[0].flattened();
    assert_eq!(nested.len(), 2, "{nested:?}");
    let call = nested[1];
    assert_eq!((&call["name"], &call["namespace"]), (&"DynamoDB".into(), &"aws".into()));
    let block = &call["aws"];
    let said = [&block["operation"], &block["table_name"], &block["region"], &block["request_id"]];
    assert_eq!(said, ["GetItem", "users", "eu-central-1", lookups[0].request_id.as_str()]);
    for copy in &evidence.received {
        assert_ne!(copy.span.text("rpc.method"), "GetItem");
        assert_ne!(copy.span.text("aws.request_id"), lookups[0].request_id);
    }
}

/// Rule: FR-026. Rule: FR-054. Rule: FR-060.
#[tokio::test]
async fn a_call_of_the_streaming_phase_is_one_span_and_no_subsegment() {
    let _turn = turns::shared().await;
    let fixture = Fixture::new().await;
    let environment = fixture.start(&[("SSE_STREAM_MAX_MS", "400"), ("SSE_TRACE_BUDGET_BYTES", "500000")]).await;
    let response = call(&environment, stream()).await;
    within(environment.frozen()).await;
    let evidence = fixture.evidence(&environment, vec![response], Vec::new());
    let figures = audit::passes(&evidence);
    assert_eq!(figures.folded, 0);
    let ids = |method: &str| -> Vec<String> {
        let spans = evidence.received.iter().map(|copy| &copy.span).filter(|span| span.text("rpc.method") == method);
        // A call that was cancelled has no answer, and so no id.
        spans.map(|span| span.text("aws.request_id").to_owned()).filter(|id| !id.is_empty()).collect()
    };
    // What warms connections up during init is nobody's.
    let delivered = evidence.streams[0].delivered.unwrap();
    let calls: Vec<_> = fixture.aws.calls().into_iter().filter(|call| call.at > delivered).collect();
    for (method, name) in [("Query", "dynamodb_poll"), ("PutMetricData", "cloudwatch_put_metric")] {
        let made: BTreeSet<_> =
            calls.iter().filter(|call| call.operation == method).map(|call| &call.request_id).collect();
        let spanned = ids(method);
        let distinct: BTreeSet<_> = spanned.iter().collect();
        assert_eq!(distinct.len(), spanned.len(), "{method}: a call with two spans");
        assert!(!made.is_empty() && distinct.is_subset(&made), "{method}: spans of calls that nobody saw");
        let spans = evidence.received.iter().filter(|copy| copy.span.name == name).count();
        assert_eq!(spans, made.len(), "{method}: calls and spans");
    }
    assert_eq!(evidence.documents[0].flattened().len(), 1);
}

/// A daemon in a container beside the function has a name, which may resolve later than the function starts.
#[tokio::test]
async fn a_daemon_known_by_name_is_reached_and_one_unknown_is_told_once() {
    let _turn = turns::shared().await;
    let fixture = Fixture::new().await;
    let by_name = format!("localhost:{}", fixture.daemon.address().port());
    let environment = fixture.start(&[("AWS_XRAY_DAEMON_ADDRESS", &by_name)]).await;
    call(&environment, config_stream()).await;
    assert_eq!(within(fixture.daemon.wait_for(1)).await[0].json["name"], "## handler");

    let unknown = "xray-daemon.invalid:2000";
    let environment = fixture.start(&[("AWS_XRAY_DAEMON_ADDRESS", unknown)]).await;
    for _ in 0..3 {
        let response = call(&environment, stream()).await;
        assert_eq!(response.events().last().unwrap().name, "done");
        within(environment.frozen()).await;
    }
    let is_about_it = |line: &serde_json::Value| line["address"] == unknown;
    let told: Vec<_> = environment.log().json().into_iter().filter(is_about_it).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0]["level"], "WARN");
}
