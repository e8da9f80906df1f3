//! What a runtime says of itself in the headers of an answer.

use http::HeaderMap;

use super::active_invocation::ActiveInvocation;

/// Whether the runtime's echo names another invocation. A runtime that does not echo is taken as it is.
pub(super) fn is_stale(active: &ActiveInvocation, headers: &HeaderMap) -> bool {
    let echo = headers.get("lambda-runtime-invocation-id");
    active.stale || echo.is_some_and(|echo| echo.as_bytes() != active.invocation_id.as_bytes())
}

/// The type of the error that it reports; empty where it names none.
pub(crate) fn error_kind(headers: &HeaderMap) -> String {
    let kind = headers.get("lambda-runtime-function-error-type").and_then(|kind| kind.to_str().ok());
    kind.unwrap_or_default().to_owned()
}
