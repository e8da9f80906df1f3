//! Why a call failed, in words for the reader of a report.

use crate::evidence::Unread;
use lambda_trace::{Failure, names_bad_credentials};

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The caller lacks the right.
    #[error("{action} is denied to these credentials (--print-policy says what is needed): {text}")]
    Denied {
        /// The action.
        action: &'static str,
        /// What AWS said.
        text: String,
    },
    /// The credentials are no longer, or not, valid.
    #[error("{action}: the AWS credentials are expired or invalid, sign in again: {text}")]
    Credentials {
        /// The action.
        action: &'static str,
        /// What AWS said.
        text: String,
    },
    /// What was asked for is not there.
    #[error("{action}: not found in {region} (another region or account?): {text}")]
    NotFound {
        /// The action.
        action: &'static str,
        /// The region that was asked.
        region: String,
        /// What AWS said.
        text: String,
    },
    /// Anything else that AWS said.
    #[error("{action}: {status} {text}")]
    Refused {
        /// The action.
        action: &'static str,
        /// The status.
        status: u16,
        /// What to make of it.
        failure: Failure,
        /// What AWS said.
        text: String,
    },
    /// AWS did not answer.
    #[error("{action}: no answer from {text}")]
    Unreachable {
        /// The action.
        action: &'static str,
        /// Host and cause.
        text: String,
    },
}

impl CallError {
    /// Out of an answer that is no success.
    pub(super) fn of_answer(action: &'static str, region: &str, status: u16, kind: &str, message: &str) -> Self {
        let text = if message.is_empty() { kind.to_owned() } else { format!("{kind}: {message}") };
        let failure = Failure::of_answer(kind, status);
        if names_bad_credentials(kind) {
            Self::Credentials { action, text }
        } else if failure == Failure::Denied {
            Self::Denied { action, text }
        } else if kind.contains("ResourceNotFound") || status == 404 {
            Self::NotFound { action, region: region.to_owned(), text }
        } else {
            Self::Refused { action, status, failure, text }
        }
    }

    /// Whether AWS asks for patience, or failed itself.
    pub(super) const fn is_transient(&self) -> bool {
        match self {
            Self::Refused { failure, .. } => matches!(failure, Failure::Throttled | Failure::Faulted),
            Self::Unreachable { .. } => true,
            _ => false,
        }
    }

    /// Whether what was asked for is not there.
    pub(crate) const fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }
}

impl From<CallError> for Unread {
    fn from(error: CallError) -> Self {
        Self(error.to_string())
    }
}
