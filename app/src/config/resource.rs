//! `OTEL_RESOURCE_ATTRIBUTES`, in the form of OpenTelemetry's specification: `name=value` pairs between commas, with
//! percent-encoded values. A list with one invalid entry is refused as a whole, as the specification demands.

use super::{
    reader::{Reader, entries},
    table,
};
use percent_encoding::percent_decode_str;

/// The resource is part of every document in X-Ray, so what is added to it is bounded: this many attributes …
const ATTRIBUTES_MAX: usize = 50;

/// … and this many bytes, as written.
const BYTES_MAX: usize = 8_000;

const SERVICE_NAME: &str = "service.name";

/// The attributes to be added to the resource, in the order of the list. The service name is left out: it has a
/// variable of its own, with which this one has to agree.
pub(super) fn attributes(r: &mut Reader<'_>, service: &str) -> Vec<(String, String)> {
    let variable = &table::RESOURCE_ATTRIBUTES;
    let text = r.text(variable).unwrap_or_default();
    if text.len() > BYTES_MAX {
        r.errors.note(variable, format!("has {} bytes, more than {BYTES_MAX}", text.len()));
        return Vec::new();
    }
    let mut attributes = Vec::new();
    for (number, pair) in entries(&text) {
        let Some((name, value)) = parse(pair) else {
            r.errors.note(variable, format!("has an entry that is not of the form name=value, number {number}"));
            continue;
        };
        if name != SERVICE_NAME {
            attributes.push((name, value));
        } else if value != service {
            r.errors.note(
                variable,
                format!(
                    "says that {SERVICE_NAME} is {value:?}, and the service name is {service:?}: they must be equal"
                ),
            );
        }
    }
    if attributes.len() > ATTRIBUTES_MAX {
        r.errors.note(variable, format!("has {} attributes, more than {ATTRIBUTES_MAX}", attributes.len()));
    }
    attributes
}

fn parse(pair: &str) -> Option<(String, String)> {
    let (name, value) = pair.split_once('=')?;
    let value = percent_decode_str(value.trim()).decode_utf8().ok()?;
    let name = name.trim();
    (!name.is_empty()).then(|| (name.to_owned(), value.into_owned()))
}
