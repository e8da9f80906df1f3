//! What a client holds after the events that it read, and every value that it ever held on the way: two clients whose
//! streams ran at the same time may have been cut off at different moments of a changing table.

use super::Event;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A ticker that a client does not hold.
const ABSENT: &str = "absent";

/// The state of a client, by ticker, with its history.
#[derive(Clone, Debug, Default)]
pub struct Holdings {
    tickers: BTreeMap<String, Vec<String>>,
    metrics: Vec<String>,
}

impl Holdings {
    /// Reads events in their order, on top of what is held already.
    #[must_use]
    pub fn read<'e>(mut self, events: impl IntoIterator<Item = &'e Event>) -> Self {
        for event in events {
            match event.name.as_str() {
                "sentiment_update" => self.update(&event.data),
                "metrics" => self.count(&event.data),
                "tags" => self.page(&event.data),
                _ => {}
            }
        }
        self
    }

    /// How many tickers are held now.
    pub fn len(&self) -> usize {
        self.tickers.values().filter(|history| history.last().is_some_and(|value| value != ABSENT)).count()
    }

    /// Whether nothing is held.
    pub fn is_empty(&self) -> bool {
        self.len() == 0 && self.metrics.is_empty()
    }

    /// What two clients hold differently, in words. A difference counts only if neither client ever held what the other
    /// holds at its end: otherwise one of them had merely been read longer.
    pub fn differences(&self, other: &Self) -> Vec<String> {
        let names: BTreeSet<_> = self.tickers.keys().chain(other.tickers.keys()).collect();
        let of =
            |holdings: &Self, name: &str| holdings.tickers.get(name).cloned().unwrap_or_else(|| vec![ABSENT.into()]);
        let tickers = names.into_iter().filter_map(|name| difference(name, &of(self, name), &of(other, name)));
        tickers.chain(difference("metrics", &self.metrics, &other.metrics)).collect()
    }

    fn update(&mut self, data: &Value) {
        let Some(ticker) = data["ticker"].as_str() else { return };
        let value = if data["count"] == 0 {
            ABSENT.to_owned()
        } else {
            format!("{} {} {} of {}", data["label"], data["score"], data["confidence"], data["count"])
        };
        self.tickers.entry(ticker.to_owned()).or_default().push(value);
    }

    fn count(&mut self, data: &Value) {
        let of = |member: &str| &data[member];
        let text = format!("{} = {} + {} + {}", of("total"), of("positive"), of("neutral"), of("negative"));
        self.metrics.push(text);
        if let Some(named) = data["by_tag"].as_object() {
            self.prune(|ticker| named.contains_key(ticker));
        }
    }

    fn page(&mut self, data: &Value) {
        let (Some(from), Some(to), Some(named)) =
            (data["from"].as_str(), data["to"].as_str(), data["by_tag"].as_object())
        else {
            return;
        };
        self.prune(|ticker| ticker < from || ticker > to || named.contains_key(ticker));
    }

    fn prune(&mut self, is_kept: impl Fn(&str) -> bool) {
        for (ticker, history) in &mut self.tickers {
            if !is_kept(ticker) && history.last().is_some_and(|value| value != ABSENT) {
                history.push(ABSENT.to_owned());
            }
        }
    }
}

fn difference(name: &str, left: &[String], right: &[String]) -> Option<String> {
    let (l, r) = (left.last()?, right.last()?);
    let met = right.contains(l) || left.contains(r);
    (!met).then(|| format!("{name}: {l} against {r}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use std::time::Duration;

    fn event(name: &str, data: Value) -> Event {
        Event { at: Duration::ZERO, name: name.into(), id: None, data }
    }

    fn ticker(name: &str, count: u64) -> Event {
        event(
            "sentiment_update",
            json!({"ticker": name, "score": 0.5, "label": "positive", "confidence": 1, "count": count}),
        )
    }

    #[test]
    fn a_lost_change_is_a_difference_and_a_later_end_is_none() {
        let old = Holdings::default().read(&[ticker("A", 1), ticker("B", 1)]);
        let new = Holdings::default().read(&[ticker("A", 2), ticker("B", 1)]);
        assert_eq!(old.differences(&new).len(), 1);
        assert!(old.clone().read(&[ticker("A", 2)]).differences(&new).is_empty());
        let ahead = new.clone().read(&[ticker("A", 3)]);
        assert!(new.differences(&ahead).is_empty(), "one of them was read longer");
    }

    #[test]
    fn what_is_counted_nowhere_is_dropped() {
        let metrics =
            event("metrics", json!({"total": 1, "positive": 1, "neutral": 0, "negative": 0, "by_tag": {"A": 1}}));
        let held = Holdings::default().read(&[ticker("A", 1), ticker("B", 1), metrics]);
        assert_eq!(held.len(), 1);
        let page = event("tags", json!({"from": "A", "to": "M", "by_tag": {}}));
        assert_eq!(held.read(&[ticker("Z", 1), page]).len(), 1, "Z lies outside of the page");
    }
}
