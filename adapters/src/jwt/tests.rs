//! Every way to be refused, and the few to be let in. Keys are made here: none is in the repository.

use super::*;
use aws_lc_rs::{
    encoding::AsDer,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair,
        RsaKeyPair,
    },
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::{EncodingKey, Header, encode};
use lambda_trace::ManualClock;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::sync::LazyLock;

const SECRET: &[u8] = b"a secret of more than thirty-two bytes";
/// In seconds.
const NOW: u64 = 1_795_000_000;

fn clock() -> Arc<dyn Clock> {
    Arc::new(ManualClock::new(Timestamp::from_millis(NOW * 1_000)))
}

fn jwt(expected: Expected) -> Jwt {
    Jwt::new(Keys::from_secret(SECRET).unwrap_or_else(|_| panic!("long enough")), expected, clock())
}

fn header(algorithm: Algorithm) -> Header {
    Header::new(algorithm)
}

fn hs256(claims: &Value) -> String {
    encode(&header(Algorithm::HS256), claims, &EncodingKey::from_secret(SECRET)).unwrap()
}

fn good() -> Value {
    json!({"sub": "u1", "exp": NOW + 60})
}

/// `good` with these claims added; null takes one away.
fn with(more: &Value) -> String {
    let mut claims = good();
    for (name, value) in more.as_object().unwrap() {
        claims.as_object_mut().unwrap().remove(name);
        if !value.is_null() {
            claims[name] = value.clone();
        }
    }
    hs256(&claims)
}

fn refused(token: &str) -> Option<TokenError> {
    jwt(Expected::default()).verify(token).err()
}

#[test]
fn a_good_token_names_its_user() {
    let user = jwt(Expected::default()).verify(&hs256(&good())).ok().unwrap();
    assert_eq!(user.expose(), "u1");
    let extra = with(&json!({"aud": "x", "iss": "y", "nbf": NOW, "exp": NOW + 1, "roles": ["a"]}));
    assert_eq!(refused(&extra), None);
}

#[test]
fn expiry_has_no_leeway() {
    for (exp, refusal) in [
        (json!(NOW + 1), None),
        (json!(1_795_000_000.25), None),
        (json!(NOW), Some(TokenError::Expired)),
        (json!(NOW - 1), Some(TokenError::Expired)),
        (json!(-5), Some(TokenError::Expired)),
        (json!(0), Some(TokenError::Expired)),
        (json!("soon"), Some(TokenError::Malformed)),
        (json!((NOW + 60).to_string()), Some(TokenError::Malformed)),
        (Value::Null, Some(TokenError::Malformed)),
    ] {
        assert_eq!(refused(&with(&json!({"exp": exp}))), refusal, "{exp}");
    }
}

#[test]
fn not_before_is_honoured() {
    assert_eq!(refused(&with(&json!({"nbf": NOW + 1}))), Some(TokenError::NotYetValid));
    assert_eq!(refused(&with(&json!({"nbf": "later"}))), Some(TokenError::Malformed));
    assert_eq!(refused(&with(&json!({"nbf": NOW}))), None);
}

#[test]
fn a_subject_is_required() {
    assert_eq!(refused(&with(&json!({"sub": ""}))), Some(TokenError::Subject));
    for sub in [Value::Null, json!(5), json!(["u1"])] {
        assert_eq!(refused(&with(&json!({"sub": sub}))), Some(TokenError::Malformed), "{sub}");
    }
}

#[test]
fn issuer_and_audience_hold_where_they_are_set() {
    let strict = jwt(Expected { issuer: Some("me".to_owned()), audience: Some("you".to_owned()) });
    let is_in = |claims: Value| strict.verify(&with(&claims)).is_ok();
    assert!(is_in(json!({"iss": "me", "aud": "you"})));
    assert!(is_in(json!({"iss": "me", "aud": ["they", "you"]})));
    for claims in [
        json!({}),
        json!({"iss": "me"}),
        json!({"aud": "you"}),
        json!({"iss": "they", "aud": "you"}),
        json!({"iss": ["me"], "aud": "you"}),
        json!({"iss": "me", "aud": "they"}),
        json!({"iss": "me", "aud": []}),
        json!({"iss": "me", "aud": ["they"]}),
        json!({"iss": "me", "aud": {"you": true}}),
    ] {
        assert!(!is_in(claims.clone()), "{claims}");
    }
}

#[test]
fn another_key_another_algorithm_and_none_are_refused() {
    let other = EncodingKey::from_secret(b"another secret of more than thirty-two bytes");
    let wrong_key = encode(&header(Algorithm::HS256), &good(), &other).unwrap();
    let wrong_algorithm = encode(&header(Algorithm::HS512), &good(), &EncodingKey::from_secret(SECRET)).unwrap();
    let claims = URL_SAFE_NO_PAD.encode(good().to_string());
    let none =
        |alg: &str| format!("{}.{claims}.", URL_SAFE_NO_PAD.encode(json!({"alg": alg, "typ": "JWT"}).to_string()));
    let rsa = encode(&header(Algorithm::RS256), &good(), &RSA.0).unwrap();
    for (token, error) in [
        (wrong_key, TokenError::Signature),
        (wrong_algorithm, TokenError::Algorithm),
        (none("none"), TokenError::Malformed),
        (none("None"), TokenError::Malformed),
        (none("HS256"), TokenError::Signature),
        (rsa, TokenError::Algorithm),
    ] {
        assert_eq!(refused(&token), Some(error), "{token}");
    }
}

#[test]
fn a_header_that_must_be_understood_is_refused() {
    let mut header = header(Algorithm::HS256);
    header.crit = Some(vec!["b64".to_owned()]);
    let token = encode(&header, &good(), &EncodingKey::from_secret(SECRET)).unwrap();
    assert_eq!(refused(&token), Some(TokenError::Malformed));
}

#[test]
fn a_claim_said_twice_is_refused() {
    let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#);
    let body = URL_SAFE_NO_PAD.encode(format!(r#"{{"sub":"u1","exp":{},"sub":"u2"}}"#, NOW + 60));
    let message = format!("{head}.{body}");
    let key = EncodingKey::from_secret(SECRET);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    assert_eq!(refused(&format!("{message}.{signature}")), Some(TokenError::Malformed));
}

#[test]
fn an_oversized_token_is_refused_unread() {
    let of = |bytes: usize| {
        let mut pad = 0;
        loop {
            let token = with(&json!({"pad": "x".repeat(pad)}));
            if token.len() >= bytes {
                return token;
            }
            pad += (bytes - token.len()).div_ceil(2).max(1);
        }
    };
    assert_eq!(refused(&of(TOKEN_MAX_BYTES - 40)), None);
    assert_eq!(refused(&of(TOKEN_MAX_BYTES + 1)), Some(TokenError::Malformed));
}

#[test]
fn without_a_key_nobody_gets_in() {
    assert_eq!(NoKey.verify(&hs256(&good())).err(), Some(TokenError::NoKey));
}

/// A private key to sign with, and the public one as PEM.
type Pair = (EncodingKey, String);

static RSA: LazyLock<Pair> = LazyLock::new(|| {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let private: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let pem =
        format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(private.as_ref()));
    let public: aws_lc_rs::encoding::PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    (EncodingKey::from_rsa_pem(pem.as_bytes()).unwrap(), public_pem(public.as_ref()))
});

fn public_pem(der: &[u8]) -> String {
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
}

fn ec(algorithm: &'static aws_lc_rs::signature::EcdsaSigningAlgorithm) -> Pair {
    let pair = EcdsaKeyPair::generate(algorithm).unwrap();
    let private = pair.to_pkcs8v1().unwrap();
    let public: aws_lc_rs::encoding::PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    (EncodingKey::from_ec_der(private.as_ref()), public_pem(public.as_ref()))
}

fn ed25519() -> Pair {
    let pair = Ed25519KeyPair::generate().unwrap();
    let private = pair.to_pkcs8v1().unwrap();
    let public: aws_lc_rs::encoding::PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
    (EncodingKey::from_ed_der(private.as_ref()), public_pem(public.as_ref()))
}

fn with_keys(pem: &str) -> Jwt {
    Jwt::new(Keys::from_pem(pem).map_err(|p| format!("{p:?}")).ok().unwrap(), Expected::default(), clock())
}

#[test]
fn each_kind_of_key_takes_its_algorithm_and_no_other() {
    let kinds = [
        (Algorithm::RS256, &*RSA, Algorithm::RS512),
        (Algorithm::ES256, &ec(&ECDSA_P256_SHA256_FIXED_SIGNING), Algorithm::RS256),
        (Algorithm::EdDSA, &ed25519(), Algorithm::ES256),
    ];
    for (algorithm, (private, public), other) in kinds {
        let jwt = with_keys(public);
        assert!(jwt.verify(&encode(&header(algorithm), &good(), private).unwrap()).is_ok(), "{algorithm:?}");
        if let Ok(token) = encode(&header(other), &good(), private) {
            assert_eq!(jwt.verify(&token).err(), Some(TokenError::Algorithm), "{other:?}");
        }
        // The public key taken for a shared secret: the oldest trick there is.
        let confused =
            encode(&header(Algorithm::HS256), &good(), &EncodingKey::from_secret(public.as_bytes())).unwrap();
        assert_eq!(jwt.verify(&confused).err(), Some(TokenError::Algorithm));
    }
}

#[test]
fn several_keys_serve_a_rotation_whatever_the_key_id_says() {
    let (old, new) = (ed25519(), ed25519());
    let ec = ec(&ECDSA_P256_SHA256_FIXED_SIGNING);
    let jwt = with_keys(&format!("the old one:\n{}{}\n\n{}", old.1, new.1, ec.1).replace('\n', "\\n"));
    for (algorithm, key) in [(Algorithm::EdDSA, &old.0), (Algorithm::EdDSA, &new.0), (Algorithm::ES256, &ec.0)] {
        let mut header = header(algorithm);
        header.kid = Some("nobody knows".to_owned());
        assert!(jwt.verify(&encode(&header, &good(), key).unwrap()).is_ok());
    }
    let stranger = encode(&header(Algorithm::EdDSA), &good(), &ed25519().0).unwrap();
    assert_eq!(jwt.verify(&stranger).err(), Some(TokenError::Signature));
}

#[test]
fn a_bad_key_is_named_and_not_shown() {
    let problems = |pem: &str| Keys::from_pem(pem).err().unwrap_or_default();
    assert_eq!(Keys::from_secret(&[7; 31]).err(), Some(vec![KeyProblem::ShortSecret(31)]));
    for nothing in ["", "c2VjcmV0", "-----END PUBLIC KEY-----"] {
        assert_eq!(problems(nothing), [KeyProblem::NoBlock]);
    }
    let (_, good) = ed25519();
    let several = format!(
        "{good}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n\
         -----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n\
         -----BEGIN PUBLIC KEY-----\nc2VjcmV0\n-----END PUBLIC KEY-----\n\
         -----BEGIN PUBLIC KEY-----\n!!!\n-----END PUBLIC KEY-----\n{}-----BEGIN PUBLIC KEY-----\nc2Vj",
        ec(&ECDSA_P384_SHA384_FIXED_SIGNING).1
    );
    let found = problems(&several);
    assert_eq!(
        found,
        [
            KeyProblem::Private(2),
            KeyProblem::OtherBlock(3),
            KeyProblem::Unreadable(4),
            KeyProblem::Unreadable(5),
            KeyProblem::Curve(6),
            KeyProblem::NoEnd(7),
        ]
    );
    let text: Vec<_> = found.iter().map(ToString::to_string).collect();
    assert!(!text.join(" ").contains("c2Vj"));
}

/// 1024 bits, which the library would not make; of no use to anybody.
const RSA_1024: &str = "\
-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC9vx38JwBIhk/dn9SxgrKmEId3
BEStwVC6X/GhMFIm5O5IsTODiFYxtiwhf8oEg0UXMxDzach4JYjLHHJuxqqI3bxr
jh0A+Bb2MVJfYGcNGotX9Ab87PgMfUUIb7ReGBPge4hyfT9XBrhdtG7JbO4J4Htx
TzEV1cc4sFv8YJU9LwIDAQAB
-----END PUBLIC KEY-----
";
/// The same key in the other form.
const RSA_1024_PKCS1: &str = "\
-----BEGIN RSA PUBLIC KEY-----
MIGJAoGBAL2/HfwnAEiGT92f1LGCsqYQh3cERK3BULpf8aEwUibk7kixM4OIVjG2
LCF/ygSDRRczEPNpyHgliMsccm7GqojdvGuOHQD4FvYxUl9gZw0ai1f0Bvzs+Ax9
RQhvtF4YE+B7iHJ9P1cGuF20bsls7gnge3FPMRXVxziwW/xglT0vAgMBAAE=
-----END RSA PUBLIC KEY-----
";
/// What stands in front of the bare key of 2048 bits in the general form.
const RSA_SPKI_HEAD_BYTES: usize = 24;
/// One bit too few.
const RSA_2047: &str = "\
-----BEGIN PUBLIC KEY-----
MIIBITANBgkqhkiG9w0BAQEFAAOCAQ4AMIIBCQKCAQBYKnC9vywR/4IQtn+7YKqS
J1qL+6MgmLhfQOgDM1BxpQhFgD1ehMagZDOBOKmYnWPlWvNG0/bjTOjFDO4VDL/M
zitAI2vnVsozt8Nny8mtZieaX/TpnwC9u2HD6hvDPG2kSyMFfAham7Vx7334E7g/
vB78b/X2H6BMWBqoKg67rjnccAkjCXIO14M8ac1yjInuD6bvN1tChpyr5GPJOui2
m7kiniatZv72YJyCkX7Pkeb9TE3mpALG0SUCYk96VAdG0JRM0hHPzID45BYJasuW
ZayAXe360Qw7Fe3pjdqvhmvhLmXjvNVsktwAl/Hrgr3nCK3UL8g9sNxvuK/FbNHL
AgMBAAE=
-----END PUBLIC KEY-----
";

#[test]
fn an_rsa_key_that_no_token_can_pass_stops_the_start() {
    for short in [RSA_1024, RSA_1024_PKCS1, RSA_2047] {
        let several = format!("{}{short}", RSA.1);
        assert_eq!(Keys::from_pem(&several).err(), Some(vec![KeyProblem::RsaSize(2)]), "{short}");
    }
    // The bare key stands at the end of the other form.
    let der = STANDARD.decode(RSA.1.lines().nth(1).unwrap()).unwrap();
    let bare = STANDARD.encode(&der[RSA_SPKI_HEAD_BYTES..]);
    let pkcs1 = format!("-----BEGIN RSA PUBLIC KEY-----\n{bare}\n-----END RSA PUBLIC KEY-----\n");
    for good in [&RSA.1, &pkcs1] {
        let jwt = with_keys(good);
        assert!(jwt.verify(&encode(&header(Algorithm::RS256), &self::good(), &RSA.0).unwrap()).is_ok(), "{good}");
    }
}

proptest! {
    #[test]
    fn no_token_but_the_signed_one_is_taken(at in 0_usize..200, byte in any::<u8>()) {
        let token = hs256(&good());
        let mut bytes = token.clone().into_bytes();
        let at = at % bytes.len();
        bytes[at] = byte;
        let changed = String::from_utf8_lossy(&bytes).into_owned();
        // The last character of a base64 text may carry bits that mean nothing; a decoder may let those be.
        if changed != token && refused(&changed).is_none() {
            prop_assert_eq!(at, token.len() - 1);
        }
    }

    #[test]
    fn anything_is_refused_without_a_panic(text in "\\PC{0,200}", parts in prop::collection::vec("[A-Za-z0-9_-]{0,80}", 0..5)) {
        prop_assert!(refused(&text).is_some());
        prop_assert!(refused(&parts.join(".")).is_some());
    }

    #[test]
    fn any_text_is_a_key_or_a_problem(text in "(-----(BEGIN|END) (RSA )?PUBLIC KEY-----|[A-Za-z0-9+/=\\n]{0,40}){0,6}") {
        if let Err(problems) = Keys::from_pem(&text) {
            prop_assert!(!problems.is_empty());
        }
    }
}
