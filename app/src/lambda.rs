//! The function: a loop of our own over the Runtime API, one a slot, because a stream needs what the stock loop cannot do
//! (no delay on its socket, real trailers, a session beside the body, an end that is flushed before `next`).
//!
//! Knows the Runtime API's protocol and nothing of what is streamed.

mod api;
mod body;
mod connection;
mod event;
mod invocation;
mod next;
mod worker;

use crate::{compose::Wiring, config::ConfigErrors, service::Service};
pub use api::RuntimeApi;
pub use next::{NextClient, NextError, NextEvent};
use std::{io, sync::Arc};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    task::JoinSet,
};
use worker::Worker;

/// Connections opened during init may take this long, in milliseconds; the first invocation opens what is missing.
const WARM_UP_MS: u64 = 1_000;
/// Lambda kills 300 ms after SIGTERM, in milliseconds; what has to be written then needs the rest.
const STOP_MS: u64 = 275;

/// Why the function ends with an exit code that is not 0.
#[derive(Debug, thiserror::Error)]
pub enum LambdaError {
    /// Reported on `/init/error`.
    #[error(transparent)]
    Configuration(#[from] ConfigErrors),
    /// Reported on `/init/error`.
    #[error("cannot wait for SIGTERM")]
    Signals(#[source] io::Error),
    /// There is nobody left to report to.
    #[error("the Runtime API is gone")]
    RuntimeApi(#[from] NextError),
}

/// Serves invocations, `slots` at once, until SIGTERM.
///
/// # Errors
/// The start failed, or the Runtime API is gone.
pub async fn run(runtime_api: &str, slots: usize, start: Result<Wiring, ConfigErrors>) -> Result<(), LambdaError> {
    let api = RuntimeApi::new(runtime_api);
    let ready = match (start, signal(SignalKind::terminate())) {
        (Ok(composed), Ok(terminate)) => Ok((composed, terminate)),
        (Err(errors), _) => Err(errors.into()),
        (_, Err(error)) => Err(LambdaError::Signals(error)),
    };
    let (composed, terminate) = match ready {
        Ok(ready) => ready,
        Err(error) => {
            api.init_error(&error).await;
            return Err(error);
        }
    };
    let Wiring { service, background, warm_up, spans: _ } = composed;
    if let Some(background) = background {
        drop(tokio::spawn(background));
    }
    if let Some(warm_up) = warm_up {
        let clock = &service.ports.clock;
        let limit = clock.sleep_until(clock.now().plus_ms(WARM_UP_MS));
        futures::future::select(warm_up, limit).await;
    }
    let outcome = work(api, &service, slots, terminate).await;
    service.ports.telemetry.shutdown();
    outcome
}

async fn work(api: RuntimeApi, service: &Arc<Service>, slots: usize, mut terminate: Signal) -> Result<(), LambdaError> {
    let api = Arc::new(api);
    let mut running = JoinSet::new();
    for _ in 0..slots.max(1) {
        running.spawn(Worker::new(api.clone(), service.clone()).run());
    }
    let outcome = tokio::select! {
        ended = first_failure(&mut running) => ended,
        _ = terminate.recv() => {
            let ports = &service.ports;
            let limit = ports.clock.sleep_until(ports.clock.now().plus_ms(STOP_MS));
            ports.shutdown.ask();
            tokio::select! {
                ended = first_failure(&mut running) => ended,
                () = limit => Ok(()),
            }
        }
    };
    // Whatever is left is dropped now, so that its spans are closed before the last words.
    running.shutdown().await;
    outcome
}

async fn first_failure(running: &mut JoinSet<Result<(), next::NextError>>) -> Result<(), LambdaError> {
    while let Some(ended) = running.join_next().await {
        match ended {
            Ok(ended) => ended?,
            // Handlers and sessions catch their panics; one in the loop itself ends the process like any lost Runtime API.
            Err(panic) => return Err(next::NextError::Panicked(panic.to_string()).into()),
        }
    }
    Ok(())
}
