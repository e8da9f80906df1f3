//! Property tests in `sse-tests` compare the window with a naive recomputation; here are its rules one by one.

use super::*;
use crate::item::{Score, Sentiment, Ticker};

const SPAN_MS: u64 = 1_000;

fn window() -> Window {
    Window::new(WindowLimits { span: Duration::from_millis(SPAN_MS), max_items: 3 })
}

fn item(id: &str, at_ms: u64, sentiment: Sentiment, score: f64, tickers: &[&str]) -> Item {
    Item {
        source_id: id.into(),
        updated_at: Timestamp::from_millis(at_ms),
        sentiment,
        score: Score::new(score).expect("in range"),
        tickers: tickers.iter().map(|t| Ticker::parse(t).expect("a ticker")).collect(),
        expires_at: None,
    }
}

fn at(ms: u64) -> Timestamp {
    Timestamp::from_millis(ms)
}

impl Window {
    fn recent(&mut self, items: Vec<Item>, now: Timestamp) {
        self.begin_round(self.round + 1);
        for item in items {
            self.put(item, Source::Recent, now);
        }
        self.finish(now);
    }

    fn whole(&mut self, items: Vec<Item>, now: Timestamp) {
        self.begin_round(self.round + 1);
        self.begin_whole(None);
        let since = self.round;
        for item in items {
            self.put(item, Source::Whole { since }, now);
        }
        self.end_whole(since);
        self.finish(now);
    }

    fn finish(&mut self, now: Timestamp) {
        while self.trim(1) {}
        self.expire(now);
    }
}

/// `TICKER label count score confidence`, or `TICKER gone`.
fn changes(w: &mut Window) -> Vec<String> {
    let text = |change: Change| match (change.ticker, change.aggregate) {
        (t, Some(a)) => format!("{t} {} {} {} {}", a.label.as_str(), a.count, a.score, a.confidence),
        (t, None) => format!("{t} gone"),
    };
    w.take_changes().into_iter().map(text).collect()
}

use Sentiment::{Negative, Neutral, Positive};
use std::time::Duration;

#[test]
fn items_add_up_per_ticker() {
    let mut w = window();
    w.recent(vec![item("a", 10, Positive, 0.5, &["X", "Y"]), item("b", 11, Positive, 0.2, &["X"])], at(20));
    assert_eq!(changes(&mut w), ["X positive 2 0.3500 1.0000", "Y positive 1 0.5000 1.0000"]);
    assert_eq!((w.counts(), changes(&mut w).len()), ([2, 0, 0], 0));
}

#[test]
fn a_rewritten_item_replaces_its_older_self_also_across_partitions() {
    let mut w = window();
    w.recent(vec![item("a", 10, Positive, 0.5, &["X"])], at(20));
    w.recent(vec![item("a", 12, Negative, -0.5, &["Z"])], at(20));
    assert_eq!(changes(&mut w), ["X gone", "Z negative 1 -0.5000 1.0000"]);
    w.recent(vec![item("a", 10, Positive, 0.5, &["X"])], at(20));
    assert_eq!((changes(&mut w).len(), w.counts()), (0, [0, 0, 1]), "an index that lags brings nothing back");
}

#[test]
fn ties_go_to_the_newest_item_then_to_the_smaller_id() {
    let mut w = window();
    w.recent(vec![item("a", 10, Positive, 0.0, &["X"]), item("b", 11, Negative, 0.0, &["X"])], at(20));
    assert_eq!(changes(&mut w), ["X negative 2 0.0000 0.5000"]);
    w.recent(vec![item("a", 11, Neutral, 0.0, &["X"])], at(20));
    assert_eq!(changes(&mut w), ["X neutral 2 0.0000 0.5000"]);
}

#[test]
fn items_leave_by_age_and_by_their_own_expiry_without_a_read() {
    let mut w = window();
    let mut mortal = item("b", 15, Neutral, 0.0, &["X"]);
    mortal.expires_at = Some(at(500));
    w.recent(vec![item("a", 10, Positive, 1.0, &["X"]), mortal.clone()], at(20));
    changes(&mut w);
    assert_eq!(w.next_expiry(), Some(at(500)));
    w.expire(at(499));
    assert_eq!(w.len(), 2);
    w.expire(at(500));
    assert_eq!(changes(&mut w), ["X positive 1 1.0000 1.0000"]);
    w.recent(vec![mortal], at(501));
    assert_eq!(w.len(), 1, "an expired version does not come back");
    assert_eq!(w.next_expiry(), Some(at(1_010)));
    w.expire(at(1_010));
    assert_eq!((changes(&mut w), w.is_empty()), (vec!["X gone".to_owned()], true));
}

#[test]
fn a_version_that_is_expired_when_read_removes_the_older_one() {
    let mut w = window();
    w.recent(vec![item("a", 10, Positive, 1.0, &["X"])], at(20));
    let mut dead = item("a", 12, Positive, 1.0, &["X"]);
    dead.expires_at = Some(at(15));
    w.recent(vec![dead], at(20));
    assert!(w.is_empty());
    w.recent(vec![item("a", 10, Positive, 1.0, &["X"])], at(20));
    assert!(w.is_empty(), "the older version, read late, stays away");
}

#[test]
fn a_whole_read_drops_what_is_not_there_any_more_one_round_later() {
    let mut w = window();
    w.whole(vec![item("a", 10, Positive, 1.0, &["X"]), item("b", 11, Negative, 0.0, &["Y"])], at(20));
    changes(&mut w);
    w.whole(vec![item("b", 11, Negative, 0.0, &["Y"])], at(21));
    while w.forget_missing(1) {}
    assert_eq!(changes(&mut w).len(), 0);
    w.begin_round(w.round + 1);
    while w.forget_missing(1) {}
    assert_eq!(changes(&mut w), ["X gone"]);
}

/// The item left its old partition before that was read, and reached the new one after that was read.
#[test]
fn an_item_that_changes_its_partition_during_a_whole_read_stays() {
    let mut w = window();
    w.whole(vec![item("a", 10, Positive, 1.0, &["X"])], at(20));
    changes(&mut w);
    w.whole(vec![], at(21));
    w.recent(vec![item("a", 12, Negative, 0.0, &["X"])], at(22));
    while w.forget_missing(1) {}
    assert_eq!(changes(&mut w), ["X negative 1 0.0000 1.0000"]);
}

#[test]
fn a_whole_read_is_right_about_what_was_held_when_it_began_and_only_that() {
    let mut w = window();
    w.recent(vec![item("a", 10, Positive, 1.0, &["X"]), item("b", 10, Positive, 1.0, &["Y"])], at(20));
    let since = w.round + 1;
    w.recent(vec![item("b", 15, Negative, 0.0, &["Y"])], at(20));
    changes(&mut w);
    w.begin_round(w.round + 1);
    for older in [item("a", 9, Neutral, 0.0, &["X"]), item("b", 10, Positive, 1.0, &["Y"])] {
        w.put(older, Source::Whole { since }, at(20));
    }
    assert_eq!(changes(&mut w), ["X neutral 1 0.0000 1.0000"]);
}

#[test]
fn beyond_the_bound_the_oldest_leave_and_it_says_so_while_they_would_be_here() {
    let mut w = window();
    let four = || (0..4).map(|n| item(&format!("i{n}"), 10 + n, Positive, 0.0, &["X"])).collect::<Vec<_>>();
    w.recent(four(), at(20));
    assert_eq!((w.len(), w.is_truncated(), w.next_expiry()), (3, true, Some(at(1_011))));
    w.whole(four()[1..].to_vec(), at(21));
    assert_eq!((w.len(), w.is_truncated()), (3, false));
    w.note_cut(at(10));
    w.expire(at(1_009));
    assert!(w.is_truncated());
    w.expire(at(1_010));
    assert!(!w.is_truncated());
}

#[test]
fn what_no_longer_counts_is_no_news() {
    let mut w = window();
    let mut dead = item("a", 10, Positive, 1.0, &["X"]);
    dead.expires_at = Some(at(15));
    assert!(!w.holds(&dead, at(14)) && w.holds(&dead, at(15)));
    assert!(w.holds(&item("b", 10, Positive, 1.0, &["X"]), at(1_010)), "too old");
    w.recent(vec![dead.clone()], at(14));
    let live = item("a", 10, Positive, 1.0, &["X"]);
    assert!(w.holds(&dead, at(16)) && !w.holds(&live, at(16)));
}

#[test]
fn only_items_that_arrive_or_are_rewritten_are_arrivals() {
    let mut w = window();
    w.recent(vec![item("a", 10, Positive, 0.5, &["X"]), item("b", 500, Positive, 0.5, &["X", "Y"])], at(600));
    assert!(w.take_arrivals() && w.take_changes().iter().all(|change| change.arrived));
    w.expire(at(1_200));
    assert!(!w.take_arrivals() && w.take_changes().iter().all(|change| !change.arrived));
    w.recent(vec![item("b", 1_200, Positive, 0.5, &["X"])], at(1_300));
    let rewritten: Vec<_> =
        w.take_changes().into_iter().map(|change| (change.ticker.to_string(), change.arrived)).collect();
    assert_eq!(rewritten, [("X".to_owned(), true), ("Y".to_owned(), true)]);
    assert!(w.take_arrivals());
}

#[test]
fn an_item_naming_a_ticker_twice_counts_once_and_leaves_cleanly() {
    let mut w = window();
    w.recent(vec![item("a", 10, Positive, 0.5, &["X", "X"])], at(20));
    assert_eq!(changes(&mut w), ["X positive 1 0.5000 1.0000"]);
    w.expire(at(5_000));
    assert_eq!(changes(&mut w), ["X gone"]);
}
