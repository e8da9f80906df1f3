//! One HTTP client for all AWS service clients, made when it is first needed, and made anew after a freeze: pooled
//! connections may have been closed by the server meanwhile, and the pool's own idle limit runs on a clock that may
//! stand still.
//!
//! The SDK's own client loads certificates once for every service client, at construction, even if the endpoint is
//! plain HTTP; that is most of what the service clients cost at start.

use super::TrustRoots;
use crate::system::FreezeWatch;
use aws_smithy_http_client::{
    Builder, Connector,
    proxy::ProxyConfig,
    tls::{Provider, TlsContext, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    connector_metadata::ConnectorMetadata,
    http::{HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector},
    runtime_components::RuntimeComponents,
};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

#[derive(Debug)]
pub(super) struct LazyHttp {
    roots: TrustRoots,
    watch: OnceLock<Arc<FreezeWatch>>,
    /// The client, with the number of freezes before it was made.
    client: Mutex<Option<(u64, SharedHttpClient)>>,
}

impl LazyHttp {
    pub(super) const fn new(roots: TrustRoots) -> Self {
        Self { roots, watch: OnceLock::new(), client: Mutex::new(None) }
    }

    /// A client whose connections are all from after the last freeze. It is requested for each attempt, so that a
    /// second attempt does not use a stale connection either.
    fn client(&self) -> SharedHttpClient {
        let freezes = self.watch.get_or_init(FreezeWatch::start).freezes();
        let mut client = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        match &*client {
            Some((before, client)) if *before == freezes => client.clone(),
            _ => client.insert((freezes, self.fresh())).1.clone(),
        }
    }

    fn fresh(&self) -> SharedHttpClient {
        let context = TlsContext::builder().with_trust_store(self.roots.store()).build();
        // This cannot fail: the builder checks nothing, and rustls reads the certificates later.
        let context = context.unwrap_or_default();
        Builder::new().build_with_connector_fn(move |settings, components| {
            let mut connector = Connector::builder();
            connector.set_connector_settings(settings.cloned());
            connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
            connector
                .tls_provider(Provider::Rustls(CryptoMode::AwsLc))
                .tls_context(context.clone())
                // HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY: without this the SDK ignores them.
                .proxy_config(ProxyConfig::from_env())
                .build()
        })
    }
}

impl HttpClient for LazyHttp {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        self.client().http_connector(settings, components)
    }

    // `validate_base_client_config` keeps its empty default: the inner one would load the certificates.

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        Some(ConnectorMetadata::new("hyper", Some("1.x".into())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{aws::Aws, dynamodb::DynamoConfigurationStore};
    use sse_core::ports::{ConfigurationStore, UserId};
    use std::{
        net::Ipv4Addr,
        sync::atomic::{AtomicUsize, Ordering::SeqCst},
        time::Duration,
    };
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
    };

    /// Answers every request on every connection, and counts connections.
    async fn server() -> (String, Arc<AtomicUsize>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let connections = Arc::<AtomicUsize>::default();
        let counted = connections.clone();
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                counted.fetch_add(1, SeqCst);
                tokio::spawn(async move {
                    let mut request = vec![0; 65_536];
                    while stream.read(&mut request).await.is_ok_and(|length| length > 0) {
                        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
                    }
                });
            }
        });
        (endpoint, connections)
    }

    #[tokio::test]
    async fn no_call_goes_over_a_connection_from_before_a_freeze() {
        let (endpoint, connections) = server().await;
        let aws = Aws::at(&endpoint).await;
        let store = DynamoConfigurationStore::new(&aws, "users");
        let user = UserId::new("u1").unwrap();
        let get = async || store.get(&user, "c1").await.unwrap().1.attempts;
        assert_eq!((get().await, get().await), (1, 1));
        assert_eq!(connections.load(SeqCst), 1, "without a freeze a connection is used again");
        // Nothing of this process runs meanwhile, as in a freeze.
        std::thread::sleep(Duration::from_millis(600));
        assert_eq!((get().await, connections.load(SeqCst)), (1, 2));
    }
}
