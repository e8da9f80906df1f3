//! The reserve of a budget: a place for each span that a trace cannot be read without.
//!
//! Places have fixed sizes and spans are cut to them, so that no span can take another's.

use super::{BufferedSpan, Sizes};
use lambda_trace::names;

/// Kinds of failures, (span name, error type), whose first has a place.
pub(crate) const ERROR_KINDS_MAX: usize = 8;
/// The first of each kind of failure is cut to this, in bytes.
pub(crate) const ERROR_BYTES: usize = 1_000;
/// Event types whose first has a place: heartbeat, metrics, `sentiment_update`, deadline, done.
pub(crate) const EVENT_TYPES_MAX: usize = 5;

/// Places, in bytes, with the usual share of the resource in them.
const STREAM_BYTES: usize = 1_170;
const POLL_BYTES: usize = 920;
const PUT_BYTES: usize = 800;
/// Acquire, release, the first event of each type, the last event.
const SMALL_BYTES: usize = 630;
const SMALL_PLACES: usize = 3 + EVENT_TYPES_MAX;
/// The resource's share that the places allow for: an account and a log group of about 50 characters.
const USUAL_RESOURCE_BYTES: usize = 130;
/// An error in a resource with a long share keeps at least this for itself.
const ERROR_OWN_BYTES: usize = ERROR_BYTES - USUAL_RESOURCE_BYTES;

/// Which places are taken.
#[derive(Debug)]
pub(super) struct Reserve {
    /// Name and event type of the spans whose place is taken.
    firsts: Vec<(&'static str, String)>,
    event_types: usize,
    errors: Vec<(&'static str, String)>,
    /// What is left for errors once every other place is provided for.
    for_errors: usize,
}

impl Reserve {
    pub(super) fn new(total: usize, sizes: Sizes) -> Self {
        let wider = extra(sizes);
        let places = STREAM_BYTES + POLL_BYTES + PUT_BYTES + SMALL_PLACES * SMALL_BYTES;
        let places = places + (3 + SMALL_PLACES) * wider;
        Self { firsts: Vec::new(), event_types: 0, errors: Vec::new(), for_errors: total.saturating_sub(places) }
    }

    /// Takes a place for a span, if it has one coming; cuts the span to it. One place: the first call of all that fails takes that of
    /// an error, and leaves that of a first call to the next one.
    pub(super) fn admit(&mut self, buffered: &mut BufferedSpan, sizes: Sizes) -> bool {
        self.admit_error(buffered, sizes) || self.admit_first(buffered, sizes)
    }

    fn admit_first(&mut self, buffered: &mut BufferedSpan, sizes: Sizes) -> bool {
        let name = buffered.span.name;
        let place = match name {
            names::STREAM => STREAM_BYTES,
            names::POLL => POLL_BYTES,
            names::PUT_METRIC => PUT_BYTES,
            names::ACQUIRE | names::RELEASE => SMALL_BYTES,
            names::DISPATCH if self.event_types < EVENT_TYPES_MAX => SMALL_BYTES,
            _ => return false,
        };
        let event_type = if name == names::DISPATCH { buffered.facet().unwrap_or_default() } else { "" };
        if self.firsts.iter().any(|(n, t)| *n == name && t == event_type) {
            return false;
        }
        let event_type = event_type.to_owned();
        if !buffered.shrink(place + extra(sizes), sizes) {
            return false;
        }
        self.event_types += usize::from(name == names::DISPATCH);
        self.firsts.push((name, event_type));
        true
    }

    fn admit_error(&mut self, buffered: &mut BufferedSpan, sizes: Sizes) -> bool {
        let Some(error_type) = buffered.error_type() else { return false };
        let name = buffered.span.name;
        let max = (ERROR_OWN_BYTES + sizes.resource()).max(ERROR_BYTES);
        let is_known = self.errors.iter().any(|(n, t)| *n == name && t == error_type);
        if is_known || self.errors.len() >= ERROR_KINDS_MAX || max > self.for_errors {
            return false;
        }
        let error_type = error_type.to_owned();
        if !buffered.shrink(max, sizes) {
            return false;
        }
        self.for_errors -= max;
        self.errors.push((name, error_type));
        true
    }

    /// The place of the last event of a stream; a stream has one last event, so nobody has to remember that it is taken.
    pub(super) fn admit_last_event(buffered: &mut BufferedSpan, sizes: Sizes) -> bool {
        buffered.shrink(SMALL_BYTES + extra(sizes), sizes)
    }
}

/// What a long log group adds to each place.
fn extra(sizes: Sizes) -> usize {
    sizes.resource().saturating_sub(USUAL_RESOURCE_BYTES)
}
