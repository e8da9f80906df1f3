//! The function: the handler behind the loop over the Runtime API. It says which events it takes, and logs how each stream ended.

mod event;
mod time_limit;

use crate::{
    compose::Wiring,
    config::ConfigErrors,
    handler::{self, HandlerResponse},
    operator_log,
    service::Service,
};
use bytes::Bytes;
use event::Incoming;
use futures::{
    FutureExt, StreamExt,
    future::{BoxFuture, select},
};
use http::{HeaderMap, StatusCode};
use lambda_runtime::LambdaEvent;
use lambda_stream::{
    Address, AddressError, Body, Completion, Refusal, Response, Runtime, RuntimeError, StreamingHandler,
};
use lambda_trace::{Clock, Invocation, InvocationStart, Timestamp};
use std::{sync::Arc, time::Duration};

/// The time limit for connections opened during init; the first invocation opens what is missing.
const WARM_UP: Duration = Duration::from_secs(1);

/// Why the function ends with an exit code that is not 0.
#[derive(Debug, thiserror::Error)]
pub enum FunctionError {
    /// Reported on `/init/error`.
    #[error(transparent)]
    Configuration(#[from] ConfigErrors),
    /// There is no Runtime API to report to.
    #[error("AWS_LAMBDA_RUNTIME_API is {0}")]
    Address(#[from] AddressError),
    /// The loop could not start, or the Runtime API is gone.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
}

/// Serves invocations, `workers` at once, until SIGTERM.
///
/// # Errors
/// The start failed, or the Runtime API is gone.
pub async fn run(runtime_api: &str, workers: usize, start: Result<Wiring, ConfigErrors>) -> Result<(), FunctionError> {
    let runtime = match runtime_api.parse::<Address>() {
        Ok(address) => Runtime::new(address).with_workers(workers),
        // The configuration, if it was read, says so too, together with whatever else is wrong.
        Err(error) => return Err(start.err().map_or_else(|| error.into(), Into::into)),
    };
    let Wiring { service, background, warm_up, shortest_time_limit, spans: _ } = match start {
        Ok(wiring) => wiring,
        Err(errors) => {
            runtime.fail(&errors).await;
            return Err(errors.into());
        }
    };
    drop(background.map(tokio::spawn));
    if let Some(warm_up) = warm_up {
        warmed_up(warm_up, &*service.ports.clock).await;
    }
    let tracing = service.tracing.clone();
    Ok(runtime.run(Function { service, shortest_time_limit }, tracing).await?)
}

async fn warmed_up(warm_up: BoxFuture<'static, ()>, clock: &dyn Clock) {
    select(warm_up, clock.sleep_until(clock.now().plus(WARM_UP))).await;
}

/// The service as a handler of the loop.
struct Function {
    service: Arc<Service>,
    shortest_time_limit: Duration,
}

impl StreamingHandler for Function {
    async fn handle(&self, event: LambdaEvent<Bytes>, start: InvocationStart) -> Result<Response, Refusal> {
        let LambdaEvent { payload, context, .. } = event;
        let service = &*self.service;
        let start = service.traced(start);
        if start.is_cold_start {
            let now = service.ports.clock.now();
            time_limit::warn_if_short(self.shortest_time_limit, now, Timestamp::from_millis(context.deadline));
        }
        match event::read(&payload) {
            Ok(Incoming::Request(request)) => {
                Ok(response(handler::handle(service, &request, start).await, context.request_id))
            }
            Ok(Incoming::Ping) => Ok(Response {
                status: StatusCode::OK,
                headers: HeaderMap::new(),
                body: Body::Whole(Bytes::new()),
                completion: Completion::AfterResponse(begin(service, start).answer().boxed()),
            }),
            Err(bad) => {
                tracing::error!(request_id = context.request_id, "{bad}");
                let settle = begin(service, start).answer().boxed();
                Err(Refusal { error_type: "Runtime.UnsupportedEvent", message: bad.to_string(), settle })
            }
        }
    }
}

fn begin(service: &Service, start: InvocationStart) -> Invocation<lambda_trace::Handler> {
    Invocation::begin(start, service.tracing.clone())
}

fn response(handled: HandlerResponse, request_id: String) -> Response {
    let HandlerResponse { status, headers, body, work } = handled;
    let body = match body {
        handler::Body::Plain(bytes) => Body::Whole(bytes),
        handler::Body::Events(reader) => Body::Stream(reader.map(|write| Ok(write.map_err(Box::new)?)).boxed()),
    };
    let completion = match work {
        handler::Completion::AfterResponse(settle) => Completion::AfterResponse(settle),
        handler::Completion::WithResponse(session) => {
            let ended = session.map(move |(ready, summary)| {
                operator_log::stream_ended(&request_id, &summary);
                (ready, summary.reason)
            });
            Completion::WithResponse(ended.boxed())
        }
    };
    Response { status, headers, body, completion }
}
