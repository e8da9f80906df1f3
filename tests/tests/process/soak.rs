//! Random invocations in several environments side by side: lengths, rates, ways of ending, faults on every side, freezes,
//! restarts. Nothing is expected of a single one; the audit says what holds of all.
//!
//! `PROCESS_INVOCATIONS` (1,000) is how many, `PROCESS_SEED` which ones; the seed is printed. A soak is a larger number.

mod lane;
mod troubles;
mod wish;

use futures::StreamExt;
use lambda_env::Stamp;

use crate::{audit::Figures, dice::Dice, turns};

/// Environments side by side.
const LANES: usize = 8;
/// Invocations of one environment, over all its restarts; then the next one takes its place.
const PER_LANE: u64 = 125;

fn variable(name: &str, default: u64) -> u64 {
    let text = std::env::var_os(name).map(|text| text.to_string_lossy().into_owned());
    text.map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is {text:?}, not a number")))
}

/// Rule: Ledger.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_happens_no_span_is_lost() {
    let _turn = turns::alone().await;
    let seed = variable("PROCESS_SEED", Stamp::now().unix_ns() % 1_000_000_007);
    let invocations = variable("PROCESS_INVOCATIONS", 1_000);
    println!("soak: PROCESS_SEED={seed} PROCESS_INVOCATIONS={invocations}");
    let began = Stamp::now();
    let lanes = (0..invocations.div_ceil(PER_LANE)).map(|number| {
        let count = PER_LANE.min(invocations - number * PER_LANE);
        tokio::spawn(lane::run(number, Dice::seeded(seed ^ (number << 32)), count))
    });
    let mut lanes = futures::stream::iter(lanes).buffer_unordered(LANES);
    let (mut all, mut problems) = (Figures::default(), Vec::new());
    while let Some(lane) = lanes.next().await {
        let (figures, of_lane) = lane.unwrap();
        all += figures;
        problems.extend(of_lane);
    }
    println!("soak: {all:?} in {:.1} s", began.elapsed().as_secs_f64());
    let shown = problems.iter().take(30).cloned().collect::<Vec<_>>().join("\n  ");
    assert!(problems.is_empty(), "PROCESS_SEED={seed}: {} problems\n  {shown}", problems.len());
    assert!(all.invocations as u64 >= invocations);
    // Figures that show that the run was one: faults took place and everything was told apart. Spans sent again after a lost
    // answer need 10 s of patience in between; `doctored` and the page of reliability show those.
    assert!(all.delivered > 0 && all.retained > 0 && all.logged > 0 && all.folded > 0, "{all:?}");
}
