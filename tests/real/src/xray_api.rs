//! An X-Ray API: moto's server. It stores what it is given, and hands it out by trace.

use crate::{
    exchange::Upstream,
    tool::{Tool, free_address, tools},
};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, Uri, header::AUTHORIZATION};
use serde_json::{Value, json};
use std::{io, net::SocketAddr};
use tokio::process::Command;

/// As `run` installs it.
pub const MOTO_VERSION: &str = "5.2.5";
/// The server tells services and regions apart by it. Nothing is signed.
const CREDENTIAL: &str =
    "AWS4-HMAC-SHA256 Credential=none/20260101/eu-central-1/xray/aws4_request, SignedHeaders=host, Signature=none";

/// A running server.
#[derive(Debug)]
pub struct XrayApi {
    _server: Tool,
    address: SocketAddr,
    client: Upstream,
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
        Ok(Self { _server: server, address, client: Upstream::new(address) })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// `BatchGetTraces` for one trace: its documents.
    ///
    /// # Errors
    /// What the server said instead.
    pub async fn trace(&self, id: &str) -> Result<Vec<Value>, String> {
        let body = json!({"TraceIds": [id]}).to_string();
        let request = Request::post("/Traces").header(AUTHORIZATION, CREDENTIAL).body(body.into());
        let response = self.client.send(request.map_err(|error| error.to_string())?).await;
        let text = String::from_utf8_lossy(response.body()).into_owned();
        let answer: Value = serde_json::from_str(&text).map_err(|_| text.clone())?;
        let segments = answer["Traces"][0]["Segments"].as_array();
        if response.status() != StatusCode::OK || segments.is_none() {
            return Err(format!("{}: {text}", response.status()));
        }
        let document = |segment: &Value| serde_json::from_str(segment["Document"].as_str()?).ok();
        Ok(segments.into_iter().flatten().filter_map(document).collect())
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
