//! Converts one SDK call into a plain report, and its error into a plain failure. Knows the form of SDK errors, and no
//! service.

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_dynamodb::operation::RequestId;
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeTransmitInterceptorContextRef, dyn_dispatch_hint},
        orchestrator::HttpResponse,
        result::SdkError,
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::{config_bag::ConfigBag, error::metadata::ProvideErrorMetadata};
use lambda_trace::{AwsCall, CallError, Failure, with_causes};
use std::{
    borrow::Cow,
    error::Error,
    io,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

/// The maximum length of an error name, in characters.
const ERROR_TYPE_MAX_CHARS: usize = 128;

/// Counts the attempts of a request. It belongs to one call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempts(Arc<AtomicU32>);

impl Attempts {
    fn count(&self) -> u32 {
        self.0.load(Relaxed).max(1)
    }
}

#[dyn_dispatch_hint]
impl Intercept for Attempts {
    fn name(&self) -> &'static str {
        "Attempts"
    }

    fn read_before_transmit(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.fetch_add(1, Relaxed);
        Ok(())
    }
}

/// The report of a call that got a response.
pub(crate) fn returned(target: AwsCall, attempts: &Attempts, answer: &impl RequestId) -> AwsCall {
    AwsCall { request_id: answer.request_id().map(ToOwned::to_owned), attempts: attempts.count(), ..target }
}

/// The error of a call that failed.
pub(crate) fn failed<E>(target: AwsCall, attempts: &Attempts, error: &SdkError<E, HttpResponse>) -> CallError
where
    E: ProvideErrorMetadata + Error + 'static,
{
    let (failure, error_type) = classify(error);
    let detail = match error.as_service_error().and_then(ProvideErrorMetadata::message) {
        Some(message) => message.to_owned(),
        None => with_causes(error),
    };
    CallError { failure, error_type, detail, report: returned(target, attempts, error) }
}

fn classify<E>(error: &SdkError<E, HttpResponse>) -> (Failure, Cow<'static, str>)
where
    E: ProvideErrorMetadata + Error + 'static,
{
    if has_source::<CredentialsError>(error) {
        return (Failure::Denied, "NoCredentials".into());
    }
    match error {
        SdkError::TimeoutError(_) => (Failure::TimedOut, "Timeout".into()),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => (Failure::TimedOut, "Timeout".into()),
        SdkError::DispatchFailure(_) if is_not_connected(error) => (Failure::NotConnected, "ConnectionFailed".into()),
        SdkError::DispatchFailure(_) => (Failure::Unreachable, "ConnectionBroken".into()),
        SdkError::ConstructionFailure(_) => (Failure::Refused, "InvalidRequest".into()),
        SdkError::ServiceError(service) => {
            let status = service.raw().status().as_u16();
            match service.err().code() {
                Some(code) => (Failure::of_answer(code, status), named(code)),
                None if service.raw().status().is_success() => (Failure::Unreadable, "UnreadableAnswer".into()),
                None => (Failure::of_status(status), format!("Http{status}").into()),
            }
        }
        _ => (Failure::Unreadable, "UnreadableAnswer".into()),
    }
}

/// An error code comes from outside and goes into span annotations, so it is used only if it is printable and short.
fn named(code: &str) -> Cow<'static, str> {
    let printable = code.chars().filter(char::is_ascii_graphic);
    Cow::Owned(printable.take(ERROR_TYPE_MAX_CHARS).collect())
}

/// Whether no connection was opened, so that nothing can have been sent.
fn is_not_connected(error: &(dyn Error + 'static)) -> bool {
    use io::ErrorKind::{AddrNotAvailable, ConnectionRefused, HostUnreachable, NetworkUnreachable};
    source::<io::Error>(error).is_some_and(|error| {
        matches!(error.kind(), AddrNotAvailable | ConnectionRefused | HostUnreachable | NetworkUnreachable)
    })
}

fn has_source<S: Error + 'static>(error: &(dyn Error + 'static)) -> bool {
    source::<S>(error).is_some()
}

/// The first error of this type among the causes.
fn source<'e, S: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e S> {
    let mut next = error.source();
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}
