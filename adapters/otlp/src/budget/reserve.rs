//! The reserve of a budget: a place for each span without which a trace cannot be understood.
//!
//! Places have fixed sizes and spans are cut to them, so that no span can take another's. A span takes one place, and is cut for
//! that one only: what fits none stays as it is.

use crate::{
    BufferedSpan,
    rules::Rules,
    span_policy::{Place, Which},
};
use lambda_trace::{SpanOutline, Value};

/// The number of kinds of failures (span name, error type) whose first span has a place.
pub(crate) const ERROR_KINDS_MAX: usize = 8;
/// The first span of each kind of failure is cut to this size, in bytes.
pub(crate) const ERROR_BYTES: usize = 1_000;
/// The part of a document that the places allow for the resource: an account and a log group of about 50 characters.
const USUAL_RESOURCE_BYTES: usize = 130;
/// An error keeps at least this size for itself, even with a large resource.
const ERROR_OWN_BYTES: usize = ERROR_BYTES - USUAL_RESOURCE_BYTES;

/// Which places are taken.
#[derive(Debug)]
pub(super) struct Reserve {
    /// By the index of the place, with the value of the attribute that it depends on.
    taken: Vec<(usize, String)>,
    errors: Vec<(&'static str, String)>,
    /// What remains for errors after every other place.
    for_errors: usize,
}

impl Reserve {
    pub(super) fn new(rules: &Rules) -> Self {
        let total = rules.budget_bytes.min(rules.policy.reserve_bytes);
        let places: usize = rules.policy.places.iter().map(|place| place.all_bytes(extra(rules))).sum();
        Self { taken: Vec::new(), errors: Vec::new(), for_errors: total.saturating_sub(places) }
    }

    /// Takes a place for a span, if it is entitled to one, and cuts the span to it. A span takes one place: the first
    /// call of all that fails takes that of an error, and leaves that of a first call to the next one.
    pub(super) fn admit(&mut self, buffered: &mut BufferedSpan, rules: &Rules) -> bool {
        self.admit_error(buffered, rules) || self.admit_first(buffered, rules)
    }

    fn admit_first(&mut self, buffered: &mut BufferedSpan, rules: &Rules) -> bool {
        let name = buffered.span.name;
        let places = rules.policy.places.iter().enumerate();
        for (index, place) in places.filter(|(_, place)| place.name == name) {
            let value = match place.which {
                Which::Last => continue,
                Which::First => "",
                Which::FirstOfEach { attribute, .. } => {
                    buffered.span.attribute(attribute).and_then(Value::as_str).unwrap_or_default()
                }
            };
            if !self.is_free(index, place, value) {
                continue;
            }
            let value = value.to_owned();
            if buffered.shrink(place.bytes + extra(rules), &rules.guard) {
                self.taken.push((index, value));
                return true;
            }
        }
        false
    }

    /// Whether a span that is not made yet may have a place coming; it is no failure.
    pub(super) fn has_place(&self, outline: &SpanOutline<'_>, rules: &Rules) -> bool {
        let mut places = rules.policy.places.iter().enumerate().filter(|(_, place)| place.name == outline.name);
        places.any(|(index, place)| match place.which {
            Which::Last => false,
            Which::First => self.is_free(index, place, ""),
            // Of another attribute nothing is known.
            Which::FirstOfEach { attribute, .. } => {
                attribute != outline.kind.0 || self.is_free(index, place, outline.kind.1)
            }
        })
    }

    fn is_free(&self, index: usize, place: &Place, value: &str) -> bool {
        let values_max = if let Which::FirstOfEach { values_max, .. } = place.which { values_max } else { 1 };
        let mut of_place = self.taken.iter().filter(|(at, _)| *at == index);
        of_place.clone().count() < values_max && !of_place.any(|(_, taken)| taken == value)
    }

    fn admit_error(&mut self, buffered: &mut BufferedSpan, rules: &Rules) -> bool {
        let Some(error_type) = buffered.error_type() else { return false };
        let name = buffered.span.name;
        let max = (ERROR_OWN_BYTES + rules.guard.resource()).max(ERROR_BYTES);
        let is_known = self.errors.iter().any(|(n, t)| *n == name && t == error_type);
        if is_known || self.errors.len() >= ERROR_KINDS_MAX || max > self.for_errors {
            return false;
        }
        let error_type = error_type.to_owned();
        if !buffered.shrink(max, &rules.guard) {
            return false;
        }
        self.for_errors -= max;
        self.errors.push((name, error_type));
        true
    }

    /// The place of the last span of a name. A stream has one such span, so it is not noted that the place is taken.
    pub(super) fn admit_last(buffered: &mut BufferedSpan, rules: &Rules) -> bool {
        let mut places = rules.policy.places.iter();
        let place = places.find(|place| place.which == Which::Last && place.name == buffered.span.name);
        place.is_some_and(|place| buffered.shrink(place.bytes + extra(rules), &rules.guard))
    }
}

/// What a long log group adds to each place.
fn extra(rules: &Rules) -> usize {
    rules.guard.resource().saturating_sub(USUAL_RESOURCE_BYTES)
}
