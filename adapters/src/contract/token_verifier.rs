//! `TokenVerifier`: lets in whom it should, and nobody else.

use sse_core::ports::{TokenError, TokenVerifier};

/// The whole suite: `good` is a token of the user `u1`, if the adapter lets anybody in; `expired` is one that has expired.
///
/// # Panics
/// The adapter breaks the contract.
pub fn check_tokens(tokens: &dyn TokenVerifier, good: Option<&str>, expired: Option<&str>) {
    if let Some(good) = good {
        assert!(tokens.verify(good).is_ok_and(|user| user.expose() == "u1"), "the good one is refused");
        for changed in
            [format!(" {good}"), format!("{good} "), format!("{good}.x"), good[1..].to_owned(), good.repeat(2)]
        {
            let error = tokens.verify(&changed).err();
            assert!(error.is_some_and(|error| error != TokenError::Expired), "{changed}: {error:?}");
        }
    }
    if let Some(expired) = expired {
        assert_eq!(tokens.verify(expired).err(), Some(TokenError::Expired));
    }
    for rubbish in ["", ".", "..", "a.b.c", "Bearer x", "\u{0}", "💥", &"x".repeat(100_000)] {
        assert!(tokens.verify(rubbish).is_err());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        jwt::{Expected, Jwt, Keys, NoKey},
        memory::MemoryTokenVerifier,
    };
    use jsonwebtoken::{EncodingKey, Header, encode};
    use lambda_trace::ManualClock;
    use lambda_trace::Timestamp;
    use serde_json::json;
    use std::sync::Arc;

    #[test]
    fn none_in_memory_and_signed() {
        check_tokens(&NoKey, None, None);
        let listed = MemoryTokenVerifier::default();
        listed.put("good", "u1");
        listed.refuse("expired", TokenError::Expired);
        check_tokens(&listed, Some("good"), Some("expired"));
        let secret = [7; 32];
        let sign = |exp: u64| {
            let claims = json!({"sub": "u1", "exp": exp});
            encode(&Header::default(), &claims, &EncodingKey::from_secret(&secret)).unwrap()
        };
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(100_000)));
        let jwt = Jwt::new(Keys::from_secret(&secret).ok().unwrap(), Expected::default(), clock);
        check_tokens(&jwt, Some(&sign(101)), Some(&sign(100)));
    }
}
