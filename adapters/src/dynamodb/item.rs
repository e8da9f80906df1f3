//! Converts an item from and to attribute values. Validates everything that it reads.

use super::names;
use crate::item_fields::{ItemFields, updated_at};
use aws_sdk_dynamodb::types::AttributeValue;
use lambda_trace::Timestamp;
use sse_core::{
    item::{Item, ItemProblem, SCORE_SCALE, Sentiment, Ticker},
    ports::MalformedItem,
};
use std::{collections::HashMap, sync::Arc};

pub(super) type Attributes = HashMap<String, AttributeValue>;

/// Reads one item of a partition. The partition itself is not among the attributes, because the query determines it.
/// Items dated after `latest` are rejected.
pub(super) fn read(attributes: &Attributes, sentiment: Sentiment, latest: Timestamp) -> Result<Item, MalformedItem> {
    parse(attributes, sentiment, latest).map_err(|problem| MalformedItem {
        source_id: legible(attributes, names::SOURCE_ID),
        updated_at: legible(attributes, names::UPDATED_AT),
        problem,
    })
}

fn parse(attributes: &Attributes, sentiment: Sentiment, latest: Timestamp) -> Result<Item, ItemProblem> {
    let fields = ItemFields {
        source_id: text(attributes, names::SOURCE_ID).ok_or(ItemProblem::SourceId)?,
        updated_at: text(attributes, names::UPDATED_AT).and_then(updated_at).ok_or(ItemProblem::UpdatedAt)?,
        sentiment: sentiment.as_str(),
        score: attributes.get(names::SCORE).and_then(number).ok_or(ItemProblem::Score)?,
        tickers: tickers(attributes.get(names::TICKERS))?.into_iter(),
        ttl_seconds: match attributes.get(names::TTL) {
            None | Some(AttributeValue::Null(_)) => None,
            Some(value) => Some(number(value).ok_or(ItemProblem::Ttl)?),
        },
    };
    fields.check(latest)
}

/// A list or a set of strings. Writers that map an absent name to NULL leave one in the list, which names nothing.
fn tickers(value: Option<&AttributeValue>) -> Result<Vec<&str>, ItemProblem> {
    match value {
        Some(AttributeValue::L(list)) => {
            let named = list.iter().filter(|entry| !entry.is_null());
            named.map(as_text).collect::<Option<_>>().ok_or(ItemProblem::Ticker)
        }
        Some(AttributeValue::Ss(set)) => Ok(set.iter().map(String::as_str).collect()),
        _ => Err(ItemProblem::Tickers),
    }
}

/// Writes one item.
#[expect(clippy::cast_precision_loss, reason = "within ±1e9, exact in f64")]
pub(super) fn write(item: &Item) -> Attributes {
    let score = item.score.units() as f64 / SCORE_SCALE as f64;
    let tickers = item.tickers.iter().map(Ticker::as_str);
    let mut attributes = HashMap::from([
        pair(names::SOURCE_ID, AttributeValue::S(item.source_id.to_string())),
        pair(names::UPDATED_AT, AttributeValue::S(item.updated_at.to_string())),
        pair(names::SENTIMENT, AttributeValue::S(item.sentiment.as_str().to_owned())),
        pair(names::SCORE, AttributeValue::N(score.to_string())),
        pair(names::TICKERS, AttributeValue::L(tickers.map(|t| AttributeValue::S(t.to_owned())).collect())),
    ]);
    if let Some(at) = item.expires_at {
        let seconds = at.millis() / 1_000;
        attributes.extend([pair(names::TTL, AttributeValue::N(seconds.to_string()))]);
    }
    attributes
}

fn pair(name: &str, value: AttributeValue) -> (String, AttributeValue) {
    (name.to_owned(), value)
}

/// A string attribute.
pub(super) fn text<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a str> {
    attributes.get(name).and_then(as_text)
}

fn as_text(value: &AttributeValue) -> Option<&str> {
    value.as_s().ok().map(String::as_str)
}

fn number(value: &AttributeValue) -> Option<f64> {
    value.as_n().ok()?.parse().ok()
}

fn legible(attributes: &Attributes, name: &str) -> Arc<str> {
    text(attributes, name).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sse_core::item::Score;

    const LATEST: Timestamp = Timestamp::from_micros(u64::MAX);

    fn items() -> impl Strategy<Value = Item> {
        let tickers = prop::collection::btree_set("[A-Z.]{1,6}", 0..5);
        let parts = ("\\PC{1,30}", 0_u64..4_000_000_000_000, 0_usize..3, -1_000_000_000_i32..=1_000_000_000, tickers);
        (parts, prop::option::of(0_u64..4_000_000_000)).prop_map(|((id, ms, sentiment, units, tickers), ttl)| Item {
            source_id: id.into(),
            updated_at: Timestamp::from_millis(ms),
            sentiment: Sentiment::ALL[sentiment],
            score: Score::new(f64::from(units) / 1e9).unwrap(),
            tickers: tickers.iter().filter_map(|t| Ticker::parse(t)).collect(),
            expires_at: ttl.map(|s| Timestamp::from_millis(s * 1_000)),
        })
    }

    fn values() -> impl Strategy<Value = AttributeValue> {
        let leaf = prop_oneof![
            "\\PC{0,30}".prop_map(AttributeValue::S),
            "-?[0-9.eE]{0,12}".prop_map(AttributeValue::N),
            any::<bool>().prop_map(AttributeValue::Bool),
            Just(AttributeValue::Null(true)),
            prop::collection::vec("[A-Z,]{0,3}", 0..3).prop_map(AttributeValue::Ss),
            Just(AttributeValue::N("NaN".to_owned())),
            Just(AttributeValue::S("2026-11-22T08:00:00.000Z".to_owned())),
        ];
        leaf.prop_recursive(2, 8, 4, |inner| prop::collection::vec(inner, 0..4).prop_map(AttributeValue::L))
    }

    fn attributes() -> impl Strategy<Value = Attributes> {
        let name = prop::sample::select(vec![
            names::SOURCE_ID,
            names::UPDATED_AT,
            names::SCORE,
            names::TICKERS,
            names::TTL,
            "other",
        ]);
        prop::collection::hash_map(name.prop_map(str::to_owned), values(), 0..6)
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(item in items()) {
            prop_assert_eq!(read(&write(&item), item.sentiment, LATEST), Ok(item));
        }

        #[test]
        fn anything_is_an_item_or_skipped(attributes in attributes()) {
            if let Ok(item) = read(&attributes, Sentiment::Neutral, LATEST) {
                prop_assert!(!item.source_id.is_empty() && item.tickers.is_sorted());
                prop_assert!(item.score.units().abs() <= SCORE_SCALE);
            }
        }

        #[test]
        fn an_item_with_one_wrong_attribute_is_skipped(item in items(), name in 0_usize..4) {
            let mut attributes = write(&item);
            let name = [names::SOURCE_ID, names::UPDATED_AT, names::SCORE, names::TICKERS][name];
            attributes.insert(name.to_owned(), AttributeValue::Bool(true));
            prop_assert!(read(&attributes, item.sentiment, LATEST).is_err());
            attributes.remove(name);
            let skipped = read(&attributes, item.sentiment, LATEST).unwrap_err();
            if name != names::SOURCE_ID {
                prop_assert_eq!(skipped.source_id, item.source_id);
            }
        }
    }
}
