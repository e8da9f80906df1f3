//! An ordered map of tickers that successive snapshots share: a new version copies the few chunks that change, and not
//! the whole table.

use super::shown::Shown;
use crate::item::Ticker;
use std::{collections::HashSet, ops::RangeInclusive, sync::Arc};

/// A chunk that grows beyond this is split. The value keeps both a version's list of chunks short, and the copy of a
/// chunk cheap.
const CHUNK_MAX: usize = 32;

type Chunk = Vec<(Ticker, Shown)>;

/// An ordered map. A copy of it costs no more than a copy of its list of chunks.
#[derive(Clone, Debug, Default)]
pub struct TickerMap {
    /// The chunks, in order; none is empty.
    chunks: Vec<Arc<Chunk>>,
    len: usize,
}

impl TickerMap {
    /// The number of tickers.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether it is empty.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The state of a ticker.
    pub fn get(&self, ticker: &Ticker) -> Option<&Shown> {
        self.get_key_value(ticker).map(|(_, shown)| shown)
    }

    /// The state of a ticker, with the shared name.
    pub fn get_key_value(&self, ticker: &Ticker) -> Option<(&Ticker, &Shown)> {
        let chunk = self.chunks.get(self.chunk_of(ticker.as_str()))?;
        let at = chunk.binary_search_by(|(name, _)| name.cmp(ticker)).ok()?;
        chunk.get(at).map(|(name, shown)| (name, shown))
    }

    /// All tickers with their states, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&Ticker, &Shown)> {
        self.chunks.iter().flat_map(|chunk| chunk.iter()).map(|(ticker, shown)| (ticker, shown))
    }

    /// All names, in order.
    pub fn keys(&self) -> impl Iterator<Item = &Ticker> {
        self.iter().map(|(ticker, _)| ticker)
    }

    /// The tickers whose names lie in a range, in order.
    pub(crate) fn range(&self, names: RangeInclusive<&str>) -> impl Iterator<Item = (&Ticker, &Shown)> {
        let (from, to) = names.into_inner();
        let chunks = self.chunks[self.chunk_of(from)..].iter().flat_map(|chunk| chunk.iter());
        chunks
            .skip_while(move |(ticker, _)| ticker.as_str() < from)
            .take_while(move |(ticker, _)| ticker.as_str() <= to)
            .map(|(ticker, shown)| (ticker, shown))
    }

    /// The names that may differ from `before`: those in chunks that the two do not share. A name can occur twice.
    pub(super) fn unshared<'m>(&'m self, before: &'m Self) -> impl Iterator<Item = &'m Ticker> {
        let of = |map: &Self| map.chunks.iter().map(Arc::as_ptr).collect::<HashSet<_>>();
        let (mine, theirs) = (of(self), of(before));
        let new = self.chunks.iter().filter(move |chunk| !theirs.contains(&Arc::as_ptr(chunk)));
        let old = before.chunks.iter().filter(move |chunk| !mine.contains(&Arc::as_ptr(chunk)));
        new.chain(old).flat_map(|chunk| chunk.iter()).map(|(ticker, _)| ticker)
    }

    pub(super) fn insert(&mut self, ticker: Ticker, shown: Shown) -> Option<Shown> {
        let at = self.chunk_of(ticker.as_str()).min(self.chunks.len().saturating_sub(1));
        let Some(chunk) = self.chunks.get_mut(at) else {
            self.chunks.push(Arc::new(vec![(ticker, shown)]));
            self.len = 1;
            return None;
        };
        let chunk = Arc::make_mut(chunk);
        match chunk.binary_search_by(|(name, _)| name.cmp(&ticker)) {
            Ok(here) => Some(std::mem::replace(&mut chunk[here].1, shown)),
            Err(here) => {
                chunk.insert(here, (ticker, shown));
                self.len += 1;
                if chunk.len() > CHUNK_MAX {
                    let upper = chunk.split_off(CHUNK_MAX / 2);
                    self.chunks.insert(at + 1, Arc::new(upper));
                }
                None
            }
        }
    }

    pub(super) fn remove(&mut self, ticker: &Ticker) -> Option<Shown> {
        let at = self.chunk_of(ticker.as_str());
        let chunk = self.chunks.get_mut(at)?;
        let here = chunk.binary_search_by(|(name, _)| name.cmp(ticker)).ok()?;
        let (_, shown) = Arc::make_mut(chunk).remove(here);
        self.len -= 1;
        if self.chunks[at].is_empty() {
            self.chunks.remove(at);
        }
        Some(shown)
    }

    /// The chunk that a name belongs to: the first that does not end before it.
    fn chunk_of(&self, name: &str) -> usize {
        self.chunks.partition_point(|chunk| chunk.last().is_some_and(|(last, _)| last.as_str() < name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::window::Aggregate;
    use std::collections::BTreeMap;

    fn shown(count: u64) -> Shown {
        Shown { aggregate: Aggregate { count, ..Aggregate::GONE }, arrived_in: 0, json: "".into() }
    }

    fn ticker(n: u64) -> Ticker {
        Ticker::parse(&format!("T{n}")).expect("a ticker")
    }

    fn counts<'m>(entries: impl Iterator<Item = (&'m Ticker, &'m Shown)>) -> Vec<(String, u64)> {
        entries.map(|(ticker, shown)| (ticker.to_string(), shown.aggregate.count)).collect()
    }

    #[test]
    fn it_holds_what_a_plain_map_holds_and_older_versions_stay() {
        let (mut map, mut plain) = (TickerMap::default(), BTreeMap::new());
        let mut random = 7_u64;
        for step in 0..4_000 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let ticker = ticker((random >> 33) % 300);
            let before = (map.clone(), counts(map.iter()));
            if (random >> 20).is_multiple_of(3) {
                assert_eq!(map.remove(&ticker).is_some(), plain.remove(ticker.as_str()).is_some());
            } else {
                let old = plain.insert(ticker.to_string(), step);
                assert_eq!(map.insert(ticker, shown(step)).map(|s| s.aggregate.count), old);
            }
            assert_eq!(counts(before.0.iter()), before.1);
            assert_eq!((map.len(), map.is_empty()), (plain.len(), plain.is_empty()));
        }
        assert_eq!(counts(map.iter()), plain.clone().into_iter().collect::<Vec<_>>());
        for (from, to) in [("T1", "T2"), ("", "\u{10ffff}"), ("T150", "T150"), ("T250 ", "T99"), ("U", "V")] {
            let expected: Vec<_> = plain.range(from.to_owned()..=to.to_owned()).map(|(t, n)| (t.clone(), *n)).collect();
            assert_eq!(counts(map.range(from..=to)), expected);
        }
        assert!(map.chunks.iter().all(|chunk| (1..=CHUNK_MAX).contains(&chunk.len())));
    }

    #[test]
    fn versions_share_what_did_not_change() {
        let mut before = TickerMap::default();
        (0..1_000).for_each(|n| drop(before.insert(ticker(n), shown(1))));
        let mut after = before.clone();
        after.insert(ticker(500), shown(2));
        after.remove(&ticker(20));
        let unshared: Vec<_> = after.unshared(&before).collect();
        assert!(unshared.contains(&&ticker(500)) && unshared.contains(&&ticker(20)));
        assert!(unshared.len() <= 4 * CHUNK_MAX, "{}", unshared.len());
        assert_eq!(after.unshared(&after).count(), 0);
    }
}
