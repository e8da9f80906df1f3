//! The OpenTelemetry Collector, made and configured as the ADOT layer is, exporting to an X-Ray API on loopback. Beside that, on a pipeline of
//! its own, it reads the daemon's protocol.

use crate::tool::{Tool, free_address, tools};
use lambda_env::Sidecar;
use std::{
    io,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
    path::PathBuf,
};
use tokio::process::Command;

/// As `run` builds it.
pub const COLLECTOR_VERSION: &str = "0.156.0";

/// A running collector.
#[derive(Debug)]
pub struct Collector {
    process: Tool,
    otlp: SocketAddr,
    daemon: SocketAddr,
}

impl Collector {
    /// Starts it, exporting to the first API; what it reads by UDP to the second.
    ///
    /// # Errors
    /// It is not built, or does not start.
    pub async fn start(api: SocketAddr, second: SocketAddr) -> io::Result<Self> {
        let (otlp, proxy) = (free_address()?, free_address()?);
        let daemon = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let mut command = Command::new(program());
        command.arg("--config").arg(format!("yaml:{}", configuration(otlp, daemon, proxy, [api, second])));
        command.env("AWS_ACCESS_KEY_ID", "none").env("AWS_SECRET_ACCESS_KEY", "none");
        command.env("AWS_EC2_METADATA_DISABLED", "true");
        let process = Tool::start(command, otlp, "collector.log").await?;
        Ok(Self { process, otlp, daemon })
    }

    /// Where it takes OTLP over HTTP.
    pub const fn otlp(&self) -> SocketAddr {
        self.otlp
    }

    /// Where it takes documents by UDP.
    pub const fn daemon(&self) -> SocketAddr {
        self.daemon
    }

    /// Its process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.process.pid()
    }
}

impl Sidecar for Collector {
    fn variables(&self) -> Vec<(String, String)> {
        vec![("OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(), format!("http://{}", self.otlp))]
    }
}

/// Where `run` builds it.
pub(crate) fn program() -> PathBuf {
    tools().join(format!("collector-{COLLECTOR_VERSION}/build/collector"))
}

/// ADOT's default, with the addresses of this run; and the other pipeline.
fn configuration(otlp: SocketAddr, daemon: SocketAddr, proxy: SocketAddr, [api, second]: [SocketAddr; 2]) -> String {
    let exporter = |api| format!(r#"{{region: eu-central-1, endpoint: "http://{api}", local_mode: true}}"#);
    format!(
        r#"{{receivers: {{otlp: {{protocols: {{http: {{endpoint: "{otlp}"}}}}}}, awsxray: {{endpoint: "{daemon}", transport: udp,
        proxy_server: {{endpoint: "{proxy}", region: eu-central-1, local_mode: true, aws_endpoint: "http://{second}"}}}}}},
        exporters: {{awsxray: {}, awsxray/second: {}}}, service: {{telemetry: {{metrics: {{level: none}}}}, pipelines: {{
        traces: {{receivers: [otlp], exporters: [awsxray]}}, traces/second: {{receivers: [awsxray], exporters: [awsxray/second]}}}}}}}}"#,
        exporter(api),
        exporter(second)
    )
}
