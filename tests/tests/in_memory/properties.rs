//! Properties: the window against a naive recomputation, the cursor and the trace header on any bytes.

use lambda_trace::{Timestamp, TraceContext};
use proptest::{collection::vec, prelude::*};
use sse_core::{
    digest::Digest,
    item::{Item, SCORE_SCALE, Score, Sentiment, Ticker},
    snapshot::Snapshot,
    window::{Source, Window, WindowLimits},
};
use std::{collections::BTreeMap, time::Duration};

const SPAN_MS: u64 = 1_000;
const NOW_MS: u64 = 2_000;

fn any_item() -> impl Strategy<Value = Item> {
    let tickers = vec(prop::sample::select(vec!["A", "B", "C"]), 0..3);
    (0..12_u8, 900..2_100_u64, 0..3_usize, -1_000..=1_000_i32, tickers, prop::option::weighted(0.2, 1_500..3_000_u64))
        .prop_map(|(id, at, sentiment, score, tickers, ttl)| Item {
            source_id: format!("i{id}").into(),
            updated_at: Timestamp::from_millis(at),
            sentiment: Sentiment::ALL[sentiment],
            score: Score::new(f64::from(score) / 1_000.0).expect("in range"),
            tickers: tickers.into_iter().filter_map(Ticker::parse).collect(),
            expires_at: ttl.map(Timestamp::from_millis),
        })
}

/// Ticker → (score in ten-thousandths, label, count), written as plainly as can be.
fn naive(items: &[Item], now: Timestamp) -> BTreeMap<String, (i64, &'static str, u64)> {
    let mut newest: BTreeMap<&str, &Item> = BTreeMap::new();
    for item in items {
        let held = newest.entry(&item.source_id).or_insert(item);
        if item.version_order(held).is_gt() {
            *held = item;
        }
    }
    let live: Vec<_> = newest
        .into_values()
        .filter(|i| i.is_live(now) && i.updated_at.plus(Duration::from_millis(SPAN_MS)) > now)
        .collect();
    let mut all = BTreeMap::new();
    for name in ["A", "B", "C"] {
        let mine: Vec<_> = live.iter().filter(|i| i.tickers.iter().any(|t| t.as_str() == name)).collect();
        if mine.is_empty() {
            continue;
        }
        let count = |s: Sentiment| mine.iter().filter(|i| i.sentiment == s).count();
        let most = Sentiment::ALL.into_iter().map(count).max().unwrap_or(0);
        let mut tied: Vec<_> = mine.iter().filter(|i| count(i.sentiment) == most).collect();
        tied.sort_by(|a, b| b.updated_at.cmp(&a.updated_at).then_with(|| a.source_id.cmp(&b.source_id)));
        let sum: i128 = mine.iter().map(|i| i128::from(i.score.units())).sum();
        let divisor = mine.len() as i128 * i128::from(SCORE_SCALE);
        let half = divisor / 2 * sum.signum();
        let rounded = (sum * 10_000 + half) / divisor;
        all.insert(
            name.to_owned(),
            (i64::try_from(rounded).expect("small"), tied[0].sentiment.as_str(), mine.len() as u64),
        );
    }
    all
}

fn print(map: BTreeMap<String, (i64, &'static str, u64)>) -> Vec<String> {
    #[expect(clippy::cast_precision_loss, reason = "small numbers")]
    map.into_iter()
        .map(|(t, (score, label, count))| format!("{t} {:.4} {label} {count}", score as f64 / 10_000.0))
        .collect()
}

fn shown(window: &mut Window) -> Vec<String> {
    let Some(snapshot) = Snapshot::next(None, window) else { return Vec::new() };
    let line = |(t, shown): (&Ticker, &sse_core::snapshot::Shown)| {
        let a = &shown.aggregate;
        format!("{t} {:.4} {} {}", a.score.to_f64(), a.label.as_str(), a.count)
    };
    snapshot.tickers.iter().map(line).collect()
}

/// A table holds one version of an item at a time, and a version has a date of its own.
fn one_version_a_date(mut items: Vec<Item>) -> Vec<Item> {
    let mut seen = std::collections::BTreeSet::new();
    items.retain(|i| seen.insert((i.source_id.clone(), i.updated_at)));
    items
}

/// A round of its own.
fn read(window: &mut Window, round: u64, items: &[Item], now: Timestamp) {
    window.begin_round(round);
    for item in items {
        window.put(item.clone(), Source::Recent, now);
    }
    window.expire(now);
}

fn window() -> Window {
    Window::new(WindowLimits { span: Duration::from_millis(SPAN_MS), max_items: 1_000 })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    /// Rule: Deterministic aggregates.
    #[test]
    fn aggregates_equal_a_naive_recomputation(items in vec(any_item(), 0..40).prop_map(one_version_a_date), cuts in vec(0..40_usize, 0..4)) {
        let now = Timestamp::from_millis(NOW_MS);
        let mut window = window();
        let mut rest = items.as_slice();
        for (round, cut) in cuts.into_iter().enumerate() {
            let (batch, tail) = rest.split_at(cut.min(rest.len()));
            read(&mut window, round as u64, batch, now);
            rest = tail;
        }
        read(&mut window, 100, rest, now);
        // "-0.0000" and "0.0000" are one number.
        let plain = |lines: Vec<String>| lines.into_iter().map(|l| l.replace("-0.0000", "0.0000")).collect::<Vec<_>>();
        prop_assert_eq!(plain(shown(&mut window)), plain(print(naive(&items, now))));
    }

    /// Rule: Deterministic aggregates.
    #[test]
    fn the_order_of_reading_does_not_matter(items in vec(any_item(), 0..40).prop_map(one_version_a_date), seed in any::<u64>()) {
        let now = Timestamp::from_millis(NOW_MS);
        let (mut one, mut other) = (window(), window());
        read(&mut one, 1, &items, now);
        let mut shuffled = items;
        let mut state = seed;
        for n in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            shuffled.swap(n, usize::try_from((state >> 33) % (n as u64 + 1)).expect("small"));
        }
        for (round, item) in shuffled.into_iter().enumerate() {
            read(&mut other, round as u64, &[item], now);
        }
        let (a, b) = (Snapshot::next(None, &mut one), Snapshot::next(None, &mut other));
        let (a, b) = (a.expect("first"), b.expect("first"));
        prop_assert!(a.metrics_part(None).equals(b.metrics_part(None)));
        for bucket in 0..sse_core::digest::BUCKETS {
            prop_assert!(a.bucket_part(bucket, None).equals(b.bucket_part(bucket, None)));
        }
    }

    #[test]
    fn time_alone_equals_reading_again(items in vec(any_item(), 0..40).prop_map(one_version_a_date), later in 0..2_000_u64) {
        let (now, then) = (Timestamp::from_millis(NOW_MS), Timestamp::from_millis(NOW_MS + later));
        let (mut waited, mut fresh) = (window(), window());
        read(&mut waited, 1, &items, now);
        waited.expire(then);
        read(&mut fresh, 1, &items, then);
        prop_assert_eq!(shown(&mut waited), shown(&mut fresh));
    }

    #[test]
    fn any_text_as_a_cursor_is_a_digest_or_none(text in "\\PC*", bytes in vec(any::<u8>(), 0..200)) {
        for text in [text, String::from_utf8_lossy(&bytes).into_owned()] {
            if let Some(digest) = Digest::parse(&text) {
                prop_assert_eq!(digest.to_string(), text);
            }
        }
    }

    /// Rule: FR-052.
    #[test]
    fn any_bytes_as_a_trace_header_never_panic(bytes in vec(any::<u8>(), 0..200), parts in vec("(Root|Parent|Sampled|root|X)=?[-0-9a-f=,; ]{0,40}", 0..6)) {
        let _ = TraceContext::parse(Some(&String::from_utf8_lossy(&bytes)));
        let header = parts.join(";");
        if TraceContext::parse(Some(&header)).is_sampled() {
            prop_assert!(header.contains("Root=1-") && header.contains("Parent=") && header.contains("Sampled=1"));
        }
    }

    /// Rule: FR-056.
    #[test]
    fn good_trace_headers_are_sampled_whatever_surrounds_them(epoch in any::<u32>(), low in 1..u128::from(u64::MAX), parent in 1..u64::MAX, order in 0..6_usize, extra in "[A-Za-z]{1,8}=[0-9a-z:]{0,9}") {
        let mut parts = [format!("Root=1-{epoch:08x}-{low:024x}"), format!("Parent={parent:016x}"), "Sampled=1".to_owned()];
        parts.rotate_left(order % 3);
        if order > 2 { parts.swap(0, 1); }
        prop_assume!(!["Root", "Parent", "Sampled"].iter().any(|k| extra.starts_with(&format!("{k}="))));
        let header = format!(" {} ;{extra}; {};{}", parts[0], parts[1], parts[2]);
        prop_assert!(TraceContext::parse(Some(&header)).is_sampled(), "{}", header);
    }
}
