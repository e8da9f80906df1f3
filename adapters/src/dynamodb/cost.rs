//! The cost of a page: the poller's own query, which asks for its consumed capacity. Only for the test of the rule
//! "Cost of a poll"; in production the figures are not requested.

use super::DynamoPoller;
use crate::aws::{Attempts, failed};
use aws_sdk_dynamodb::types::ReturnConsumedCapacity;
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeDeserializationInterceptorContextRef, dyn_dispatch_hint},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;
use lambda_trace::{CallError, Timestamp};
use sse_core::{
    item::Sentiment,
    ports::{Dates, Poller as _},
};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::Relaxed},
};

/// The cost of one page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Read capacity units. moto says a constant.
    pub capacity_units: f64,
    /// Items that the server examined.
    pub scanned: i32,
    /// Items in the response.
    pub items: usize,
    /// The size of the response's body, in bytes.
    pub bytes: u64,
    /// Whether more pages follow.
    pub has_more: bool,
}

/// Reads the length of the response.
#[derive(Clone, Debug, Default)]
struct Bytes(Arc<AtomicU64>);

#[dyn_dispatch_hint]
impl Intercept for Bytes {
    fn name(&self) -> &'static str {
        "Bytes"
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let length = context.response().headers().get("content-length").and_then(|length| length.parse().ok());
        self.0.store(length.unwrap_or_default(), Relaxed);
        Ok(())
    }
}

impl DynamoPoller {
    /// Reads the first page as [`Poller::page`](sse_core::ports::Poller::page) does, for its cost.
    ///
    /// # Errors
    /// The call failed.
    pub async fn cost(&self, sentiment: Sentiment, since: Timestamp) -> Result<Cost, CallError> {
        let query =
            self.query(sentiment, Dates::Since(since), None).return_consumed_capacity(ReturnConsumedCapacity::Total);
        let bytes = Bytes::default();
        match query.customize().interceptor(bytes.clone()).send().await {
            Ok(answer) => Ok(Cost {
                scanned: answer.scanned_count(),
                items: answer.items().len(),
                bytes: bytes.0.load(Relaxed),
                has_more: answer.last_evaluated_key().is_some(),
                capacity_units: answer.consumed_capacity.and_then(|c| c.capacity_units).unwrap_or_default(),
            }),
            Err(error) => Err(failed(self.target(), &Attempts::default(), &error)),
        }
    }
}
