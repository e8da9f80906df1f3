//! A stand-in for the AWS APIs that a reader of a deployment calls: X-Ray with Transaction Search, Lambda, CloudWatch Logs,
//! CloudWatch. It hands documents out as X-Ray does, which is not as they were put: subsegments merged into their segment, and
//! a segment inferred from each AWS call, both forms of Lambda's own segment, and nothing at all from `BatchGetTraces` where
//! Transaction Search is on. Documents may come late, and in pages.
//!
//! It has no clock: whoever asks says what time it is. It runs in memory, one call a request, or behind a socket.

mod cloudwatch;
mod control;
mod document_text;
mod lambda;
mod lambda_form;
mod logs;
mod page;
mod serve;
mod shown;
mod spans;
mod xray;

pub use control::{Destination, FakeAwsControl};
pub use lambda::FakeFunction;
pub use lambda_form::LambdaForm;
pub use serve::Server;
pub use shown::as_xray_shows;
pub use spans::as_spans;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A lock whose holder panicked is taken over: the failing test is told of the panic itself, not of its echo.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
