//! What an operator can do about a response of X-Ray that did not accept spans.

use lambda_trace_otlp::{CollectorAnswer, CollectorReply};

const KEPT: &str = "spans are kept and sent again later; if this goes on, look whether the function reaches X-Ray: a function in a \
                    VPC needs a NAT gateway or an interface endpoint for com.amazonaws.REGION.xray";
const NOT_SIGNED: &str = "spans are kept and sent again later; give the process AWS credentials, as a role, in the environment or in \
                          a profile";
const NOT_TRUSTED: &str = "spans are kept and sent again later; if a proxy of your own opens the connection, name its certificates \
                           in AWS_CA_BUNDLE";
const THROTTLED: &str = "spans are kept, and X-Ray is not asked again before its Retry-After, or 10 s, have passed; if this goes on, \
                         sample fewer requests or have the quota of X-Ray raised";
const FAULTED: &str = "spans are kept and sent again later; if this goes on, look at the AWS Health Dashboard";
const SEARCH_OFF: &str = "CloudWatch Transaction Search is off in this account and region, and X-Ray takes OTLP only with it: enable it \
                          (aws xray update-trace-segment-destination --destination CloudWatchLogs, after a CloudWatch Logs resource \
                          policy for xray.amazonaws.com; Terraform: transaction_search = true) or set SSE_TELEMETRY=adot; these spans \
                          are in this function's log, to be sent again by sse-streaming replay --xray";
const NOT_ALLOWED: &str = "grant the role of this function xray:PutTraceSegments, xray:PutSpans and xray:PutSpansForIndexing on *: the \
                           endpoint asks for the first, the reference names the others, and AWSXrayWriteOnlyAccess holds only the first; \
                           these spans are in this function's log, to be sent again by sse-streaming replay --xray";
const BAD_CREDENTIALS: &str = "the credentials are wrong, expired or of another partition, or the clock is off by more than 5 minutes; a \
                               role needs xray:PutTraceSegments, xray:PutSpans and xray:PutSpansForIndexing; these spans are in this \
                               function's log, to be sent again by sse-streaming replay --xray";
const TOO_LARGE: &str = "the request is beyond the endpoint's limits: 5 MB, 16 KB a resource, 200 KB a span; these spans are in this \
                         function's log";
const PARTLY: &str = "X-Ray took the others of the request; all of them are in this function's log, since it does not say which ones it \
                      refused: its limits are 200 KB a span, and times from 14 days back to 2 hours ahead";
const REFUSED: &str = "these spans are in this function's log, one OTLP/JSON line each, to be sent again by sse-streaming replay --xray; \
                       check AWS_ENDPOINT_URL_XRAY and the region";

pub(super) fn of(reply: &CollectorReply) -> &'static str {
    match reply {
        CollectorReply::None(words) if words.contains("signed") => NOT_SIGNED,
        CollectorReply::None(words) if words.contains("certificate") => NOT_TRUSTED,
        CollectorReply::None(_) => KEPT,
        CollectorReply::Answered(answer) => of_answer(answer),
    }
}

fn of_answer(answer: &CollectorAnswer) -> &'static str {
    let says = |words: &[&str]| words.iter().any(|word| answer.words.contains(word));
    match answer.status {
        200..=299 => PARTLY,
        408 | 429 | 503 => THROTTLED,
        500..=599 => FAULTED,
        400 if says(&["Trace Segment Destination", "UpdateTraceSegmentDestination"]) => SEARCH_OFF,
        403 if says(&["not authorized", "AccessDenied"]) => NOT_ALLOWED,
        401 | 403 => BAD_CREDENTIALS,
        413 => TOO_LARGE,
        _ => REFUSED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, words: &str) -> CollectorReply {
        CollectorReply::Answered(CollectorAnswer { status, words: words.to_owned(), ..CollectorAnswer::default() })
    }

    /// The messages are those that the endpoint was seen to send.
    #[test]
    fn each_refusal_is_told_with_what_to_do() {
        let denied = "User: arn:aws:sts::1:assumed-role/r/f is not authorized to perform: xray:PutTraceSegments because no \
                      identity-based policy allows the xray:PutTraceSegments action";
        let off = "The OTLP API is supported with CloudWatch Logs as a Trace Segment Destination. Please enable the CloudWatch Logs \
                   destination for your traces using the UpdateTraceSegmentDestination API";
        for (reply, expected) in [
            (answer(403, denied), "xray:PutTraceSegments, xray:PutSpans and xray:PutSpansForIndexing"),
            (answer(403, "The security token included in the request is invalid."), "credentials are wrong, expired"),
            (answer(400, off), "Transaction Search is off"),
            (answer(400, "span too old"), "AWS_ENDPOINT_URL_XRAY"),
            (answer(429, ""), "Retry-After"),
            (answer(503, ""), "Retry-After"),
            (answer(500, ""), "Health Dashboard"),
            (answer(200, "too large"), "200 KB a span"),
            (CollectorReply::None("no connection: timed out".into()), "interface endpoint"),
            (CollectorReply::None("no connection: invalid peer certificate: UnknownIssuer".into()), "AWS_CA_BUNDLE"),
            (CollectorReply::None("the request could not be signed: no credentials".into()), "AWS credentials"),
        ] {
            assert!(of(&reply).contains(expected), "{reply:?}: {}", of(&reply));
        }
    }
}
