//! What an operation ends in: an answer with what is recorded of it, or an error as AWS words it.

use serde_json::Value;

/// An error as AWS answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::fake_aws) struct ServiceError {
    pub(in crate::fake_aws) status: u16,
    pub(in crate::fake_aws) code: String,
    pub(in crate::fake_aws) message: String,
}

impl ServiceError {
    pub(in crate::fake_aws) fn new(status: u16, code: &str, message: &str) -> Self {
        Self { status, code: code.to_owned(), message: message.to_owned() }
    }
}

/// The request itself is at fault.
pub(super) fn invalid(what: &str) -> ServiceError {
    ServiceError::new(400, "ValidationException", what)
}

/// An answer, with what is recorded of it.
#[derive(Debug)]
pub(in crate::fake_aws) struct Done {
    pub(in crate::fake_aws) body: Value,
    pub(in crate::fake_aws) items: usize,
    pub(in crate::fake_aws) capacity: f64,
}

impl Done {
    pub(super) fn plain(body: Value) -> Self {
        Self { body, items: 0, capacity: 0.0 }
    }
}
