//! The keys that tokens are verified with: read and checked once, and never shown.

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    rsa::{PublicEncryptingKey, PublicKey},
    signature::{ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, VerificationAlgorithm},
};
use jsonwebtoken::{Algorithm, DecodingKey};
use std::ops::RangeInclusive;

/// The permitted sizes of RSA keys for RS256, in bits.
const RSA_BITS: RangeInclusive<usize> = 2_048..=8_192;
/// The minimum length of a secret for HS256, in bytes: that of the hash (RFC 7518, 3.2).
pub const SECRET_MIN_BYTES: usize = 32;

/// Keys, each with its one algorithm.
pub struct Keys(Vec<(Algorithm, DecodingKey)>);

/// What is wrong with a key. It contains nothing of the key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    /// Too short to be safe.
    #[error("the secret has {0} bytes, HS256 needs at least {SECRET_MIN_BYTES}")]
    ShortSecret(usize),
    /// There is no `-----BEGIN …-----`.
    #[error("no PEM block")]
    NoBlock,
    /// A block begins and does not end.
    #[error("PEM block {0} has no END line")]
    NoEnd(usize),
    /// It is a private key, which must not be here.
    #[error("PEM block {0} is a private key: only public keys belong here")]
    Private(usize),
    /// A certificate, a signing request, …
    #[error("PEM block {0} is no public key (PUBLIC KEY or RSA PUBLIC KEY)")]
    OtherBlock(usize),
    /// The content does not match the label.
    #[error("PEM block {0} cannot be read as an RSA, EC or Ed25519 public key")]
    Unreadable(usize),
    /// RSA below 2048 or above 8192 bits.
    #[error("PEM block {0} is no RSA key of 2048 to 8192 bits")]
    RsaSize(usize),
    /// ES256 requires P-256.
    #[error("PEM block {0} is no EC key on the curve P-256")]
    Curve(usize),
}

impl Keys {
    /// A shared secret, for HS256.
    ///
    /// # Errors
    /// [`KeyProblem::ShortSecret`]
    pub fn from_secret(secret: &[u8]) -> Result<Self, Vec<KeyProblem>> {
        if secret.len() < SECRET_MIN_BYTES {
            return Err(vec![KeyProblem::ShortSecret(secret.len())]);
        }
        Ok(Self(vec![(Algorithm::HS256, DecodingKey::from_secret(secret))]))
    }

    /// One or more public keys: RSA for RS256, EC for ES256, Ed25519 for `EdDSA`. Line ends may be written as `\n`, as
    /// variables often have them.
    ///
    /// # Errors
    /// Everything that is wrong with any of them.
    pub fn from_pem(text: &str) -> Result<Self, Vec<KeyProblem>> {
        let text = text.replace("\\r", "").replace("\\n", "\n");
        let (mut keys, mut problems) = (Vec::new(), Vec::new());
        let blocks = text.split("-----BEGIN ").skip(1);
        for (index, block) in blocks.enumerate() {
            match read_block(block, index + 1) {
                Ok(key) => keys.push(key),
                Err(problem) => problems.push(problem),
            }
        }
        if keys.is_empty() && problems.is_empty() {
            problems.push(KeyProblem::NoBlock);
        }
        if problems.is_empty() { Ok(Self(keys)) } else { Err(problems) }
    }

    pub(super) fn of(&self, algorithm: Algorithm) -> impl Iterator<Item = &DecodingKey> {
        self.0.iter().filter(move |(its, _)| *its == algorithm).map(|(_, key)| key)
    }
}

/// `block` begins after its `-----BEGIN `.
fn read_block(block: &str, number: usize) -> Result<(Algorithm, DecodingKey), KeyProblem> {
    let (label, body) = block.split_once("-----").ok_or(KeyProblem::NoEnd(number))?;
    if label.ends_with("PRIVATE KEY") {
        return Err(KeyProblem::Private(number));
    }
    if label != "PUBLIC KEY" && label != "RSA PUBLIC KEY" {
        return Err(KeyProblem::OtherBlock(number));
    }
    let end = format!("-----END {label}-----");
    let (body, _) = body.split_once(&end).ok_or(KeyProblem::NoEnd(number))?;
    let pem = format!("-----BEGIN {label}-----{body}{end}\n");
    read_key(pem.as_bytes(), number)
}

fn read_key(pem: &[u8], number: usize) -> Result<(Algorithm, DecodingKey), KeyProblem> {
    // The parsers check the type of the key, so at most one of them accepts it.
    if let Ok(key) = DecodingKey::from_rsa_pem(pem) {
        let key = checked(key, &RSA_PKCS1_2048_8192_SHA256, KeyProblem::RsaSize(number))?;
        let bits = key.try_get_as_bytes().ok().and_then(rsa_bits);
        if !bits.is_some_and(|bits| RSA_BITS.contains(&bits)) {
            return Err(KeyProblem::RsaSize(number));
        }
        return Ok((Algorithm::RS256, key));
    }
    if let Ok(key) = DecodingKey::from_ec_pem(pem) {
        let key = checked(key, &ECDSA_P256_SHA256_FIXED, KeyProblem::Curve(number))?;
        return Ok((Algorithm::ES256, key));
    }
    if let Ok(key) = DecodingKey::from_ed_pem(pem) {
        let key = checked(key, &ED25519, KeyProblem::Unreadable(number))?;
        return Ok((Algorithm::EdDSA, key));
    }
    Err(KeyProblem::Unreadable(number))
}

/// The library parses a key only when it verifies; a key that can verify no token has to stop the start instead.
fn checked(
    key: DecodingKey,
    algorithm: &'static dyn VerificationAlgorithm,
    problem: KeyProblem,
) -> Result<DecodingKey, KeyProblem> {
    let is_good = key.try_get_as_bytes().is_ok_and(|bytes| ParsedPublicKey::new(algorithm, bytes).is_ok());
    if is_good { Ok(key) } else { Err(problem) }
}

/// `None` also for sizes that the library does not read at all. It tells the size of a key that encrypts and not of one that
/// verifies, though the keys are the same, and looks at it only when it verifies.
fn rsa_bits(der: &[u8]) -> Option<usize> {
    let key: PublicKeyX509Der<'_> = PublicKey::from_der(der).ok()?.as_der().ok()?;
    Some(PublicEncryptingKey::from_der(key.as_ref()).ok()?.key_size_bits())
}
