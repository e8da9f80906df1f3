//! One HTTP client for all AWS service clients, made when it is first needed.
//!
//! The SDK's own client loads certificates once for every service client, at construction, even where the endpoint is
//! plain HTTP; that is most of what the service clients cost at start.

use aws_smithy_http_client::{
    Builder,
    tls::{Provider, TlsContext, TrustStore, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    connector_metadata::ConnectorMetadata,
    http::{HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector},
    runtime_components::RuntimeComponents,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::sync::OnceLock;

/// Which certificate authorities are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrustRoots {
    /// Mozilla's list, compiled in: 1 ms to load, where the system's takes 5. For Lambda.
    Bundled,
    /// The system's, which may know a company's own proxy. For everywhere else.
    Native,
}

impl TrustRoots {
    fn store(self) -> TrustStore {
        match self {
            Self::Native => TrustStore::default(),
            Self::Bundled => webpki_root_certs::TLS_SERVER_ROOT_CERTS
                .iter()
                .fold(TrustStore::empty(), |store, der| store.with_pem_certificate(pem(der))),
        }
    }
}

/// The trust store takes PEM only.
fn pem(der: &[u8]) -> String {
    let body = STANDARD.encode(der);
    format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
}

#[derive(Debug)]
pub(super) struct LazyHttp {
    roots: TrustRoots,
    client: OnceLock<SharedHttpClient>,
}

impl LazyHttp {
    pub(super) const fn new(roots: TrustRoots) -> Self {
        Self { roots, client: OnceLock::new() }
    }

    fn client(&self) -> &SharedHttpClient {
        self.client.get_or_init(|| {
            let context = TlsContext::builder().with_trust_store(self.roots.store()).build();
            // An error cannot happen: the builder checks nothing, rustls reads the certificates later.
            let context = context.unwrap_or_default();
            Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).tls_context(context).build_https()
        })
    }
}

impl HttpClient for LazyHttp {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        self.client().http_connector(settings, components)
    }

    // `validate_base_client_config` stays the empty default: the inner one would load the certificates.

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        Some(ConnectorMetadata::new("hyper", Some("1.x".into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_smithy_http_client::Connector;

    #[test]
    fn every_bundled_certificate_is_one() {
        // The connector panics on a certificate that it cannot read.
        let context = TlsContext::builder().with_trust_store(TrustRoots::Bundled.store()).build().unwrap();
        let provider = Provider::Rustls(CryptoMode::AwsLc);
        let _ = Connector::builder().tls_provider(provider).tls_context(context).build();
        assert!(webpki_root_certs::TLS_SERVER_ROOT_CERTS.len() > 100);
    }
}
