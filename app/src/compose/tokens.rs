//! The verifier of tokens.

use crate::config::{Config, ConfigErrors, TokenKey};
use lambda_trace::Clock;
use sse_adapters::jwt::{Expected, Jwt, KeyProblem, Keys, NoKey};
use sse_core::ports::TokenVerifier;
use std::sync::Arc;

pub(super) fn compose(
    config: &Config,
    clock: Arc<dyn Clock>,
    errors: &mut ConfigErrors,
) -> Option<Arc<dyn TokenVerifier>> {
    let rules = &config.tokens;
    let (name, keys) = match &rules.key {
        None => {
            if config.users_table.is_some() {
                tracing::warn!(
                    "USERS_TABLE is set, but neither SSE_JWT_SECRET nor SSE_JWT_PUBLIC_KEY: every configuration stream answers 401"
                );
            }
            return Some(Arc::new(NoKey));
        }
        Some(TokenKey::Secret(secret)) => ("SSE_JWT_SECRET", Keys::from_secret(secret.expose().as_bytes())),
        Some(TokenKey::Public(pem)) => ("SSE_JWT_PUBLIC_KEY", Keys::from_pem(pem)),
    };
    match keys {
        Ok(keys) => {
            let expected = Expected { issuer: rules.issuer.clone(), audience: rules.audience.clone() };
            Some(Arc::new(Jwt::new(keys, expected, clock)))
        }
        Err(wrong) => {
            let wrong: Vec<_> = wrong.iter().map(KeyProblem::to_string).collect();
            errors.note_by_name(name, format!("is no good key: {}", wrong.join(", ")));
            None
        }
    }
}
