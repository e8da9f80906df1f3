//! What an event costs, by reader: bursts of ten to all readers.

use crate::{Scale, axum_peer::BURST_EVENTS, process::Server, readers::Readers, spread::Spread};
use lambda_env::OtlpReceiver;
use std::time::Duration;
use tokio::time::sleep;

/// After a burst was read, what the server still does about it is over within this time.
const SETTLE: Duration = Duration::from_millis(50);

struct Subject {
    name: &'static str,
    server: Server,
    readers: Readers,
    us_per_event: Vec<f64>,
}

impl Subject {
    async fn open(name: &'static str, server: Server, is_sampled: bool, scale: Scale) -> Self {
        let readers = Readers::open(server.address, scale.readers, is_sampled).await;
        Self { name, server, readers, us_per_event: Vec::new() }
    }

    async fn round(&mut self, scale: Scale) {
        sleep(SETTLE).await;
        let events = BURST_EVENTS * scale.readers;
        let began = self.server.cpu_s();
        for _ in 0..scale.bursts {
            let before = self.readers.events();
            self.server.burst();
            self.readers.wait_for(before + events as u64).await;
        }
        sleep(SETTLE).await;
        let cpu_s = self.server.cpu_s() - began;
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        self.us_per_event.push(cpu_s * 1e6 / (events * scale.bursts) as f64);
    }
}

pub(crate) async fn measure(scale: Scale) {
    let collector = OtlpReceiver::start().expect("a port");
    let collector = collector.endpoint();
    let ours = |telemetry: &'static str| {
        let variables = [
            ("SSE_STORE", "memory"),
            ("SSE_METRICS", "none"),
            ("SSE_TELEMETRY", telemetry),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &collector),
            ("SSE_POLL_INTERVAL_MS", "100"),
            ("SSE_HEARTBEAT_INTERVAL_MS", "60000"),
            ("SSE_MAX_CONNECTIONS", "100000"),
        ];
        Server::start("ours", &variables)
    };
    let peer = |kind: &'static str| Server::start("axum", &[("PEER", kind)]);
    let mut subjects = [
        Subject::open("axum, formatted once", peer("once"), false, scale).await,
        Subject::open("axum, formatted per client", peer("each"), false, scale).await,
        Subject::open("sse-streaming, unsampled", ours("adot"), false, scale).await,
        Subject::open("sse-streaming, sampled", ours("adot"), true, scale).await,
    ];
    for _ in 0..scale.rounds {
        for subject in &mut subjects {
            subject.round(scale).await;
        }
    }
    println!(
        "\nCPU per event, {} readers, bursts of {BURST_EVENTS}: µs, and beside axum formatted once",
        scale.readers
    );
    let once = subjects[0].us_per_event.clone();
    for subject in &subjects {
        let ratios = subject.us_per_event.iter().zip(&once).map(|(ours, theirs)| ours / theirs);
        println!("{:<32} {:.2}   x {:.2}", subject.name, Spread::of(subject.us_per_event.clone()), Spread::of(ratios));
    }
}
