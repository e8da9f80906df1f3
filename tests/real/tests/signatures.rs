//! Spans straight to X-Ray: the signature of every request of a run, made again by botocore, an implementation that is not ours.

use lambda_env::{Environment, FakeAws, FunctionUrl, Invocation, OtlpFault, OtlpReceiver, TableSpec, TlsFront};
use serde_json::json;
use sse_real::tool::{service, tools};
use std::{process::Stdio, time::Duration};
use tokio::{io::AsyncWriteExt, process::Command, time::timeout};

/// The packages that were installed for this, with the version of botocore.
const BOTOCORE: &str = "botocore-1.44.8";
const PATIENCE: Duration = Duration::from_mins(1);
/// Those that the environment gives the function.
const CREDENTIALS: [&str; 3] = ["ASIAEMULATED00000000", "emulated-and-worth-nothing", "emulated-and-worth-nothing"];

/// Rule: X-Ray's word.
#[tokio::test(flavor = "multi_thread")]
async fn every_signature_is_as_botocore_makes_it() {
    let endpoint = OtlpReceiver::start_as_xray().unwrap();
    let front = TlsFront::start(endpoint.address(), "AWS_ENDPOINT_URL_XRAY").await.unwrap();
    let aws = FakeAws::start().unwrap();
    aws.create_table(TableSpec::new("items", "source_id").index("by_sentiment", "sentiment", "updated_at"));
    let function = Environment::builder(service()).beside(&aws).beside(&front).var("SSE_TELEMETRY", "xray");
    let function =
        function.var("SENTIMENTS_TABLE", "items").var("ENVIRONMENT", "real").var("SSE_POLL_INTERVAL_MS", "50");
    let function =
        function.var("SSE_STREAM_MAX_MS", "1500").var("SSE_TRACE_BUDGET_BYTES", "500000").start().await.unwrap();
    // A retry after a freeze is signed anew, with its own time.
    endpoint.queue_faults([Some(OtlpFault::RetryAfter(503, 1))]);
    for _ in 0..3 {
        let stream = Invocation::url(FunctionUrl::get("/api/v2/stream").header("accept", "text/event-stream"));
        let call = function.invoke(stream).await.unwrap();
        timeout(PATIENCE, call.finish()).await.unwrap();
        timeout(PATIENCE, function.frozen()).await.unwrap();
    }
    let requests = endpoint.requests();
    let refused: Vec<_> = requests.iter().filter_map(|request| request.malformed.clone()).collect();
    assert_eq!(refused, Vec::<String>::new(), "the endpoint's limits and the form of the signature");
    let signed = endpoint.signed();
    assert!(signed.len() > 3, "{} requests", signed.len());
    let sent: Vec<_> = signed
        .iter()
        .map(|request| json!({ "path": request.path, "headers": request.headers, "body": request.body.to_vec() }))
        .collect();
    let given = json!({ "credentials": CREDENTIALS, "requests": sent }).to_string();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/signatures.py");
    let mut judge = Command::new(tools().join(BOTOCORE).join("bin/python"))
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut input = judge.stdin.take().unwrap();
    input.write_all(given.as_bytes()).await.unwrap();
    drop(input);
    let judged = timeout(PATIENCE, judge.wait_with_output()).await.unwrap().unwrap();
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stdout));
    let spans: usize = requests.iter().map(|request| request.accepted).sum();
    println!("=> {} requests with {spans} spans over TLS, each signature as botocore makes it", signed.len());
}
