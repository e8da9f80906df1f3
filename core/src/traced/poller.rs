//! `dynamodb_poll`: one CLIENT span per Query call (FR-027).

use crate::{
    names,
    ports::{Page, Poller, Query, Untraced},
};
use async_trait::async_trait;
use lambda_trace::{AwsCall, CallError, Invocation, SpanKind, Streaming, whole_millis};
use std::sync::Arc;

/// The poller of one streaming invocation.
pub struct TracedPoller<'i> {
    invocation: &'i Invocation<Streaming>,
    inner: Arc<dyn Poller>,
}

impl<'i> TracedPoller<'i> {
    /// Opens the poller for this invocation.
    pub fn new(invocation: &'i Invocation<Streaming>, raw: &Untraced<dyn Poller>) -> Self {
        Self { invocation, inner: raw.open().clone() }
    }
}

#[async_trait]
impl Poller for TracedPoller<'_> {
    fn target(&self) -> AwsCall {
        self.inner.target()
    }

    async fn page(&self, query: Query<'_>) -> Result<Page, CallError> {
        let mut span = self.invocation.span(names::POLL, SpanKind::Client);
        span.in_round(query.round);
        span.set("sentiment_type", query.sentiment.as_str());
        span.calling(&self.inner.target());
        let began = self.invocation.now();
        let answer = self.inner.page(query).await;
        if span.is_recording() {
            span.set("poll_duration_ms", whole_millis(self.invocation.now().since(began)));
            if let Ok(page) = &answer {
                span.set("item_count", page.returned);
                span.set("skipped_count", page.skipped.len());
                span.set("changed_count", page.items.iter().filter(|i| !query.known.holds(i)).count());
            }
        }
        match &answer {
            Ok(page) => span.returned(&page.report),
            Err(error) => span.failed(error),
        }
        answer
    }
}
