//! The certificate authorities that are trusted, for every TLS connection of the program: the service clients' and the
//! exporter's.

use aws_smithy_http_client::tls::TrustStore;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use std::sync::Arc;

/// The certificate authorities that are trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TrustRoots {
    /// Mozilla's list, compiled in: it loads in 1 ms, the system's in 5. For Lambda.
    Bundled,
    /// The system's, which may include a company's own. For everywhere else.
    Native,
    /// Those of a file that the operator names (`AWS_CA_BUNDLE`), and no other.
    Own(CaBundle),
}

/// Certificates of authorities, validated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaBundle(Arc<[CertificateDer<'static>]>);

/// Why a text is not a bundle of certificates.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CaBundleError {
    /// It contains no PEM block of a usable certificate.
    #[error("holds no certificate in PEM form that can be used")]
    Empty,
    /// One of the blocks is broken.
    #[error("holds a PEM block that cannot be read, number {0}")]
    Unreadable(usize),
}

impl CaBundle {
    /// Reads PEM blocks. Text between them is ignored, and so are certificates that no connection could use, because
    /// the bundle of a system may contain some.
    ///
    /// # Errors
    /// [`CaBundleError`], because every connection would fail later.
    pub fn parse(pem: &str) -> Result<Self, CaBundleError> {
        let mut usable = Vec::new();
        for (index, certificate) in CertificateDer::pem_slice_iter(pem.as_bytes()).enumerate() {
            let certificate = certificate.map_err(|_| CaBundleError::Unreadable(index + 1))?;
            if RootCertStore::empty().add(certificate.clone()).is_ok() {
                usable.push(certificate);
            }
        }
        if usable.is_empty() { Err(CaBundleError::Empty) } else { Ok(Self(usable.into())) }
    }
}

impl TrustRoots {
    /// For the SDK's HTTP client.
    pub(super) fn store(&self) -> TrustStore {
        match self {
            Self::Native => TrustStore::default(),
            Self::Bundled => in_pem(webpki_root_certs::TLS_SERVER_ROOT_CERTS),
            Self::Own(CaBundle(certificates)) => in_pem(certificates),
        }
    }

    /// The same for rustls itself.
    pub(super) fn certificates(&self) -> RootCertStore {
        let mut roots = RootCertStore::empty();
        match self {
            Self::Native => roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs),
            Self::Bundled => roots.add_parsable_certificates(webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().cloned()),
            Self::Own(CaBundle(certificates)) => roots.add_parsable_certificates(certificates.iter().cloned()),
        };
        roots
    }
}

fn in_pem(certificates: &[CertificateDer<'_>]) -> TrustStore {
    certificates.iter().fold(TrustStore::empty(), |store, der| store.with_pem_certificate(pem(der)))
}

/// The SDK's trust store accepts PEM only.
fn pem(der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_http_client::{
        Connector,
        tls::{Provider, TlsContext, rustls_provider::CryptoMode},
    };

    #[test]
    fn every_bundled_certificate_is_one() {
        // The connector panics on a certificate that it cannot read.
        let context = TlsContext::builder().with_trust_store(TrustRoots::Bundled.store()).build().unwrap();
        let provider = Provider::Rustls(CryptoMode::AwsLc);
        let _ = Connector::builder().tls_provider(provider).tls_context(context).build();
        let all = webpki_root_certs::TLS_SERVER_ROOT_CERTS.len();
        assert!(all > 100 && TrustRoots::Bundled.certificates().len() == all);
    }

    #[test]
    fn a_bundle_is_the_certificates_that_can_be_used() {
        let two: String = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().take(2).map(|der| pem(der)).collect();
        let bundle = CaBundle::parse(&format!("# our own\n{two}{}", pem(b"rubbish"))).unwrap();
        assert_eq!(TrustRoots::Own(bundle).certificates().len(), 2);
        for nothing in
            ["", "no PEM", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", &pem(b"rubbish")]
        {
            assert_eq!(CaBundle::parse(nothing), Err(CaBundleError::Empty), "{nothing}");
        }
        let cut = &two[..two.len() - 40];
        assert_eq!(CaBundle::parse(cut), Err(CaBundleError::Unreadable(2)));
    }
}
