//! What streams cost that have nothing to say.

use crate::{Scale, process::Server, readers::Readers};
use std::time::Duration;
use tokio::time::sleep;

pub(crate) async fn measure(scale: Scale) {
    let ours = |heartbeat_ms: &str| {
        let variables = [
            ("SSE_STORE", "memory"),
            ("SSE_METRICS", "none"),
            ("SSE_TELEMETRY", "off"),
            ("SSE_POLL_INTERVAL_MS", "5000"),
            ("SSE_HEARTBEAT_INTERVAL_MS", heartbeat_ms),
            ("SSE_MAX_CONNECTIONS", "100000"),
        ];
        Server::start("ours", &variables)
    };
    println!("\n{} idle streams: share of one core, memory each", scale.idle_streams);
    let peer = idle("axum, formatted once", Server::start("axum", &[("PEER", "once")]), scale).await;
    for (name, heartbeat_ms) in
        [("sse-streaming, polls each 5 s", "60000"), ("the same, heartbeats each 15 s", "15000")]
    {
        let kib = idle(name, ours(heartbeat_ms), scale).await;
        println!("{:<32} memory x {:.2} of axum's", "", kib / peer);
    }
}

async fn idle(name: &str, server: Server, scale: Scale) -> f64 {
    // The first stream brings what all share.
    let first = Readers::open(server.address, 1, false).await;
    sleep(Duration::from_millis(300)).await;
    let before = server.rss_kib();
    let readers = Readers::open(server.address, scale.idle_streams, false).await;
    sleep(Duration::from_secs(scale.idle_s.min(3))).await;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
    let kib = server.rss_kib().saturating_sub(before) as f64 / scale.idle_streams as f64;
    let began = server.cpu_s();
    sleep(Duration::from_secs(scale.idle_s)).await;
    let busy = (server.cpu_s() - began) / Duration::from_secs(scale.idle_s).as_secs_f64();
    println!("{name:<32} {:>6.2} %   {kib:>6.1} KiB", busy * 100.0);
    drop((readers, first));
    kib
}
