//! What AWS calls are made with: names that DynamoDB can have, and endpoints that the SDK would take. It would ignore a bad
//! endpoint with a warning and call AWS instead, and a bad name would fail in every poll. Makes no call.

use super::{Variable, reader::Reader, table};
use lambda_trace_otlp::address;

/// DynamoDB's bounds for the names of tables and indexes, in characters.
const NAME_CHARS: std::ops::RangeInclusive<usize> = 3..=255;
/// The longest ARN of a table, in characters.
const ARN_MAX_CHARS: usize = 1_024;

/// The endpoints are the SDK's: nothing of them is kept.
pub(super) fn check_endpoints(r: &mut Reader<'_>) {
    for variable in [&table::AWS_ENDPOINT, &table::DYNAMODB_ENDPOINT, &table::CLOUDWATCH_ENDPOINT] {
        let Some(text) = r.text(variable) else { continue };
        if !address::parse(&text).is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https"))) {
            // The address may carry a password, so it is not repeated.
            r.errors.note(variable, "is not an address like http://localhost:8000");
        }
    }
}

/// A table's name or ARN.
pub(super) fn table_name(r: &mut Reader<'_>, variable: &Variable) -> Option<String> {
    let name = r.text(variable)?;
    if !is_name(&name) && !is_arn(&name) {
        r.errors.note(variable, format!("is {name:?}, not {}", variable.range()));
    }
    Some(name)
}

pub(super) fn index_name(r: &mut Reader<'_>) -> String {
    let name = r.text_or_default(&table::SENTIMENTS_INDEX);
    if !is_name(&name) {
        r.errors.note(&table::SENTIMENTS_INDEX, format!("is {name:?}, not {}", table::SENTIMENTS_INDEX.range()));
    }
    name
}

fn is_name(text: &str) -> bool {
    NAME_CHARS.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(&b))
}

fn is_arn(text: &str) -> bool {
    text.starts_with("arn:") && text.len() <= ARN_MAX_CHARS && text.bytes().all(|b| b.is_ascii_graphic())
}
