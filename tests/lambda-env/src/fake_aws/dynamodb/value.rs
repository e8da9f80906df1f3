//! Attribute values: items as they are on the wire, keys in DynamoDB's order, sizes as DynamoDB counts them.

use std::{cmp::Ordering, collections::BTreeMap};

use serde_json::{Value, json};

/// An item in DynamoDB's own form: `{"source_id": {"S": "a"}}`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Item(pub BTreeMap<String, Value>);

impl Item {
    /// No attributes.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text (`S`).
    #[must_use]
    pub fn text(self, name: &str, text: &str) -> Self {
        self.raw(name, json!({"S": text}))
    }

    /// Adds a number (`N`).
    #[must_use]
    pub fn number(self, name: &str, number: f64) -> Self {
        self.raw(name, json!({"N": number.to_string()}))
    }

    /// Adds a list of texts (`L` of `S`).
    #[must_use]
    pub fn texts<T: AsRef<str>>(self, name: &str, texts: &[T]) -> Self {
        let list: Vec<_> = texts.iter().map(|text| json!({"S": text.as_ref()})).collect();
        self.raw(name, json!({"L": list}))
    }

    /// Adds a NULL.
    #[must_use]
    pub fn null(self, name: &str) -> Self {
        self.raw(name, json!({"NULL": true}))
    }

    /// Adds a set of texts (`SS`).
    #[must_use]
    pub fn text_set<T: AsRef<str>>(self, name: &str, texts: &[T]) -> Self {
        let set: Vec<_> = texts.iter().map(AsRef::as_ref).collect();
        self.raw(name, json!({"SS": set}))
    }

    /// Adds any value in DynamoDB's form, well-formed or not: for malformed items.
    #[must_use]
    pub fn raw(mut self, name: &str, value: Value) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }

    pub(super) fn to_json(&self) -> Value {
        json!(self.0)
    }

    pub(super) fn of_json(value: &Value) -> Option<Self> {
        value.as_object().map(|map| Self(map.clone().into_iter().collect()))
    }

    pub(super) fn scalar(&self, name: &str) -> Option<Scalar> {
        self.0.get(name).and_then(Scalar::of)
    }

    /// Bytes as DynamoDB counts them: names and values.
    pub(super) fn bytes(&self) -> usize {
        self.0.iter().map(|(name, value)| name.len() + size(value)).sum()
    }

    /// Only these attributes.
    pub(super) fn project(&self, names: &[String]) -> Self {
        let kept = self.0.iter().filter(|(name, _)| names.contains(name));
        Self(kept.map(|(name, value)| (name.clone(), value.clone())).collect())
    }
}

impl From<Value> for Item {
    /// From a JSON object in DynamoDB's form; anything else is an item without attributes.
    fn from(value: Value) -> Self {
        Self::of_json(&value).unwrap_or_default()
    }
}

/// A key's value, in DynamoDB's order: texts and binaries by bytes, numbers by value (to the precision of a double).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scalar {
    N(Number),
    S(String),
    B(String),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Number(f64);

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Scalar {
    pub(super) fn of(value: &Value) -> Option<Self> {
        let (kind, inner) = value.as_object()?.iter().next()?;
        let inner = inner.as_str()?;
        match kind.as_str() {
            "S" => Some(Self::S(inner.to_owned())),
            "B" => Some(Self::B(inner.to_owned())),
            "N" => inner.parse().ok().map(|number| Self::N(Number(number))),
            _ => None,
        }
    }

    /// Not above any other.
    pub(super) const fn lowest() -> Self {
        Self::N(Number(f64::NEG_INFINITY))
    }

    /// As a fault rule names it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::S(text) | Self::B(text) => text.clone(),
            Self::N(number) => number.0.to_string(),
        }
    }

    pub(super) fn starts_with(&self, prefix: &Self) -> bool {
        matches!((self, prefix), (Self::S(text), Self::S(prefix)) if text.starts_with(prefix))
    }
}

fn size(value: &Value) -> usize {
    let Some((kind, inner)) = value.as_object().and_then(|value| value.iter().next()) else { return 1 };
    match (kind.as_str(), inner) {
        ("S", Value::String(text)) => text.len(),
        ("N", Value::String(digits)) => digits.len() / 2 + 1,
        ("B", Value::String(base64)) => base64.len() / 4 * 3,
        ("L", Value::Array(list)) => 3 + list.iter().map(|element| size(element) + 1).sum::<usize>(),
        ("M", Value::Object(map)) => {
            3 + map.iter().map(|(name, element)| name.len() + size(element) + 1).sum::<usize>()
        }
        (_, Value::Array(set)) => set.iter().map(|element| element.as_str().map_or(1, str::len)).sum(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_dynamodb_s_order() {
        let number = |text: &str| Scalar::of(&json!({"N": text})).unwrap();
        assert!(number("-1") < number("2") && number("2") < number("10"));
        let text = |text: &str| Scalar::of(&json!({"S": text})).unwrap();
        assert!(text("10") < text("2") && text("a") < text("ä"));
        assert_eq!(Scalar::of(&json!({"L": []})), None);
    }

    #[test]
    fn sizes_count_names_and_values() {
        let item = Item::new().text("abc", "xyz").number("n", 12.5).texts("t", &["AB"]);
        assert_eq!(item.bytes(), (3 + 3) + (1 + 3) + (1 + 3 + 3));
    }
}
