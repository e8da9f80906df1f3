//! The X-Ray receiver, and Lambda's own segments.

use std::{net::UdpSocket, sync::Arc};

use lambda_env::{DaemonSink, FunctionUrl, SegmentSink, TraceHeader, XrayReceiver};

use crate::{call, fixture, within};

#[tokio::test]
async fn documents_and_broken_datagrams_are_told_apart() {
    let daemon = XrayReceiver::start().await.unwrap();
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.send_to(b"nonsense", daemon.address()).unwrap();
    let document = serde_json::json!({"id": "a", "name": "## handler", "trace_id": "1-67891233-abcdef012345678912345678", "start_time": 1.0});
    DaemonSink::new(daemon.address()).unwrap().segment(&document);
    let documents = within(daemon.wait_for(1)).await;
    assert_eq!(documents[0].json, document);
    assert_eq!(documents[0].trace_id(), "67891233abcdef012345678912345678");
    assert_eq!(daemon.malformed()[0].1, "no header line");
}

#[tokio::test]
async fn lambda_s_segments_carry_the_ids_of_the_header() {
    let daemon = XrayReceiver::start().await.unwrap();
    let environment = within(fixture().segments(Arc::new(daemon.clone())).beside(&daemon).start()).await.unwrap();
    let trace: TraceHeader = call(&environment, FunctionUrl::get("/stream?n=1")).await.trace.unwrap();
    call(&environment, FunctionUrl::get("/stream?n=1")).await;
    let documents = daemon.documents();
    assert_eq!(documents.len(), 4);
    assert_eq!((&documents[1].json["id"], &documents[1].json["trace_id"]), (&trace.parent.into(), &trace.root.into()));
    let phases = |index: usize| documents[index].json["subsegments"].as_array().unwrap().len();
    assert_eq!((phases(1), phases(3)), (2, 1), "only a cold start has an initialization");
}
