//! A demo feed: items that look alive. The same seed and the same moments give the same items.

use super::SeededRandom;
use lambda_trace::{Timestamp, whole_millis};
use sse_core::{
    item::{Item, Score, Sentiment, Ticker},
    ports::Random,
};
use std::{collections::VecDeque, time::Duration};

const TICKERS: &str = "AAPL MSFT NVDA AMZN GOOGL META TSLA AVGO BRK.B JPM V XOM UNH MA COST HD PG JNJ LLY NFLX \
    AMD CRM ORCL ADBE KO PEP INTC CSCO QCOM DIS BA CAT GE IBM NKE SBUX UBER PYPL F T";

/// An item of every so many is a rewritten older one.
const REWRITE_EVERY: u64 = 8;
/// How many of the latest items may be rewritten.
const RECENT_ITEMS: usize = 500;
/// Items expire this long after they were written.
const LIFETIME: Duration = Duration::from_hours(30 * 24);
/// Scores beyond this, in thousandths, are no longer neutral.
const NEUTRAL_LIMIT: i64 = 200;

/// Makes items, one at a time.
pub struct DemoFeed {
    random: SeededRandom,
    prefix: String,
    made: u64,
    tickers: Vec<Ticker>,
    /// What is thought of each ticker, in thousandths; it drifts.
    moods: Vec<i64>,
    recent: VecDeque<Item>,
}

impl DemoFeed {
    /// The feed of this seed. Its `source_id`s carry the seed: feeds do not overwrite each other's items.
    pub fn new(seed: u64) -> Self {
        let random = SeededRandom::new(seed);
        let tickers: Vec<_> = TICKERS.split_ascii_whitespace().filter_map(Ticker::parse).collect();
        let moods = tickers.iter().map(|_| signed(&random, 600)).collect();
        Self { random, prefix: format!("demo-{seed:016x}"), made: 0, tickers, moods, recent: VecDeque::new() }
    }

    /// The next item, written at `now`; now and then an older one, rewritten.
    pub fn next_item(&mut self, now: Timestamp) -> Item {
        let rewrites = !self.recent.is_empty() && self.random.between(1, REWRITE_EVERY) == 1;
        let item = if rewrites {
            let at = self.below(self.recent.len());
            let old = self.recent.remove(at);
            self.compose(now, old)
        } else {
            self.compose(now, None)
        };
        self.recent.push_back(item.clone());
        if self.recent.len() > RECENT_ITEMS {
            self.recent.pop_front();
        }
        item
    }

    /// `count` items, written evenly over the `span` before `now`, oldest first.
    pub fn backlog(&mut self, now: Timestamp, span: Duration, count: u64) -> Vec<Item> {
        let begin = now.minus(span);
        let at = |n: u64| begin.plus(Duration::from_millis(whole_millis(span).saturating_mul(n + 1) / count.max(1)));
        (0..count).map(|n| self.next_item(at(n))).collect()
    }

    fn compose(&mut self, now: Timestamp, old: Option<Item>) -> Item {
        let (source_id, tickers) = match old {
            Some(old) => (old.source_id, old.tickers),
            None => (self.fresh_id(), self.some_tickers()),
        };
        let about = tickers.first().and_then(|t| self.tickers.iter().position(|x| x == t));
        let mood = about.map_or(0, |index| self.drift(index));
        let thousandths = (mood + signed(&self.random, 300)).clamp(-1_000, 1_000);
        Item {
            source_id,
            updated_at: now,
            sentiment: sentiment_of(thousandths),
            score: score_of(thousandths),
            tickers,
            expires_at: Some(now.plus(LIFETIME)),
        }
    }

    fn fresh_id(&mut self) -> std::sync::Arc<str> {
        self.made += 1;
        format!("{}-{}", self.prefix, self.made).into()
    }

    fn some_tickers(&self) -> Box<[Ticker]> {
        // The smaller of two draws: the first names of the list are talked about most.
        let pick = || self.below(self.tickers.len()).min(self.below(self.tickers.len()));
        let how_many = if self.random.between(1, 4) == 1 { 2 } else { 1 };
        let mut picked: Vec<_> = (0..how_many).map(|_| self.tickers[pick()].clone()).collect();
        picked.sort_unstable();
        picked.dedup();
        picked.into()
    }

    fn drift(&mut self, index: usize) -> i64 {
        let step = signed(&self.random, 60);
        let mood = &mut self.moods[index];
        *mood = (*mood + step).clamp(-900, 900);
        *mood
    }

    /// An index below `len`, which is not 0.
    fn below(&self, len: usize) -> usize {
        let last = u64::try_from(len.saturating_sub(1)).unwrap_or(u64::MAX);
        usize::try_from(self.random.between(0, last)).unwrap_or(0)
    }
}

/// Within `-limit..=limit`.
fn signed(random: &SeededRandom, limit: u64) -> i64 {
    let drawn = i64::try_from(random.between(0, 2 * limit)).unwrap_or(0);
    drawn - i64::try_from(limit).unwrap_or(0)
}

const fn sentiment_of(thousandths: i64) -> Sentiment {
    if thousandths > NEUTRAL_LIMIT {
        Sentiment::Positive
    } else if thousandths < -NEUTRAL_LIMIT {
        Sentiment::Negative
    } else {
        Sentiment::Neutral
    }
}

#[expect(clippy::cast_precision_loss, reason = "thousandths, exact in f64")]
fn score_of(thousandths: i64) -> Score {
    Score::new(thousandths as f64 / 1_000.0).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    #[test]
    fn the_same_seed_gives_the_same_items() {
        let of = |seed| DemoFeed::new(seed).backlog(NOW, Duration::from_mins(1), 300);
        assert_eq!(of(3), of(3));
        assert_ne!(of(3), of(4));
    }

    #[test]
    fn items_are_varied_and_some_are_rewritten() {
        let items = DemoFeed::new(1).backlog(NOW, Duration::from_hours(1), 2_000);
        let ids: HashSet<_> = items.iter().map(|i| i.source_id.clone()).collect();
        assert!((1_500..1_900).contains(&ids.len()), "{}", ids.len());
        for sentiment in Sentiment::ALL {
            let share = items.iter().filter(|i| i.sentiment == sentiment).count();
            assert!(share > 200, "{sentiment:?}: {share}");
        }
        let tickers: HashSet<_> = items.iter().flat_map(|i| i.tickers.iter().cloned()).collect();
        assert_eq!(tickers.len(), 40);
        assert!(items.is_sorted_by_key(|i| i.updated_at) && items.last().unwrap().updated_at == NOW);
    }
}
