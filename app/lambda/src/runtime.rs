//! A process from its start to SIGTERM: the init phase, the workers, and the shutdown.

use crate::{
    Address, StreamingHandler,
    extension::{self, Extension, RegisterError},
    liveness::Liveness,
    next::NextError,
    runtime_api::RuntimeApi,
    worker::{Shared, Worker},
};
use futures::{
    FutureExt,
    future::{BoxFuture, Either, select},
};
use lambda_trace::{Clock, TraceConfig};
use std::{
    io,
    pin::pin,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    task::JoinSet,
};

/// The registration of an extension may take this long.
const REGISTER: Duration = Duration::from_secs(1);
/// Lambda kills 300 ms after SIGTERM; what has to be written then needs the rest.
const STOP: Duration = Duration::from_millis(275);
/// Managed Instances, the only environments with several workers, kill 600 ms after it. With a thousand streams there is more to
/// drop and to write at the end.
const STOP_SEVERAL: Duration = Duration::from_millis(500);

/// Why a process ends with an exit code that is not 0.
#[derive(Debug, thiserror::Error)]
pub enum RuntimeError {
    /// Reported on `/init/error`.
    #[error("cannot wait for SIGTERM")]
    Signals(#[source] io::Error),
    /// None of the workers reaches the Runtime API any more. There is nobody left to report to.
    #[error("the Runtime API is gone")]
    RuntimeApi(#[from] NextError),
}

/// The Runtime API and the workers that are to ask it for events.
pub struct Runtime {
    api: Arc<RuntimeApi>,
    workers: usize,
}

impl Runtime {
    /// One worker: one invocation at a time, as on Lambda but for Managed Instances.
    pub fn new(address: Address) -> Self {
        Self { api: Arc::new(RuntimeApi::new(address)), workers: 1 }
    }

    /// The number of concurrent invocations (`AWS_LAMBDA_MAX_CONCURRENCY`), at least one.
    #[must_use]
    pub fn with_workers(self, workers: usize) -> Self {
        Self { workers: workers.max(1), ..self }
    }

    /// Tells Lambda that the function cannot start, instead of [`Self::run`].
    pub async fn fail(self, error: &(dyn std::error::Error + Sync)) {
        self.api.init_error(error).await;
    }

    /// Serves invocations until SIGTERM, or until `tracing.shutdown` is asked. SIGTERM asks it, and gives sessions what time there is
    /// to end. In any case telemetry is shut down last.
    ///
    /// # Errors
    /// The start failed, or the Runtime API is gone for all workers.
    pub async fn run<H: StreamingHandler>(self, handler: H, tracing: TraceConfig) -> Result<(), RuntimeError> {
        let terminate = match signal(SignalKind::terminate()) {
            Ok(terminate) => terminate,
            Err(error) => {
                let error = RuntimeError::Signals(error);
                self.api.init_error(&error).await;
                return Err(error);
            }
        };
        let mut waiting = JoinSet::new();
        if !extension::is_beside_another() {
            match register(&self.api, &*tracing.clock).await {
                Ok(extension) => {
                    let (api, clock) = (self.api.clone(), tracing.clock.clone());
                    waiting.spawn(async move { extension.wait(&api, &*clock).await });
                }
                Err(error) => tracing::warn!(
                    "there will be no SIGTERM, so that telemetry which is still held when the environment ends is lost: \
                     no extension could be registered: {error}"
                ),
            }
        }
        let outcome = self.serve(handler, &tracing, terminate).await;
        tracing.telemetry.shutdown().await;
        outcome
    }

    async fn serve<H>(self, handler: H, tracing: &TraceConfig, mut terminate: Signal) -> Result<(), RuntimeError>
    where
        H: StreamingHandler,
    {
        let shared = Arc::new(Shared {
            api: self.api,
            handler,
            tracing: tracing.clone(),
            liveness: Arc::new(Liveness::new(self.workers)),
            is_warm: AtomicBool::new(false),
        });
        let mut workers = JoinSet::new();
        for _ in 0..self.workers {
            workers.spawn(Worker::new(shared.clone()).run());
        }
        let ended = match select(until_failure(&mut workers).boxed(), terminate.recv().boxed()).await {
            Either::Left((ended, _)) => Some(ended),
            Either::Right(_) => None,
        };
        let outcome = if let Some(outcome) = ended {
            outcome
        } else {
            tracing.shutdown.ask();
            let stop = if self.workers > 1 { STOP_SEVERAL } else { STOP };
            let limit = tracing.clock.sleep_until(tracing.clock.now().plus(stop));
            select(until_all_ended(&mut workers).boxed(), limit).await;
            Ok(())
        };
        // What is left is dropped now, so that its spans are closed before the shutdown of telemetry.
        workers.shutdown().await;
        outcome
    }
}

async fn register(api: &RuntimeApi, clock: &dyn Clock) -> Result<Extension, RegisterError> {
    let limit: BoxFuture<'_, ()> = clock.sleep_until(clock.now().plus(REGISTER));
    match select(pin!(Extension::register(api)), limit).await {
        Either::Left((registered, _)) => registered,
        Either::Right(_) => Err(RegisterError::Timeout),
    }
}

/// Waits until all have ended, or one has because the Runtime API is gone for all.
async fn until_failure(workers: &mut JoinSet<Result<(), NextError>>) -> Result<(), RuntimeError> {
    while let Some(ended) = workers.join_next().await {
        match ended {
            Ok(ended) => ended?,
            // Invocations catch their panics; one in the loop itself ends the process like a lost Runtime API.
            Err(panic) => return Err(NextError::Panicked(panic.to_string()).into()),
        }
    }
    Ok(())
}

/// The Runtime API may be gone before the last session has ended; that is no failure then.
async fn until_all_ended(workers: &mut JoinSet<Result<(), NextError>>) {
    while workers.join_next().await.is_some() {}
}
