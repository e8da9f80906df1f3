//! TLS to one host, with the library and the cryptography of the SDK's HTTP client. It is for a caller that has to know
//! when the first byte of its request was sent, and that closes the connection by dropping it: the SDK's connection
//! pool hides both.

use super::TrustRoots;
use async_trait::async_trait;
use lambda_trace_otlp::{Connect, Io, Tcp};
use rustls::{ClientConfig, crypto::aws_lc_rs, pki_types::ServerName};
use std::{io, sync::Arc, time::Duration};
use tokio::{sync::OnceCell, time::timeout};
use tokio_rustls::TlsConnector;

/// The limit for opening a connection, name lookup included, and again for the handshake.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(1);

/// Opens connections to one host.
pub(crate) struct Tls {
    tcp: Tcp,
    name: ServerName<'static>,
    roots: TrustRoots,
    /// Certificates are loaded for the first connection; later ones resume its TLS session.
    connector: OnceCell<TlsConnector>,
}

impl Tls {
    /// `None` if `host` is not a name that a certificate can have.
    pub(crate) fn new(host: &str, port: u16, roots: TrustRoots) -> Option<Self> {
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).ok()?;
        Some(Self { tcp: Tcp::new(host, port).within(CONNECT_TIMEOUT), name, roots, connector: OnceCell::new() })
    }

    async fn connector(&self) -> io::Result<TlsConnector> {
        let made = async {
            let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
                .with_safe_default_protocol_versions()
                .map_err(io::Error::other)?
                .with_root_certificates(self.roots.certificates())
                .with_no_client_auth();
            Ok::<_, io::Error>(TlsConnector::from(Arc::new(config)))
        };
        self.connector.get_or_try_init(|| made).await.cloned()
    }
}

#[async_trait]
impl Connect for Tls {
    async fn connect(&self) -> io::Result<Box<dyn Io>> {
        let connector = self.connector().await?;
        let io = self.tcp.connect().await?;
        let stream = timeout(CONNECT_TIMEOUT, connector.connect(self.name.clone(), io)).await??;
        Ok(Box::new(stream))
    }
}
