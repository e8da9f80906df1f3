//! The transport in production: hyper and rustls, as the AWS SDK puts them together.

use crate::ports::{Answer, ChunkReader, Transport, TransportError};
use async_trait::async_trait;
use aws_smithy_http_client::{
    Connector,
    proxy::ProxyConfig,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{http::HttpConnector, orchestrator::HttpRequest};
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use http::Request;
use http_body_util::BodyExt;
use lambda_trace::with_causes;
use std::{error::Error, fmt};

/// One client for AWS and for the URL. Its certificates are the system's, and it goes through the proxies that `HTTPS_PROXY`
/// and its kin name.
pub struct Https(Connector);

impl fmt::Debug for Https {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Https")
    }
}

impl Default for Https {
    fn default() -> Self {
        let connector = Connector::builder().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        Self(connector.proxy_config(ProxyConfig::from_env()).build())
    }
}

struct Body(SdkBody);

#[async_trait]
impl ChunkReader for Body {
    async fn next(&mut self) -> Result<Option<Bytes>, TransportError> {
        while let Some(frame) = self.0.frame().await {
            let frame = frame.map_err(|error| TransportError(with_causes(&*error)))?;
            if let Ok(data) = frame.into_data() {
                return Ok(Some(data));
            }
        }
        Ok(None)
    }
}

#[async_trait]
impl Transport for Https {
    async fn send(&self, request: Request<Bytes>) -> Result<Answer, TransportError> {
        let host = request.uri().authority().map(ToString::to_string).unwrap_or_default();
        let failed = |error: &(dyn Error + 'static)| TransportError(format!("{host}: {}", with_causes(error)));
        let request = HttpRequest::try_from(request.map(SdkBody::from)).map_err(|error| failed(&error))?;
        let response = self.0.call(request).await.map_err(|error| failed(&error))?;
        let response = response.try_into_http1x().map_err(|error| failed(&error))?;
        let (head, body) = response.into_parts();
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body: Box::new(Body(body)) })
    }
}
