//! The OTLP receiver by OpenTelemetry's own variables (FR-054), as far as they make sense for a collector beside the function.

use super::{
    Secret, Variable,
    reader::{Reader, entries},
    table,
};
use http::{HeaderName, HeaderValue, Uri};
use lambda_trace_otlp::address;
use percent_encoding::percent_decode_str;

/// Where exports go, and with which headers.
#[derive(Clone, Debug)]
pub struct OtlpReceiver {
    /// The whole address, path included.
    pub traces_url: String,
    /// Headers of every export. Their values may be keys of an account.
    pub headers: Vec<(String, Secret)>,
    /// Whether the address or its headers were set.
    pub is_named: bool,
}

pub(super) fn read(r: &mut Reader<'_>) -> OtlpReceiver {
    // Both have one allowed word; anything else has been noted by the time they return.
    r.choice(&table::OTLP_PROTOCOL);
    r.choice(&table::TRACES_SAMPLER);
    let base = endpoint(r, &table::OTLP_ENDPOINT).unwrap_or_else(|| table::OTLP_ENDPOINT.default().into_owned());
    let traces_url = endpoint(r, &table::OTLP_TRACES_ENDPOINT)
        .unwrap_or_else(|| format!("{}/v1/traces", base.trim_end_matches('/')));
    let is_set = |variable: &Variable| r.text(variable).is_some();
    let of_collectors =
        [table::OTLP_ENDPOINT, table::OTLP_TRACES_ENDPOINT, table::OTLP_HEADERS, table::OTLP_TRACES_HEADERS];
    let is_named = of_collectors.iter().any(is_set);
    OtlpReceiver { traces_url, headers: headers(r), is_named }
}

fn endpoint(r: &mut Reader<'_>, variable: &Variable) -> Option<String> {
    let text = r.text(variable)?;
    let text = text.trim();
    let uri = text.parse::<Uri>().ok();
    match uri.as_ref().and_then(Uri::scheme_str) {
        Some("http") if text.contains(['?', '#']) => {
            r.errors.note(variable, "has a query or a fragment, which no OTLP address has");
        }
        Some("http") if address::parse(text).is_some() => return Some(text.to_owned()),
        // The address itself may carry a password, so it is not repeated.
        Some("https") => r.errors.note(
            variable,
            "begins with https://, which is refused: the collector beside the function speaks plain HTTP",
        ),
        _ => r.errors.note(
            variable,
            "is not an address like http://localhost:4318: a host, no user, and a port from 1 to 65535 if any",
        ),
    }
    None
}

/// The value for traces replaces that for every signal, as the specification says; both are checked.
fn headers(r: &mut Reader<'_>) -> Vec<(String, Secret)> {
    let of_all = header_list(r, &table::OTLP_HEADERS);
    let of_traces = header_list(r, &table::OTLP_TRACES_HEADERS);
    of_traces.or(of_all).unwrap_or_default()
}

fn header_list(r: &mut Reader<'_>, variable: &Variable) -> Option<Vec<(String, Secret)>> {
    let text = r.text(variable)?;
    let mut headers = Vec::new();
    for (number, pair) in entries(&text) {
        let parsed = pair.split_once('=').and_then(|(name, value)| {
            let name = name.trim().parse::<HeaderName>().ok()?;
            let value = percent_decode_str(value.trim()).decode_utf8_lossy().into_owned();
            HeaderValue::from_str(&value).ok()?;
            Some((name.to_string(), Secret::new(value)))
        });
        match parsed {
            Some(header) => headers.push(header),
            None => {
                r.errors.note(variable, format!("has an entry that is no header, number {number}"));
            }
        }
    }
    Some(headers)
}
