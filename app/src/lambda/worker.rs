//! One slot: `next`, an invocation, `next`, until the process is to stop.

use super::{
    api::RuntimeApi,
    invocation,
    next::{NextClient, NextError},
};
use crate::service::Service;
use futures::future::{Either, select};
use lambda_trace::ReadyForNext;
use std::{pin::pin, sync::Arc};

pub(super) struct Worker {
    api: Arc<RuntimeApi>,
    service: Arc<Service>,
}

impl Worker {
    pub(super) const fn new(api: Arc<RuntimeApi>, service: Arc<Service>) -> Self {
        Self { api, service }
    }

    pub(super) async fn run(self) -> Result<(), NextError> {
        let Self { api, service } = self;
        let shutdown = &service.ports.shutdown;
        let mut line = NextClient::new(api.clone());
        let mut settled = ReadyForNext::without_invocation(&service.tracing, None).await;
        // Asked for between two invocations, `next` would only say that this process is ready to be frozen.
        while !shutdown.is_asked() {
            let delivered = match select(pin!(line.next(settled)), shutdown.asked()).await {
                Either::Left((delivered, _)) => delivered?,
                Either::Right(_) => return Ok(()),
            };
            settled = invocation::run(&api, &service, delivered).await;
        }
        Ok(())
    }
}
