//! Pages of an answer: a token is the number of what came before it.

use serde_json::Value;

/// Where the page of this token begins; without one, the first.
pub(crate) fn offset(token: &Value) -> usize {
    token.as_str().and_then(|token| token.parse().ok()).unwrap_or_default()
}

/// The token of the next page, if there is one.
pub(crate) fn next(from: usize, size: usize, all: usize) -> Value {
    if from + size < all { (from + size).to_string().into() } else { Value::Null }
}

/// A list of texts.
pub(crate) fn texts(value: &Value) -> Vec<String> {
    value.as_array().into_iter().flatten().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}
