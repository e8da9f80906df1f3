//! Verifying the token of a configuration stream.

/// A partition key has at most 2,048 bytes, so a longer user id would not fit beside its prefix.
const USER_ID_MAX_BYTES: usize = 2_048 - "USER#".len();

/// The `sub` of a verified token. Never printed: it has neither `Debug` nor `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct UserId(String);

impl UserId {
    /// `None` for an empty id, and for one that cannot be a key of the users table.
    pub fn new(sub: &str) -> Option<Self> {
        (1..=USER_ID_MAX_BYTES).contains(&sub.len()).then(|| Self(sub.to_owned()))
    }

    /// The id, for a key of the users table and for nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Why a token was refused: for the operator, who finds it in the log and in the trace. It contains nothing of the
/// token, and the client is not told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The request has no token.
    #[error("the request carries no token")]
    Missing,
    /// No key is configured: every token is refused.
    #[error("no key is configured (SSE_JWT_SECRET or SSE_JWT_PUBLIC_KEY)")]
    NoKey,
    /// Too long, or not in the form of a signed JSON Web Token with the required claims.
    #[error("it is not a signed JSON Web Token with `exp` and `sub`")]
    Malformed,
    /// Its algorithm is not the one of a configured key.
    #[error("its algorithm is not that of a configured key")]
    Algorithm,
    /// Its signature fits no configured key.
    #[error("its signature fits no configured key")]
    Signature,
    /// Its `exp` has passed.
    #[error("it has expired")]
    Expired,
    /// Its `nbf` has not come yet.
    #[error("it is not valid yet")]
    NotYetValid,
    /// Its `iss` is not `SSE_JWT_ISSUER`.
    #[error("its issuer is not the configured one")]
    Issuer,
    /// Its `aud` does not hold `SSE_JWT_AUDIENCE`.
    #[error("its audience is not the configured one")]
    Audience,
    /// Its `sub` cannot be a key of the users table.
    #[error("its subject cannot be a key of the users table")]
    Subject,
}

impl TokenError {
    /// A short name, for `error_type` in the trace.
    pub const fn error_type(self) -> &'static str {
        match self {
            Self::Missing => "TokenMissing",
            Self::NoKey => "TokenKeyMissing",
            Self::Malformed => "TokenMalformed",
            Self::Algorithm => "TokenAlgorithm",
            Self::Signature => "TokenSignature",
            Self::Expired => "TokenExpired",
            Self::NotYetValid => "TokenNotYetValid",
            Self::Issuer => "TokenIssuer",
            Self::Audience => "TokenAudience",
            Self::Subject => "TokenSubject",
        }
    }
}

/// MUST accept only the configured algorithm, require `exp` and `sub`, honour `nbf`, allow no leeway, and never block.
pub trait TokenVerifier: Send + Sync {
    /// The user of a token that is valid now.
    ///
    /// # Errors
    /// [`TokenError`] for every token that is not.
    fn verify(&self, token: &str) -> Result<UserId, TokenError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_has_an_id_that_fits_into_a_key() {
        let is_one = |bytes: usize| UserId::new(&"u".repeat(bytes)).is_some();
        assert_eq!([0, 1, 2_043, 2_044].map(is_one), [false, true, true, false]);
    }
}
