//! Who asks: verifying the token of a configuration stream.

/// The `sub` of a verified token. Never printed: it has neither `Debug` nor `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct UserId(String);

impl UserId {
    /// `None` for an empty id.
    pub fn new(sub: &str) -> Option<Self> {
        (!sub.is_empty()).then(|| Self(sub.to_owned()))
    }

    /// The id, for a key of the users table and nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Why a token was refused. Says nothing of its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// No key is configured: every token is refused.
    #[error("no key is configured")]
    NoKey,
    /// Its `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// Anything else.
    #[error("the token is not valid")]
    Invalid,
}

/// MUST accept only the configured algorithm, require `exp` and `sub`, honour `nbf`, allow no leeway, and never block.
pub trait Tokens: Send + Sync {
    /// The user of a token that is valid at this moment.
    ///
    /// # Errors
    /// [`TokenError`] for every token that is not.
    fn verify(&self, token: &str) -> Result<UserId, TokenError>;
}
