//! TLS in front of a plain server on loopback, with a certificate of its own. It knows nothing of what is spoken.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
};

use rustls::{
    ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::{JoinHandle, JoinSet},
};
use tokio_rustls::TlsAcceptor;

use crate::environment::Sidecar;

/// Terminates TLS for one server. Connections that the server refuses or resets end here too.
#[derive(Debug)]
pub struct TlsFront {
    address: SocketAddr,
    certificate: PathBuf,
    variable: String,
    handshakes: Arc<AtomicUsize>,
    accepting: JoinHandle<()>,
}

impl TlsFront {
    /// In front of `behind`; `variable` is the one that names such a server to the function.
    ///
    /// # Errors
    /// No port on loopback can be had, or the certificate cannot be made or written.
    pub async fn start(behind: SocketAddr, variable: &str) -> io::Result<Self> {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).map_err(io::Error::other)?;
        let chain: Vec<CertificateDer<'static>> = vec![made.cert.der().clone()];
        let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).map_err(io::Error::other)?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(chain, key))
            .map_err(io::Error::other)?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let certificate = std::env::temp_dir().join(format!("tls-front-{}-{}.pem", std::process::id(), address.port()));
        std::fs::write(&certificate, made.cert.pem())?;
        let handshakes = Arc::<AtomicUsize>::default();
        let accepting = tokio::spawn(accept(listener, TlsAcceptor::from(Arc::new(config)), behind, handshakes.clone()));
        Ok(Self { address, certificate, variable: variable.to_owned(), handshakes, accepting })
    }

    /// Where it listens.
    pub fn endpoint(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    /// The certificate that has to be believed, in PEM.
    pub const fn certificate(&self) -> &PathBuf {
        &self.certificate
    }

    /// How many connections there were.
    pub fn handshakes(&self) -> usize {
        self.handshakes.load(Relaxed)
    }
}

impl Sidecar for TlsFront {
    fn variables(&self) -> Vec<(String, String)> {
        let certificate = self.certificate.to_string_lossy().into_owned();
        vec![(self.variable.clone(), self.endpoint()), ("AWS_CA_BUNDLE".to_owned(), certificate)]
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        self.accepting.abort();
        // A file that cannot be removed is a file in a directory for such.
        let _ = std::fs::remove_file(&self.certificate);
    }
}

async fn accept(listener: TcpListener, tls: TlsAcceptor, behind: SocketAddr, handshakes: Arc<AtomicUsize>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let (tls, handshakes) = (tls.clone(), handshakes.clone());
        connections.spawn(async move {
            // A server that is not there refuses before the handshake, as it would without TLS.
            let Ok(mut server) = TcpStream::connect(behind).await else { return };
            let Ok(mut client) = tls.accept(client).await else { return };
            handshakes.fetch_add(1, Relaxed);
            let _ = copy_bidirectional(&mut client, &mut server).await;
        });
        while connections.try_join_next().is_some() {}
    }
}
