//! Which spans of a trace are kept when it does not fit. Sizes are estimated bytes of X-Ray documents.

use lambda_trace_otlp::{Place, SpanPolicy};
use sse_core::names;

/// The first event of each type has a place: heartbeat, metrics, `sentiment_update`, deadline, done.
const EVENT_TYPES: usize = 5;
/// Acquire, release, the first event of each type, the last event.
const SMALL: usize = 630;

/// Polls 1/2, events 1/3, metric puts 1/6 of what is not reserved.
pub(super) fn span_policy() -> SpanPolicy {
    SpanPolicy {
        reserve_bytes: 16_000,
        essential: vec!["connection_id", "end_reason", "event_type", "sentiment_type"],
        ..SpanPolicy::default()
    }
    .share(&[names::POLL], 3)
    .share(&[names::DISPATCH], 2)
    .share(&[names::PUT_METRIC], 1)
    .place(Place::first(names::STREAM, 1_170))
    .place(Place::first(names::POLL, 920))
    .place(Place::first(names::PUT_METRIC, 800))
    .place(Place::first(names::ACQUIRE, SMALL))
    .place(Place::first(names::RELEASE, SMALL))
    .place(Place::first_of_each(names::DISPATCH, "event_type", EVENT_TYPES, SMALL))
    .place(Place::last(names::DISPATCH, SMALL))
}
