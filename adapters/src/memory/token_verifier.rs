//! A verifier with a list of tokens, for tests.

use super::lock;
use sse_core::ports::{TokenError, TokenVerifier, UserId};
use std::{collections::HashMap, sync::Mutex};

/// A list of tokens with the result for each; any other token is invalid.
#[derive(Default)]
pub struct MemoryTokenVerifier(Mutex<HashMap<String, Result<UserId, TokenError>>>);

impl MemoryTokenVerifier {
    /// From now on `token` is this user's; an empty user makes it invalid.
    pub fn put(&self, token: &str, user: &str) {
        let answer = UserId::new(user).ok_or(TokenError::Malformed);
        lock(&self.0).insert(token.to_owned(), answer);
    }

    /// From now on `token` is refused for this reason.
    pub fn refuse(&self, token: &str, why: TokenError) {
        lock(&self.0).insert(token.to_owned(), Err(why));
    }
}

impl TokenVerifier for MemoryTokenVerifier {
    fn verify(&self, token: &str) -> Result<UserId, TokenError> {
        lock(&self.0).get(token).cloned().unwrap_or(Err(TokenError::Malformed))
    }
}
