//! Who asks: verifying the token of a configuration stream.

/// A partition key is at most 2,048 bytes long: no user has a longer id than fits beside its prefix.
const USER_ID_MAX_BYTES: usize = 2_048 - "USER#".len();

/// The `sub` of a verified token. Never printed: it has neither `Debug` nor `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct UserId(String);

impl UserId {
    /// `None` for an empty id, and for one that cannot be a key of the users table.
    pub fn new(sub: &str) -> Option<Self> {
        (1..=USER_ID_MAX_BYTES).contains(&sub.len()).then(|| Self(sub.to_owned()))
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
pub trait TokenVerifier: Send + Sync {
    /// The user of a token that is valid at this moment.
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
