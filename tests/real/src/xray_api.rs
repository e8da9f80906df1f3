//! An X-Ray API that others wrote: moto's server. It stores what it is given, and hands it out as it came, which X-Ray does not.

use crate::tool::{Tool, free_address, tools};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Uri, header::AUTHORIZATION};
use serde_json::json;
use std::{io, net::SocketAddr};
use tokio::process::Command;

/// As `run` installs it.
pub const MOTO_VERSION: &str = "5.2.5";
/// The server tells services and regions apart by it. Nothing is signed.
pub(crate) const CREDENTIAL: &str =
    "AWS4-HMAC-SHA256 Credential=none/20260101/eu-central-1/xray/aws4_request, SignedHeaders=host, Signature=none";

/// A running server.
#[derive(Debug)]
pub struct XrayApi {
    _server: Tool,
    address: SocketAddr,
}

impl XrayApi {
    /// Starts it.
    ///
    /// # Errors
    /// It is not installed, or does not start.
    pub async fn start() -> io::Result<Self> {
        let address = free_address()?;
        let mut command = Command::new(tools().join(format!("moto-{MOTO_VERSION}/bin/moto_server")));
        command.args(["-H", &address.ip().to_string(), "-p", &address.port().to_string()]);
        let server = Tool::start(command, address, "moto.log").await?;
        Ok(Self { _server: server, address })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

/// `PutTraceSegments` with one document.
pub(crate) fn put_request(document: &str) -> Request<Bytes> {
    let body = json!({"TraceSegmentDocuments": [document]}).to_string();
    let mut request = Request::new(body.into());
    *request.method_mut() = Method::POST;
    *request.uri_mut() = Uri::from_static("/TraceSegments");
    request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_static(CREDENTIAL));
    request
}
