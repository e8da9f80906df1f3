//! Spans straight to X-Ray: what it refuses is told with what to do, and what it would refuse is not sent.

use std::collections::BTreeSet;

use lambda_env::{Environment, OtlpFault, OtlpReceiver, Sidecar};

use crate::{
    audit,
    binary::binary,
    fixture::{Fixture, call, patience_over, stream, within},
    ledger::ParsedLog,
    local, reliability, turns,
};

/// The messages of warnings about the endpoint, in order.
fn warnings(environment: &Environment) -> Vec<String> {
    let lines = environment.log().lines();
    let json = lines.iter().filter_map(|line| serde_json::from_str::<serde_json::Value>(&line.text).ok());
    let about = json.filter(|line| line["level"] == "WARN" && line["address"].is_string());
    about.map(|line| line["message"].as_str().unwrap_or_default().to_owned()).collect()
}

/// Rule: X-Ray's word.
#[tokio::test]
async fn what_x_ray_refuses_is_told_once_with_what_to_do() {
    let _turn = turns::shared().await;
    let fixture = Fixture::with_xray().await;
    let environment = fixture.start(&[("SSE_STREAM_MAX_MS", "60")]).await;
    let refusals = [
        (reliability::NOT_ALLOWED, "xray:PutTraceSegments, xray:PutSpans and xray:PutSpansForIndexing"),
        (reliability::SEARCH_OFF, "Transaction Search is off"),
        (OtlpFault::PartialSuccess(1), "200 KB a span"),
        (OtlpFault::RetryAfter(429, 1), "not asked again before its Retry-After"),
    ];
    let mut streams = Vec::new();
    for (fault, _) in refusals {
        fixture.collector.set_fault(Some(fault)).await.unwrap();
        for _ in 0..2 {
            streams.push(call(&environment, stream()).await);
            within(environment.frozen()).await;
        }
    }
    fixture.collector.set_fault(None).await.unwrap();
    patience_over().await;
    streams.push(call(&environment, stream()).await);
    within(environment.frozen()).await;
    let told = warnings(&environment);
    assert_eq!(told.len(), refusals.len(), "{told:#?}");
    for (told, (_, what_to_do)) in told.iter().zip(refusals) {
        assert!(told.contains(what_to_do), "{told}");
    }
    let evidence = fixture.evidence(&environment, streams, Vec::new());
    assert!(evidence.lines.iter().any(|line| line.text.contains("all spans are taken again")));
    audit::passes(&evidence);
}

/// Rule: X-Ray's word. Rule: FR-055. SIGTERM comes because the function is an extension itself.
#[tokio::test]
async fn sigterm_in_mid_stream_comes_without_a_layer_and_every_span_is_delivered() {
    let _turn = turns::alone().await;
    let fixture = Fixture::with_xray().await;
    let environment = fixture.start(&[("SSE_STREAM_MAX_MS", "20000")]).await;
    let mut running = within(environment.invoke(stream())).await.unwrap();
    for _ in 0..4 {
        within(running.event()).await.unwrap();
    }
    let (end, response) = tokio::join!(within(environment.shut_down()), within(running.finish()));
    let end = end.unwrap();
    assert!(end.terminated && !end.killed && end.exit.code == Some(0), "{end:?}");
    let figures = audit::passes(&fixture.evidence(&environment, vec![response], Vec::new()));
    assert_eq!((figures.delivered + figures.folded, figures.logged), (figures.created, 0));
    let front = fixture.front.as_ref().unwrap();
    assert_eq!(front.handshakes(), fixture.collector.requests().len(), "a connection of its own for each request");
}

/// Rule: X-Ray's word. Rule: Retention. What X-Ray refused to the end is in the log, and the log is what `replay` sends.
#[tokio::test]
async fn what_was_given_up_comes_home_once_and_closes_the_ledger() {
    let _turn = turns::shared().await;
    let fixture = Fixture::with_xray().await;
    let environment = fixture.start(&[("SSE_STREAM_MAX_MS", "300")]).await;
    fixture.collector.set_fault(Some(OtlpFault::Status(503))).await.unwrap();
    let response = call(&environment, stream()).await;
    within(environment.frozen()).await;
    within(environment.shut_down()).await.unwrap();
    fixture.collector.set_fault(None).await.unwrap();
    let lines = environment.log().lines();
    let told = ParsedLog::read(&lines);
    let ledger = told.ledger(&response.request_id);
    let late = told.late[&response.request_id];
    let printed: BTreeSet<_> = told.printed.iter().map(|(_, span)| span.span_id.clone()).collect();
    assert_eq!((ledger.retained, late.logged), (printed.len() as u64, printed.len() as u64));
    let scratch = |name: &str| std::env::temp_dir().join(format!("sse-given-up-{}-{name}", std::process::id()));
    let (log, state) = (scratch("log"), scratch("state"));
    std::fs::write(&log, lines.iter().map(|line| format!("{}\n", line.text)).collect::<String>()).unwrap();
    let front = fixture.front.as_ref().unwrap();
    for run in 1..=2 {
        let mut program = tokio::process::Command::new(binary());
        program.args(["replay", "--xray", "--state"]).arg(&state).arg(&log).env_clear().envs(front.variables());
        program.env("AWS_REGION", "eu-central-1").env("AWS_ACCESS_KEY_ID", "id").env("AWS_SECRET_ACCESS_KEY", "secret");
        let output = within(program.kill_on_drop(true).output()).await.unwrap();
        assert!(output.status.success(), "run {run}: {}", String::from_utf8_lossy(&output.stderr));
        let home: Vec<_> = fixture.collector.spans().into_iter().filter(|copy| copy.accepted).collect();
        let ids: BTreeSet<_> = home.iter().map(|copy| copy.span.span_id.clone()).collect();
        assert_eq!((ids, home.len()), (printed.clone(), printed.len()), "run {run}: the same ids, none twice");
        assert_eq!(ledger.created, ledger.delivered + ledger.folded + home.len() as u64);
    }
    let _ = (std::fs::remove_file(&log), std::fs::remove_file(&state));
}

/// Rule: FR-052. A collector's X-Ray takes 28 days, this endpoint 14.
#[tokio::test]
async fn a_trace_that_began_15_days_ago_is_no_context() {
    let _turn = turns::shared().await;
    let fixture = Fixture::with_xray().await;
    let environment = fixture.start(&[("SSE_STREAM_MAX_MS", "60")]).await;
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();
    let header = |days: u64| {
        format!("Root=1-{:08x}-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1", now - days * 86_400)
    };
    let old = call(&environment, stream().raw_trace(&header(15))).await;
    within(environment.frozen()).await;
    assert!(fixture.collector.requests().is_empty() && fixture.daemon.documents().is_empty());
    let young = call(&environment, stream().raw_trace(&header(13))).await;
    within(environment.frozen()).await;
    let told = ParsedLog::read(&environment.log().lines());
    assert!(!told.ledgers.contains_key(&old.request_id) && told.ledger(&young.request_id).delivered > 0);
}

/// Rule: X-Ray's word.
#[tokio::test]
async fn serve_sends_to_x_ray_with_the_credentials_of_its_environment() {
    let _turn = turns::shared().await;
    let endpoint = OtlpReceiver::start_as_xray().unwrap();
    let variables = [
        ("SSE_TELEMETRY", "xray"),
        ("AWS_ENDPOINT_URL_XRAY", &endpoint.endpoint()[..]),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "AKIDOFASERVER"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("SSE_STREAM_MAX_MS", "100"),
    ];
    let server = local::serve(&[], &variables).await;
    assert!(server.ask("GET /api/v2/stream HTTP/1.1").await.contains("event: done"));
    let spans = within(endpoint.wait_for(3)).await;
    assert!(spans.iter().any(|received| received.span.name == "sse_stream"));
    let signed = endpoint.signed();
    let authorization = &signed[0].headers.iter().find(|(name, _)| name == "authorization").unwrap().1;
    assert!(authorization.contains("Credential=AKIDOFASERVER/") && authorization.contains("/eu-west-1/xray/"));
}
