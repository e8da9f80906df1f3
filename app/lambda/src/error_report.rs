//! The form in which the Runtime API accepts every error: on `/init/error`, on `/error`, and in the trailers of a
//! response.

use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorReport<'a> {
    pub(crate) error_type: &'a str,
    error_message: &'a str,
    stack_trace: [&'a str; 0],
}

impl<'a> ErrorReport<'a> {
    /// `error_type` has to look like `Runtime.Reason` or `Function.Reason`: Lambda replaces any other.
    pub(crate) const fn new(error_type: &'a str, error_message: &'a str) -> Self {
        Self { error_type, error_message, stack_trace: [] }
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        // Texts only, so this cannot fail.
        serde_json::to_vec(self).unwrap_or_default()
    }
}
