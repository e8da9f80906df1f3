//! What the benchmarks share: where the programs are, and how their times are said.

use std::{path::PathBuf, time::Duration};

/// A program of this workspace, built with the profile of the benchmark that asks.
///
/// # Panics
/// It is not built.
pub fn binary(name: &str) -> PathBuf {
    // <target>/<profile>/deps/first_event-…: the binaries are one folder up, or beside it in the same target directory.
    let exe = std::env::current_exe().expect("a path");
    let profile = exe.parent().and_then(|deps| deps.parent()).expect("a profile's folder");
    let path = profile.join(name);
    assert!(path.exists(), "{} is missing: build it with this profile first", path.display());
    path
}

/// Prints the median and the 95th percentile.
pub fn report(name: &str, times: &mut [Duration]) {
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1_000.0;
    println!("{name:<48} p50 {:>7.2} ms   p95 {:>7.2} ms   n {}", at(50), at(95), times.len());
}

/// `--smoke`: a few rounds only.
pub fn is_smoke() -> bool {
    std::env::args().any(|argument| argument == "--smoke")
}
