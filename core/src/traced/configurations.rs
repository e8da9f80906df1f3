//! `DynamoDB`: one subsegment a lookup, inside `## handler` (FR-060).

use crate::{
    ports::{CallError, CallReport, Configuration, Configurations, Raw, UserId},
    telemetry::{Handler, Invocation, SpanKind},
};
use async_trait::async_trait;
use std::sync::Arc;

/// The users table, for one invocation in its handler phase.
pub struct TracedConfigurations<'i> {
    invocation: &'i Invocation<Handler>,
    inner: Arc<dyn Configurations>,
}

impl<'i> TracedConfigurations<'i> {
    /// Opens the raw port for this invocation.
    pub fn new(invocation: &'i Invocation<Handler>, raw: &Raw<dyn Configurations>) -> Self {
        Self { invocation, inner: raw.open().clone() }
    }
}

#[async_trait]
impl Configurations for TracedConfigurations<'_> {
    fn target(&self) -> CallReport {
        self.inner.target()
    }

    async fn get(&self, user: &UserId, id: &str) -> Result<(Option<Configuration>, CallReport), CallError> {
        let mut span = self.invocation.span("DynamoDB", SpanKind::Client);
        span.calling(&self.inner.target());
        let answer = self.inner.get(user, id).await;
        match &answer {
            Ok((_, report)) => span.returned(report),
            Err(error) => span.failed(error),
        }
        answer
    }
}
