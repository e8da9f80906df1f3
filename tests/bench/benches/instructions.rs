//! How many instructions what is done most often takes: no clock, so it is the same on a busy machine. This program runs itself below
//! valgrind, each operation so often and then oftener; the difference, divided, is one operation without the start of the program.
//!
//! Built as the tests are, so that no build in another profile is waited for: the counts guard, and say nothing of the time on Lambda.
//! Only `just instructions` compares like with like: an incremental build inlines less, which moved a count by 7 %.
//! `UPDATE_INSTRUCTIONS=1` writes the counts that later ones are compared with, instructions.txt.

use futures::{FutureExt, StreamExt};
use lambda_trace::{
    Clock, Invocation, InvocationStart, ManualClock, NamedStream, Off, Phases, SpanKind, Streaming, Timestamp,
    TraceConfig, TraceContext,
};
use lambda_trace_otlp::XrayIds;
use sse_core::{
    item::{Item, Score, Sentiment, Ticker},
    names,
    outbox::{Client, Reader, Writer, outbox},
    plan::View,
    ports::{Dispatcher, Update},
    snapshot::Snapshot,
    window::{Source, Window, WindowLimits},
};
use std::{collections::BTreeMap, fmt::Write as _, hint::black_box, process::Command, sync::Arc, time::Duration};

/// Counts may differ from those written down by so much, either way: what became cheaper is written down anew.
const TOLERANCE: f64 = 0.05;
const COUNTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/instructions.txt");
const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);
const HEADER: &str = "Root=1-6afd6e80-abcdef012345678912345678;Parent=53995c3f42cd8ad8;Sampled=1;Lineage=a87bd80c:1";
const TICKERS: usize = 500;
/// Items that change in one round.
const CHANGES: usize = 10;
/// Readers of one change, where an operation has many.
const READERS: usize = 50;

/// What is counted, and how many of it make up the difference.
const OPERATIONS: [(&str, u32); 5] = [
    ("header parse", 2_000),
    ("span start and end", 2_000),
    ("diff of ten changes", 100),
    ("encode of ten changes", 100),
    ("fifty readers take it", 100),
];

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let Some(at) = arguments.iter().position(|argument| argument == "--run") {
        let times = arguments[at + 2].parse().expect("a number");
        return run(&arguments[at + 1], times);
    }
    if !cfg!(target_arch = "x86_64") {
        println!("not run: instructions: the counts are those of x86_64");
        return;
    }
    if Command::new("valgrind").arg("--version").output().is_err() {
        println!("not run: instructions: no valgrind on this machine");
        return;
    }
    let counts: BTreeMap<_, _> = OPERATIONS.iter().map(|(name, times)| (*name, per_operation(name, *times))).collect();
    if std::env::vars().any(|(name, _)| name == "UPDATE_INSTRUCTIONS") {
        let lines = counts.iter().fold(String::new(), |mut lines, (name, count)| {
            let _ = writeln!(lines, "{count:>9}  {name}");
            lines
        });
        std::fs::write(COUNTS, lines).expect("it can be written");
    }
    let known = std::fs::read_to_string(COUNTS).expect("counts to compare with");
    let mut is_same = true;
    for (name, count) in counts {
        let before = known.lines().find_map(|line| line.trim().strip_suffix(name)?.trim().parse::<f64>().ok());
        let before = before.unwrap_or_else(|| panic!("no count of {name:?} in {COUNTS}"));
        #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
        let change = count as f64 / before - 1.0;
        let is_within = change.abs() <= TOLERANCE;
        is_same &= is_within;
        println!(
            "{name:<24} {count:>9} instructions  {:+.1} %{}",
            change * 100.0,
            if is_within { "" } else { "  TOO FAR" }
        );
    }
    assert!(
        is_same,
        "a count moved by more than {:.0} %: find out why, then `just instructions-update`",
        TOLERANCE * 100.0
    );
}

fn per_operation(name: &str, times: u32) -> u64 {
    let few = total(name, times / 10);
    total(name, times / 10 + times).saturating_sub(few) / u64::from(times)
}

/// All instructions of one run.
fn total(name: &str, times: u32) -> u64 {
    let exe = std::env::current_exe().expect("a path");
    let ran = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(exe)
        .args(["--run", name, &times.to_string()])
        .output()
        .expect("valgrind runs");
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}");
    let collected = said.lines().find_map(|line| line.rsplit_once("Collected : ")).expect("a count");
    collected.1.trim().parse().expect("a number")
}

fn run(name: &str, times: u32) {
    match name {
        "header parse" => (0..times).for_each(|_| {
            black_box(TraceContext::parse(Some(black_box(HEADER))));
        }),
        "span start and end" => spans(times),
        "diff of ten changes" => {
            let mut table = Table::new();
            (0..times).for_each(|_| drop(black_box(table.change())));
        }
        "encode of ten changes" => readers(1, times),
        "fifty readers take it" => readers(READERS, times),
        other => panic!("no operation {other:?}"),
    }
}

fn spans(times: u32) {
    let clock = Arc::new(ManualClock::new(NOW));
    let stream = stream(clock);
    for _ in 0..times {
        let mut span = stream.span(names::DISPATCH, SpanKind::Internal);
        span.set("event_type", "sentiment_update");
        span.set("latency_ms", 7_u64);
        span.set("is_cold_start", false);
    }
    // What its end costs is not counted.
    std::mem::forget(stream);
}

fn stream(clock: Arc<ManualClock>) -> Invocation<Streaming> {
    let end = clock.now().plus(Duration::from_mins(1));
    let telemetry = Arc::new(Phases::both(Arc::new(Off)));
    let tracing = TraceConfig::new(clock, Arc::new(XrayIds), telemetry, "sse-streaming");
    let context = TraceContext::parse(Some(HEADER));
    let start = InvocationStart { context, request_id: "request".into(), deadline: end, is_cold_start: false };
    Invocation::begin(start, tracing).into_streaming(Arc::new(NamedStream(names::STREAM)), end)
}

/// A window and its last snapshot.
struct Table {
    window: Window,
    snapshot: Arc<Snapshot>,
    round: u64,
}

impl Table {
    fn new() -> Self {
        let mut window = Window::new(WindowLimits { span: Duration::from_hours(24), max_items: 200_000 });
        (0..TICKERS).for_each(|n| window.put(item(n, 0), Source::Recent, NOW));
        let snapshot = Arc::new(Snapshot::next(None, &mut window).expect("the first"));
        Self { window, snapshot, round: 0 }
    }

    /// One round: some items rewritten, and what a client has to be told.
    fn change(&mut self) -> Arc<Snapshot> {
        self.round += 1;
        self.window.begin_round(self.round);
        for n in 0..CHANGES {
            let n = (usize::try_from(self.round).unwrap_or(0) * CHANGES + n) % TICKERS;
            self.window.put(item(n, self.round), Source::Recent, NOW);
        }
        self.snapshot = Arc::new(Snapshot::next(Some(&self.snapshot), &mut self.window).expect("another"));
        self.snapshot.clone()
    }
}

fn item(n: usize, round: u64) -> Item {
    Item {
        source_id: format!("item-{n}").into(),
        updated_at: NOW.plus(Duration::from_millis(round)),
        sentiment: Sentiment::ALL[usize::try_from(round % 3).unwrap_or(0)],
        score: Score::new(if round.is_multiple_of(2) { 0.5 } else { -0.25 }).expect("in range"),
        tickers: [Ticker::parse(&format!("T{n}")).expect("a ticker")].into(),
        expires_at: None,
    }
}

/// One change after the other, and so many readers that take it.
fn readers(count: usize, times: u32) {
    let mut table = Table::new();
    let mut streams: Vec<(Writer, Reader)> =
        (0..count).map(|_| outbox(client(), Arc::new(ManualClock::new(NOW)), Arc::new(()))).collect();
    let mut show = |snapshot: &Arc<Snapshot>| {
        for (writer, reader) in &mut streams {
            writer.dispatch(Update::State { snapshot: snapshot.clone(), after_read: true });
            while reader.next().now_or_never().is_some() {}
            black_box(writer.collect());
        }
    };
    show(&table.snapshot.clone());
    (0..times).for_each(|_| show(&table.change()));
}

fn client() -> Client {
    Client {
        view: View::ALL,
        resume: None,
        retry: Duration::from_secs(3),
        done_retry: Duration::from_secs(1),
        trace: None,
        started_at: NOW,
    }
}
