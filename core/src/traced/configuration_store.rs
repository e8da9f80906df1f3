//! `DynamoDB`: one subsegment per lookup, inside `## handler` (FR-060).

use crate::ports::{Configuration, ConfigurationStore, Untraced, UserId};
use async_trait::async_trait;
use lambda_trace::{AwsCall, CallError, Handler, Invocation, SpanKind};
use std::sync::Arc;

/// The users table, for one invocation in its handler phase.
pub struct TracedConfigurationStore<'i> {
    invocation: &'i Invocation<Handler>,
    inner: Arc<dyn ConfigurationStore>,
}

impl<'i> TracedConfigurationStore<'i> {
    /// Opens the port for this invocation.
    pub fn new(invocation: &'i Invocation<Handler>, raw: &Untraced<dyn ConfigurationStore>) -> Self {
        Self { invocation, inner: raw.open().clone() }
    }
}

#[async_trait]
impl ConfigurationStore for TracedConfigurationStore<'_> {
    fn target(&self) -> AwsCall {
        self.inner.target()
    }

    async fn get(&self, user: &UserId, id: &str) -> Result<(Option<Configuration>, AwsCall), CallError> {
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
