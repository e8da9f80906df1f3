//! JSON Web Tokens, signed with the configured key and no other. Knows no header and no query string.
//!
//! The library verifies signatures. Claims are checked here, because the library's own checks read the system's clock,
//! and skip `iss` if a token has none.

mod keys;

pub use keys::{KeyProblem, Keys, SECRET_MIN_BYTES};

use jsonwebtoken::{Algorithm, Validation, decode, decode_header, errors::ErrorKind};
use lambda_trace::{Clock, Timestamp};
use serde::Deserialize;
use sse_core::ports::{TokenError, TokenVerifier, UserId};
use std::sync::Arc;

/// A longer token is rejected without being parsed, in bytes.
pub const TOKEN_MAX_BYTES: usize = 8_192;

/// Verifies tokens of one issuer.
pub struct Jwt {
    keys: Keys,
    expected: Expected,
    clock: Arc<dyn Clock>,
}

/// The required claims; `None` is not checked.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// `iss` is this.
    pub issuer: Option<String>,
    /// `aud` is this, or holds it.
    pub audience: Option<String>,
}

/// No key is configured: every token is rejected.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoKey;

impl TokenVerifier for NoKey {
    fn verify(&self, _: &str) -> Result<UserId, TokenError> {
        Err(TokenError::NoKey)
    }
}

#[derive(Deserialize)]
struct Claims {
    sub: String,
    /// Seconds since the epoch; a fraction is allowed (RFC 7519, `NumericDate`).
    exp: f64,
    nbf: Option<f64>,
    iss: Option<String>,
    aud: Option<Audience>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn holds(&self, expected: &str) -> bool {
        match self {
            Self::One(one) => one == expected,
            Self::Many(many) => many.iter().any(|one| one == expected),
        }
    }
}

impl Jwt {
    /// Verifies with these keys, at the time of `clock`.
    pub fn new(keys: Keys, expected: Expected, clock: Arc<dyn Clock>) -> Self {
        Self { keys, expected, clock }
    }

    /// The claims of a token with a valid signature. The key id is ignored: during a rotation it may be missing or
    /// unknown here.
    fn claims(&self, token: &str) -> Result<Claims, TokenError> {
        if token.len() > TOKEN_MAX_BYTES {
            return Err(TokenError::Malformed);
        }
        let header = decode_header(token).map_err(|_| TokenError::Malformed)?;
        if header.crit.is_some() {
            // Every extension that it names has to be understood (RFC 7515), and none is.
            return Err(TokenError::Malformed);
        }
        let signature_only = signature_only(header.alg);
        let mut refused = TokenError::Algorithm;
        for key in self.keys.of(header.alg) {
            match decode(token, key, &signature_only) {
                Ok(data) => return Ok(data.claims),
                Err(error) if *error.kind() == ErrorKind::InvalidSignature => refused = TokenError::Signature,
                Err(_) => return Err(TokenError::Malformed),
            }
        }
        Err(refused)
    }

    fn check_issuer_and_audience(&self, claims: &Claims) -> Result<(), TokenError> {
        let Expected { issuer, audience } = &self.expected;
        if issuer.as_ref().is_some_and(|expected| claims.iss.as_ref() != Some(expected)) {
            return Err(TokenError::Issuer);
        }
        let audience_is = |expected: &String| claims.aud.as_ref().is_some_and(|aud| aud.holds(expected));
        if audience.as_ref().is_some_and(|expected| !audience_is(expected)) {
            return Err(TokenError::Audience);
        }
        Ok(())
    }
}

impl TokenVerifier for Jwt {
    fn verify(&self, token: &str) -> Result<UserId, TokenError> {
        let claims = self.claims(token)?;
        let now = seconds(self.clock.now());
        let user = UserId::new(&claims.sub).ok_or(TokenError::Subject)?;
        self.check_issuer_and_audience(&claims)?;
        if claims.nbf.is_some_and(|nbf| nbf > now) {
            return Err(TokenError::NotYetValid);
        }
        if claims.exp <= now {
            return Err(TokenError::Expired);
        }
        Ok(user)
    }
}

fn signature_only(algorithm: Algorithm) -> Validation {
    let mut validation = Validation::new(algorithm);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation
}

#[expect(clippy::cast_precision_loss, reason = "microseconds until the year 2255 are exact")]
fn seconds(at: Timestamp) -> f64 {
    at.micros() as f64 / 1e6
}

#[cfg(test)]
mod tests;
