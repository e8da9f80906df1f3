//! Span ids from the generator of opentelemetry-aws (FR-053).

use lambda_trace::{SpanId, SpanIds};
use opentelemetry_aws::trace::XrayIdGenerator;
use opentelemetry_sdk::trace::IdGenerator;

/// Random ids in X-Ray's form.
#[derive(Clone, Copy, Debug, Default)]
pub struct XrayIds;

impl SpanIds for XrayIds {
    fn span_id(&self) -> SpanId {
        let ids = XrayIdGenerator::default();
        loop {
            // Zero is not a valid id, and the generator does not exclude it.
            if let Some(id) = SpanId::new(u64::from_be_bytes(ids.new_span_id().to_bytes())) {
                return id;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn span_ids_differ() {
        assert_eq!((0..1_000).map(|_| XrayIds.span_id()).collect::<HashSet<_>>().len(), 1_000);
    }
}
