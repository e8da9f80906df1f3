//! What the arguments of several operations have in common: names, projections, the capacity that was asked for.

use serde_json::{Value, json};

use super::answer::{ServiceError, invalid};

/// Half a unit reads this many bytes, eventually consistent.
const READ_BYTES: usize = 4_096;

/// A name, or what a `#placeholder` stands for.
pub(super) fn resolve(arguments: &Value, token: &str) -> Result<String, ServiceError> {
    if !token.starts_with('#') {
        return Ok(token.to_owned());
    }
    let name = arguments["ExpressionAttributeNames"][token].as_str();
    name.map(str::to_owned).ok_or_else(|| {
        invalid(&format!("An expression attribute name used in the document path is not defined: {token}"))
    })
}

pub(super) fn projection(arguments: &Value) -> Result<Option<Vec<String>>, ServiceError> {
    let Some(expression) = arguments["ProjectionExpression"].as_str() else { return Ok(None) };
    expression.split(',').map(|name| resolve(arguments, name.trim())).collect::<Result<_, _>>().map(Some)
}

pub(super) fn refuse_unknown(arguments: &Value, known: &[&str]) -> Result<(), ServiceError> {
    let unknown = arguments
        .as_object()
        .into_iter()
        .flatten()
        .find(|(name, value)| !known.contains(&name.as_str()) && !value.is_null());
    unknown.map_or(Ok(()), |(name, _)| Err(invalid(&format!("the fake does not support {name}"))))
}

pub(super) fn capacity(bytes: usize, consistent: bool) -> f64 {
    let halves = u32::try_from(bytes.div_ceil(READ_BYTES).max(1)).unwrap_or(u32::MAX);
    f64::from(halves) * if consistent { 1.0 } else { 0.5 }
}

/// The `ConsumedCapacity` that was asked for.
pub(super) fn consumed(arguments: &Value, table: &str, index: Option<&str>, units: f64) -> Option<Value> {
    let unit = |units: f64| json!({"CapacityUnits": units});
    match (arguments["ReturnConsumedCapacity"].as_str(), index) {
        (Some("TOTAL"), _) => Some(json!({"TableName": table, "CapacityUnits": units})),
        (Some("INDEXES"), None) => Some(json!({"TableName": table, "CapacityUnits": units, "Table": unit(units)})),
        (Some("INDEXES"), Some(index)) => Some(json!({"TableName": table, "CapacityUnits": units, "Table": unit(0.0),
            "GlobalSecondaryIndexes": {index: unit(units)}})),
        _ => None,
    }
}
