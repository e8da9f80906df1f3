//! Variables of the OpenTelemetry, Powertools and AWS families that other programs honour and this one does not. Each
//! of them stops the start by name, because a setting without effect is hard to find.

use super::{reader::Reader, table::VARIABLES};

/// What an operator should do instead, by the name of the variable.
const REFUSED: &[(&str, &str)] = &[
    ("OTEL_BSP_SCHEDULE_DELAY", NO_BATCH_PROCESSOR),
    ("OTEL_BSP_EXPORT_TIMEOUT", NO_BATCH_PROCESSOR),
    ("OTEL_BSP_MAX_QUEUE_SIZE", NO_BATCH_PROCESSOR),
    ("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", NO_BATCH_PROCESSOR),
    ("OTEL_EXPORTER_OTLP_TIMEOUT", ONE_LIMIT),
    ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", ONE_LIMIT),
    ("OTEL_EXPORTER_OTLP_CERTIFICATE", PLAIN_HTTP),
    ("OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE", PLAIN_HTTP),
    ("OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", PLAIN_HTTP),
    ("OTEL_EXPORTER_OTLP_TRACES_CLIENT_CERTIFICATE", PLAIN_HTTP),
    ("OTEL_EXPORTER_OTLP_CLIENT_KEY", PLAIN_HTTP),
    ("OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY", PLAIN_HTTP),
    ("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", FIXED_LIMITS),
    ("OTEL_ATTRIBUTE_COUNT_LIMIT", FIXED_LIMITS),
    ("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", FIXED_LIMITS),
    ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", FIXED_LIMITS),
    ("OTEL_SPAN_EVENT_COUNT_LIMIT", FIXED_LIMITS),
    ("OTEL_SPAN_LINK_COUNT_LIMIT", FIXED_LIMITS),
    ("OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", FIXED_LIMITS),
    ("OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", FIXED_LIMITS),
    ("OTEL_TRACES_SAMPLER_ARG", "is not supported: Lambda decides what is sampled"),
    ("OTEL_LOG_LEVEL", "is not supported: RUST_LOG says what is logged"),
    ("OTEL_CONFIG_FILE", "is not supported: every setting is a variable"),
    ("OTEL_EXPERIMENTAL_CONFIG_FILE", "is not supported: every setting is a variable"),
    ("POWERTOOLS_TRACE_DISABLED", "is not supported: OTEL_SDK_DISABLED=true turns all tracing off"),
    ("POWERTOOLS_LOG_LEVEL", "is not supported: RUST_LOG says what is logged"),
    ("POWERTOOLS_METRICS_NAMESPACE", "is not supported: SSE_METRICS_NAMESPACE is the namespace of metrics"),
    ("POWERTOOLS_METRICS_DISABLED", "is not supported: SSE_METRICS=none turns metrics off"),
    ("AWS_XRAY_TRACING_NAME", "is not supported: OTEL_SERVICE_NAME names the service"),
    ("AWS_XRAY_SDK_ENABLED", "is not supported: OTEL_SDK_DISABLED=true turns all tracing off"),
    ("AWS_MAX_ATTEMPTS", FIXED_RETRIES),
    ("AWS_RETRY_MODE", FIXED_RETRIES),
];

const NO_BATCH_PROCESSOR: &str =
    "is not supported: there is no batch span processor, and SSE_FLUSH_TIMEOUT_MS bounds a flush";
const ONE_LIMIT: &str = "is not supported: SSE_FLUSH_TIMEOUT_MS bounds the export of an invocation";
const PLAIN_HTTP: &str = "is not supported: the collector beside the function speaks plain HTTP";
const FIXED_LIMITS: &str = "is not supported: spans are kept within X-Ray's limits, which are fixed";
const FIXED_RETRIES: &str = "is not supported: a call is given up after 3 s, retries included";

/// Variables that may only have the value that this program uses anyway: the name, the values, and what is wrong with
/// others.
const ONE_VALUE: &[(&str, &[&str], &str)] = &[
    ("OTEL_METRICS_EXPORTER", &["none"], "metrics go where SSE_METRICS says"),
    ("OTEL_LOGS_EXPORTER", &["none"], "logs are lines on standard output"),
    ("OTEL_PROPAGATORS", &["xray", "xray-lambda"], "the trace context comes from Lambda's own header"),
    ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", &["http/protobuf"], "nothing else is spoken"),
    ("OTEL_EXPORTER_OTLP_COMPRESSION", &["none"], "requests to the collector are not compressed"),
    ("OTEL_EXPORTER_OTLP_TRACES_COMPRESSION", &["none"], "requests to the collector are not compressed"),
    ("OTEL_EXPORTER_OTLP_INSECURE", &["true"], "the collector beside the function speaks plain HTTP"),
    ("OTEL_EXPORTER_OTLP_TRACES_INSECURE", &["true"], "the collector beside the function speaks plain HTTP"),
    ("POWERTOOLS_TRACER_CAPTURE_RESPONSE", &["false"], "no response is ever part of a trace"),
    ("POWERTOOLS_TRACER_CAPTURE_ERROR", &["true"], "an error is always part of its span"),
    ("POWERTOOLS_LOGGER_LOG_EVENT", &["false"], "no event is ever logged: it may hold a token"),
];

/// Names that begin so are settings of this program or of one that it is taken for.
const FAMILIES: &[&str] = &["SSE_", "OTEL_", "POWERTOOLS_", "AWS_XRAY_"];

/// Names of these families that are no setting of the service: set by Lambda, or meant for `verify`.
const OF_OTHERS: &[&str] = &["AWS_XRAY_CONTEXT_MISSING", "SSE_VERIFY_FLAGS", "SSE_VERIFY_TOKEN"];

/// All of their names.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    REFUSED.iter().map(|(name, _)| *name).chain(ONE_VALUE.iter().map(|(name, ..)| *name))
}

/// Of the names of variables that are set, those of the families that mean nothing here: slips of the pen above all.
pub fn unknown(set: impl IntoIterator<Item = String>) -> Vec<String> {
    let is_known = |name: &str| {
        let mut known = VARIABLES.iter().map(|v| v.name).chain(names()).chain(OF_OTHERS.iter().copied());
        known.any(|known| known == name)
    };
    let is_of_family = |name: &str| FAMILIES.iter().any(|family| name.starts_with(family));
    let mut unknown: Vec<_> = set.into_iter().filter(|name| is_of_family(name) && !is_known(name)).collect();
    unknown.sort_unstable();
    unknown
}

/// Adds every variable that is set and would have no effect.
pub(super) fn check(r: &mut Reader<'_>) {
    for (name, instead) in REFUSED {
        if r.named(name).is_some() {
            r.errors.note_by_name(name, instead);
        }
    }
    for (name, allowed, why) in ONE_VALUE {
        if let Some(text) = r.named(name).filter(|text| !allowed.iter().any(|a| a.eq_ignore_ascii_case(text.trim()))) {
            r.errors.note_by_name(name, format!("is {text:?}, not {}: {why}", allowed.join(" or ")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(variables: &[(&str, &str)]) -> String {
        let environment = |name: &str| variables.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        let mut reader = Reader::new(&environment);
        check(&mut reader);
        if reader.errors.is_empty() { String::new() } else { reader.errors.to_string() }
    }

    #[test]
    fn a_name_that_nobody_knows_is_told_and_one_that_is_known_is_not() {
        let set = |names: &[&str]| unknown(names.iter().map(ToString::to_string));
        assert_eq!(
            set(&["SSE_STREAM_MAX", "OTEL_X", "POWERTOOLS_DEV", "AWS_XRAY_DEBUG_MODE", "AWS_REGION", "PATH"]),
            ["AWS_XRAY_DEBUG_MODE", "OTEL_X", "POWERTOOLS_DEV", "SSE_STREAM_MAX"]
        );
        let known: Vec<_> = VARIABLES.iter().map(|v| v.name).chain(names()).chain(OF_OTHERS.iter().copied()).collect();
        assert!(set(&known).is_empty());
    }

    #[test]
    fn what_would_have_no_effect_is_refused_by_name() {
        for (name, _) in REFUSED {
            assert!(errors(&[(name, "1")]).contains(name), "{name}");
            assert_eq!(errors(&[(name, " ")]), "", "set to nothing is not set");
        }
        for (name, allowed, _) in ONE_VALUE {
            assert!(errors(&[(name, "something")]).contains(name), "{name}");
            for value in *allowed {
                assert_eq!(errors(&[(name, value)]), "", "{name}={value}");
            }
        }
    }
}
