//! A policy of spans, as a service has it.

use crate::span_policy::{Place, SpanPolicy};

/// Names of the spans of the service that the tests imagine.
pub mod names {
    /// The stream itself.
    pub const STREAM: &str = "sse_stream";
    /// One at its beginning.
    pub const ACQUIRE: &str = "connection_acquire";
    /// One at its end.
    pub const RELEASE: &str = "connection_release";
    /// Dear, and in rounds.
    pub const POLL: &str = "dynamodb_poll";
    /// Cheap, and many.
    pub const DISPATCH: &str = "sse_event_dispatch";
    /// Dear, and few.
    pub const PUT_METRIC: &str = "cloudwatch_put_metric";
}

/// So many values of `event_type` have a place.
pub const EVENT_TYPES_MAX: usize = 5;

/// What that service wants to be kept.
pub fn policy() -> SpanPolicy {
    SpanPolicy::default()
        .share(&[names::POLL], 3)
        .share(&[names::DISPATCH], 2)
        .share(&[names::PUT_METRIC], 1)
        .place(Place::first(names::STREAM, 1_170))
        .place(Place::first(names::POLL, 920))
        .place(Place::first(names::PUT_METRIC, 800))
        .place(Place::first(names::ACQUIRE, 630))
        .place(Place::first(names::RELEASE, 630))
        .place(Place::first_of_each(names::DISPATCH, "event_type", EVENT_TYPES_MAX, 630))
        .place(Place::last(names::DISPATCH, 630))
}
