//! Whether a stream is recorded, and its ids: the SDK's parent-based sampler over the propagator of opentelemetry-aws
//! (FR-053, FR-056). The header comes from the core's strict parser; neither of the two reads the environment.

use lambda_trace::{Parent, SpanId, names};
use opentelemetry::{
    Context,
    propagation::TextMapPropagator,
    trace::{SpanKind, TraceContextExt},
};
use opentelemetry_aws::trace::{XrayIdGenerator, XrayPropagator};
use opentelemetry_sdk::trace::{IdGenerator, Sampler, SamplingDecision, ShouldSample};
use std::collections::HashMap;

/// The propagator's key for the header.
const CARRIER_KEY: &str = "x-amzn-trace-id";

/// Propagator, sampler and ids.
#[derive(Debug)]
pub(super) struct Sampling {
    propagator: XrayPropagator,
    sampler: Sampler,
}

impl Default for Sampling {
    fn default() -> Self {
        Self {
            propagator: XrayPropagator::new(),
            // Of the two forms the strict one: `Sampler::parent_based` takes a parent without an id for no parent.
            sampler: Sampler::ParentBased(Box::new(Sampler::AlwaysOn)),
        }
    }
}

impl Sampling {
    /// Whether spans below `parent` are recorded.
    pub(super) fn records(&self, parent: &Parent) -> bool {
        let carrier = HashMap::from([(CARRIER_KEY.to_owned(), parent.to_string())]);
        let context = self.propagator.extract_with_context(&Context::new(), &carrier);
        let span = context.span();
        let remote = span.span_context();
        // What does not come back as it went in would be recorded under another trace: an orphan.
        remote.trace_id().to_bytes() == parent.trace.to_bits().to_be_bytes()
            && remote.span_id().to_bytes() == parent.segment.to_bits().to_be_bytes()
            && self
                .sampler
                .should_sample(Some(&context), remote.trace_id(), names::STREAM, &SpanKind::Internal, &[], &[])
                .decision
                == SamplingDecision::RecordAndSample
    }
}

/// A fresh span id.
pub fn span_id() -> SpanId {
    let ids = XrayIdGenerator::default();
    loop {
        // Zero is no id; the generator does not exclude it.
        if let Some(id) = SpanId::new(u64::from_be_bytes(ids.new_span_id().to_bytes())) {
            return id;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_trace::TraceId;

    #[test]
    fn a_sampled_parent_is_recorded() {
        let parent = Parent {
            trace: TraceId::new(0x6789_1233_abcd_ef01_2345_6789_1234_5678).expect("not zero"),
            segment: SpanId::new(7).expect("not zero"),
        };
        assert!(Sampling::default().records(&parent));
    }

    #[test]
    fn span_ids_differ() {
        assert_ne!(span_id(), span_id());
    }
}
