//! The resume simulation over many seeds: `cargo test --workspace --test simulation`. `SIMULATION_SEEDS` bounds the number
//! of seeds, `SIMULATION_SECONDS` the time (default 20 s); `SIMULATION_SEED` runs one.

use std::time::{Duration, Instant};

/// Rule: Resume.
#[expect(clippy::disallowed_methods, reason = "a budget of real time, in a target of its own")]
#[test]
fn every_client_ends_with_what_a_new_one_would_get() {
    let number = |name: &str| std::env::var(name).ok().and_then(|v| v.parse::<u64>().ok());
    if let Some(seed) = number("SIMULATION_SEED") {
        sse_tests::simulation::run(seed);
        return;
    }
    let (seeds, seconds) = (number("SIMULATION_SEEDS").unwrap_or(u64::MAX), number("SIMULATION_SECONDS").unwrap_or(20));
    let began = Instant::now();
    let first = 1_000_u64;
    let mut seed = first;
    while seed < first.saturating_add(seeds) && began.elapsed() < Duration::from_secs(seconds) {
        sse_tests::simulation::run(seed);
        seed += 1;
    }
    println!("simulation: {} seeds from {first} in {:?}", seed - first, began.elapsed());
}
