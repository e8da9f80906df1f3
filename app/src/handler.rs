//! The handler of one request, whether it comes from the Runtime API or from the server on loopback.
//!
//! The order is: route, token, lookup, slot. Every way ends the invocation in the phase it is in: a plain answer by
//! `answer`, a refused stream by `finish`, a stream by its session. Knows no socket, and logs nothing of a request.

mod accept;
mod answer;
mod http_error;
mod identity;
mod query;
mod response;
mod route;
mod stream;
mod token;

pub use answer::json_error;
pub use http_error::HttpError;
pub use response::{Body, Completion, HandlerResponse, Request};
pub(crate) use route::segments;

use crate::service::Service;
use lambda_trace::{Invocation, InvocationStart};
use route::Route;

/// Handles one request.
pub async fn handle(service: &Service, request: &Request, begin: InvocationStart) -> HandlerResponse {
    let deadline = begin.deadline;
    let request_id = begin.request_id.clone();
    let mut invocation = Invocation::begin(begin, service.tracing.clone());
    let wanted = match route::find(&request.method, &request.path) {
        Ok(Route::Status) => Ok(None),
        Ok(Route::All) => query::view(&request.query).map(Some),
        Ok(Route::Configured { id }) => stream::configured(service, request, &id, &invocation).await.map(Some),
        Err(problem) => Err(problem),
    };
    match wanted {
        Ok(Some(wanted)) => stream::open(service, request, wanted, invocation, deadline),
        Ok(None) => answer::status(service, invocation),
        Err(problem) => {
            if let HttpError::Unauthorized(error) = problem {
                service.ports.operator_log.token_refused(&request_id, error);
                invocation.refused(error.error_type());
            }
            answer::problem(problem, invocation)
        }
    }
}

#[cfg(test)]
mod tests;
