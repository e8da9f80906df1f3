//! Why a call to AWS failed, and the one table of the names that AWS has for it.

/// What services call it when they ask for less. Some append `Exception`, some do not.
const THROTTLED: [&str; 7] = [
    "ProvisionedThroughputExceeded",
    "RequestLimitExceeded",
    "LimitExceeded",
    "Throttling",
    "Throttled",
    "TooManyRequests",
    "SlowDown",
];
/// What they call it when they do not believe the credentials.
const NOT_BELIEVED: [&str; 7] = [
    "UnrecognizedClient",
    "InvalidClientTokenId",
    "InvalidSignature",
    "IncompleteSignature",
    "MissingAuthenticationToken",
    "ExpiredToken",
    "SignatureDoesNotMatch",
];
/// What they call it when the credentials lack a right.
const NOT_ALLOWED: [&str; 4] = ["AccessDenied", "NotAuthorized", "UnauthorizedOperation", "OptInRequired"];

/// Why a call failed, in the classes that a caller can act on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The service throttled the request.
    Throttled,
    /// There was no response within the time limit.
    TimedOut,
    /// No connection could be opened: nothing was sent.
    NotConnected,
    /// The connection broke after it was opened: the service may have received the request.
    Unreachable,
    /// Credentials are missing or invalid, or a permission is missing.
    Denied,
    /// The service rejected the request as invalid.
    Refused,
    /// The service failed with an internal error.
    Faulted,
    /// The response could not be parsed.
    Unreadable,
}

impl Failure {
    /// Whether the service may have carried out the request nevertheless, because no response says that it did not.
    pub const fn may_have_been_taken(self) -> bool {
        match self {
            Self::TimedOut | Self::Unreachable | Self::Faulted | Self::Unreadable => true,
            Self::Throttled | Self::NotConnected | Self::Denied | Self::Refused => false,
        }
    }

    /// A description of the failure, for logs.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::TimedOut => "timed out",
            Self::NotConnected => "no connection",
            Self::Unreachable => "the connection broke",
            Self::Denied => "denied",
            Self::Refused => "refused",
            Self::Faulted => "failed at the service",
            Self::Unreadable => "unreadable answer",
        }
    }

    /// Out of an answer of AWS: the error's name, without a namespace, and the HTTP status.
    pub fn of_answer(name: &str, status: u16) -> Self {
        if is_one_of(&THROTTLED, name) {
            Self::Throttled
        } else if is_one_of(&NOT_ALLOWED, name) || names_bad_credentials(name) {
            Self::Denied
        } else {
            Self::of_status(status)
        }
    }

    /// Out of the HTTP status alone.
    pub const fn of_status(status: u16) -> Self {
        match status {
            401 | 403 => Self::Denied,
            429 => Self::Throttled,
            500.. => Self::Faulted,
            _ => Self::Refused,
        }
    }
}

/// Whether an error of this name means that the credentials are invalid or expired, rather than that they lack a right.
pub fn names_bad_credentials(name: &str) -> bool {
    is_one_of(&NOT_BELIEVED, name)
}

fn is_one_of(names: &[&str], name: &str) -> bool {
    names.contains(&name.strip_suffix("Exception").unwrap_or(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_counts_with_and_without_its_suffix_and_before_the_status() {
        for (name, status, failure) in [
            ("ThrottlingException", 400, Failure::Throttled),
            ("Throttling", 400, Failure::Throttled),
            ("ProvisionedThroughputExceededException", 400, Failure::Throttled),
            ("AccessDenied", 403, Failure::Denied),
            ("AccessDeniedException", 400, Failure::Denied),
            ("ExpiredTokenException", 400, Failure::Denied),
            ("ResourceNotFoundException", 400, Failure::Refused),
            ("InternalServerError", 500, Failure::Faulted),
            ("Forbidden", 403, Failure::Denied),
            ("", 429, Failure::Throttled),
        ] {
            assert_eq!(Failure::of_answer(name, status), failure, "{name} {status}");
        }
    }

    #[test]
    fn credentials_that_are_not_believed_are_told_from_those_without_a_right() {
        assert!(names_bad_credentials("ExpiredToken") && names_bad_credentials("UnrecognizedClientException"));
        assert!(!names_bad_credentials("AccessDeniedException") && !names_bad_credentials(""));
    }
}
