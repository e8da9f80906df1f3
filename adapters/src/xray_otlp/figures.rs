//! What a flush costs, beside a collector's: round trips, and bytes on the wire. `cargo test --workspace --lib figures -- --nocapture`.

use super::{
    XrayTransport,
    tests::{Received, endpoint, self_signed},
};
use crate::aws::{Aws, CaBundle, TrustRoots};
use lambda_trace::{Clock, EndReason, FlushOutcome, ManualClock, SpanKind};
use lambda_trace_otlp::{
    HttpTransport, MemoryLines, Pipeline, PipelineConfig, PipelinePorts, Tcp, Transport, resource,
    testing::{self, names, policy, streaming_only},
};
use std::{net::Ipv4Addr, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc::unbounded_channel,
    time::{Instant, sleep_until},
};

/// A far server: a connection opens after one round trip, and what is written arrives after half of one.
async fn far(port: u16, round_trip: Duration) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let far_port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (client, _) = listener.accept().await.unwrap();
            client.set_nodelay(true).unwrap();
            let opened = Instant::now() + round_trip;
            tokio::spawn(async move {
                let server = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
                server.set_nodelay(true).unwrap();
                sleep_until(opened).await;
                let (client_reads, client_writes) = client.into_split();
                let (server_reads, server_writes) = server.into_split();
                tokio::spawn(late(client_reads, server_writes, round_trip / 2));
                late(server_reads, client_writes, round_trip / 2).await;
            });
        }
    });
    far_port
}

async fn late(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, by: Duration) {
    let (sender, mut receiver) = unbounded_channel::<(Instant, Vec<u8>)>();
    let reading = async move {
        let mut bytes = vec![0; 65_536];
        while let Ok(count @ 1..) = from.read(&mut bytes).await {
            let _ = sender.send((Instant::now() + by, bytes[..count].to_vec()));
        }
    };
    let writing = async move {
        while let Some((at, bytes)) = receiver.recv().await {
            sleep_until(at).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
        let _ = to.shutdown().await;
    };
    tokio::join!(reading, writing);
}

/// Ends a stream of so many spans of the usual kind, and says how long its flush took.
async fn flush(transport: Arc<dyn Transport>, spans: usize) -> Duration {
    let clock: Arc<ManualClock> = testing::clock();
    let config = PipelineConfig {
        trace_budget_bytes: 1 << 30,
        ..PipelineConfig::new("figures", "http://x/v1/traces".into(), policy())
    };
    let lines = Arc::<MemoryLines>::default();
    let ports = PipelinePorts::new(lines.clone(), clock.clone() as Arc<dyn Clock>);
    let pipeline = Pipeline::over(transport, config, &resource("figures", &[]), ports).unwrap();
    let sink = streaming_only(Arc::new(pipeline));
    let stream = testing::stream(&sink, &clock, 1, 900_000);
    for n in 1..spans {
        let is_poll = n % 4 == 0;
        let (name, kind) =
            if is_poll { (names::POLL, SpanKind::Client) } else { (names::DISPATCH, SpanKind::Internal) };
        let mut span = stream.span(name, kind);
        if is_poll {
            let call = [
                ("rpc.system", "aws-api"),
                ("rpc.service", "DynamoDB"),
                ("rpc.method", "Query"),
                ("aws.region", "eu-central-1"),
            ];
            for (key, value) in call {
                span.set(key, value);
            }
            span.set("aws.request_id", format!("8b1c6f0e-5a3d-4d1e-9c52-{n:012}"));
            span.set("item_count", n as u64);
        } else {
            span.set("event_type", "sentiment_update");
            span.set("latency_ms", 37 * n as u64 % 5_000);
            span.set("is_cold_start", false);
        }
        clock.advance(Duration::from_millis(211));
    }
    let began = Instant::now();
    let ready = stream.finish(EndReason::Deadline).await.settle().await;
    let took = began.elapsed();
    assert_eq!(ready.outcome(), FlushOutcome::Ok);
    assert!(lines.all()[0].contains(&format!(r#""delivered":{spans}"#)), "{:?}", lines.all());
    took
}

fn bytes(received: &Received) -> usize {
    let mut received = received.lock().unwrap();
    received.drain(..).map(|(head, body)| head.len() + 4 + body.len()).sum()
}

#[tokio::test]
async fn a_flush_is_three_round_trips_a_request_and_a_third_of_the_bytes() {
    let (certificate, acceptor) = self_signed();
    let (xray, received_by_xray) = endpoint(&[], Some(acceptor)).await;
    let (collector, received_by_collector) = endpoint(&[], None).await;
    println!("spans | round trip | collector: ms, bytes | X-Ray: ms, bytes");
    for round_trip_ms in [0_u64, 5, 50] {
        let round_trip = Duration::from_millis(round_trip_ms);
        let aws = Aws::at(&format!("https://localhost:{}", far(xray, round_trip).await)).await;
        let aws = aws.believing(TrustRoots::Own(CaBundle::parse(&certificate).unwrap()));
        let to_xray: Arc<dyn Transport> = Arc::new(XrayTransport::new(&aws, testing::clock()).unwrap());
        let tcp = Tcp::new("127.0.0.1", far(collector, round_trip).await);
        let to_collector: Arc<dyn Transport> = Arc::new(HttpTransport::new(tcp));
        // Certificates are loaded, and a session is there to be resumed.
        flush(to_xray.clone(), 1).await;
        bytes(&received_by_xray);
        for spans in [1, 50, 130_usize] {
            let requests = u32::try_from(spans.div_ceil(50)).unwrap();
            let [by_collector, by_xray] =
                [flush(to_collector.clone(), spans).await, flush(to_xray.clone(), spans).await];
            let [sent_to_collector, sent_to_xray] = [bytes(&received_by_collector), bytes(&received_by_xray)];
            println!(
                "{spans:5} | {round_trip_ms:7} ms | {:6.1} {sent_to_collector:7} | {:6.1} {sent_to_xray:7}",
                by_collector.as_secs_f64() * 1e3,
                by_xray.as_secs_f64() * 1e3
            );
            assert!(by_xray >= round_trip * 3 * requests && by_collector >= round_trip * 2 * requests);
            let slack = Duration::from_millis(250) * requests;
            assert!(
                by_xray < round_trip * 3 * requests + slack,
                "more round trips than opening, TLS and HTTP: {by_xray:?}"
            );
            assert!(spans == 1 || sent_to_xray * 3 < sent_to_collector, "{sent_to_xray} of {sent_to_collector} bytes");
        }
    }
}
