//! One process with many streams, beside axum 0.8 doing the same: what an event costs, what an idle stream costs, what a poll and a cold read
//! of the table cost. Every figure is processor time or memory of the serving process alone; readers, the stand-in for AWS and the collector
//! are in the process that measures. All subjects take turns in one run, so read the ratios.
//!
//! `--smoke` makes one short pass; `--only events|idle|polls` runs one part.

mod axum_peer;
mod events;
mod idle;
mod ours;
mod polls;
mod process;
mod readers;
mod spread;

use sse_bench::is_smoke;

/// How much is done: all of it, or one short pass.
#[derive(Clone, Copy)]
struct Scale {
    readers: usize,
    bursts: usize,
    rounds: usize,
    idle_streams: usize,
    idle_s: u64,
    items: [usize; 2],
    polls: usize,
    cold_reads: usize,
}

const FULL: Scale = Scale {
    readers: 1_000,
    bursts: 25,
    rounds: 7,
    idle_streams: 5_000,
    idle_s: 20,
    items: [2_000, 200_000],
    polls: 40,
    cold_reads: 3,
};
const SMOKE: Scale = Scale {
    readers: 20,
    bursts: 2,
    rounds: 1,
    idle_streams: 50,
    idle_s: 1,
    items: [200, 2_000],
    polls: 2,
    cold_reads: 1,
};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let after = |flag: &str| arguments.iter().position(|a| a == flag).and_then(|at| arguments.get(at + 1));
    if let Some(subject) = after("--serve") {
        return serve(subject);
    }
    let scale = if is_smoke() { SMOKE } else { FULL };
    let only = after("--only").map(String::as_str);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        if only.is_none_or(|part| part == "events") {
            events::measure(scale).await;
        }
        if only.is_none_or(|part| part == "idle") {
            idle::measure(scale).await;
        }
        if only.is_none_or(|part| part == "polls") {
            polls::measure(scale).await;
        }
    });
}

/// The serving process: one thread, as the service itself has.
fn serve(subject: &str) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        match subject {
            "ours" => ours::serve().await,
            "axum" => axum_peer::serve().await,
            other => panic!("no subject named {other}"),
        }
    });
}
