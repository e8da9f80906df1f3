//! What AWS calls are made with: names that DynamoDB can have, and endpoints that the SDK would take. It would ignore a bad
//! endpoint with a warning and call AWS instead, and a bad name would fail in every poll. Makes no call.

use super::{Variable, reader::Reader, table};
use lambda_trace_otlp::address;

/// DynamoDB's bounds for the names of tables and indexes, in characters.
const NAME_CHARS: std::ops::RangeInclusive<usize> = 3..=255;
/// The length of an account's id.
const ACCOUNT_DIGITS: usize = 12;

/// The endpoints belong to the SDK: nothing of them is kept.
pub(super) fn check_endpoints(r: &mut Reader<'_>) {
    for variable in
        [&table::AWS_ENDPOINT, &table::DYNAMODB_ENDPOINT, &table::CLOUDWATCH_ENDPOINT, &table::XRAY_ENDPOINT]
    {
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
    if !name.starts_with("arn:") {
        if !is_name(&name) {
            r.errors.note(variable, format!("is {name:?}, not {}", variable.range()));
        }
        return Some(name);
    }
    let region = r.named("AWS_REGION").or_else(|| r.named("AWS_DEFAULT_REGION"));
    match (region_of_arn(&name), region) {
        (None, _) => r.errors.note(variable, format!("is {name:?}, which is not the ARN of a DynamoDB table")),
        (Some(its), Some(ours)) if its != ours => r.errors.note(
            variable,
            format!("is a table in {its}, and the calls go to {ours} (AWS_REGION): DynamoDB would refuse each of them"),
        ),
        _ => {}
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

/// The region of `arn:PARTITION:dynamodb:REGION:ACCOUNT:table/NAME`; `None` for anything else.
fn region_of_arn(text: &str) -> Option<&str> {
    let parts: Vec<_> = text.split(':').collect();
    let ["arn", partition, "dynamodb", region, account, resource] = parts[..] else { return None };
    let is_whole = !partition.is_empty() && !region.is_empty() && account.len() == ACCOUNT_DIGITS;
    let is_table = resource.strip_prefix("table/").is_some_and(is_name);
    let digits_only = account.bytes().all(|b| b.is_ascii_digit());
    (is_whole && digits_only && is_table).then_some(region)
}
