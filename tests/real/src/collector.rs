//! The OpenTelemetry Collector, made and configured as the ADOT layer is, exporting to an X-Ray API on loopback. For the handler phase it listens
//! where the X-Ray daemon would.

use crate::tool::{Tool, free_address, tools};
use lambda_env::Neighbour;
use std::{
    io,
    net::{Ipv4Addr, SocketAddr, UdpSocket},
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
    /// Starts it, exporting to the API at this address.
    ///
    /// # Errors
    /// It is not built, or does not start.
    pub async fn start(api: SocketAddr) -> io::Result<Self> {
        let (otlp, proxy) = (free_address()?, free_address()?);
        let daemon = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let mut command = Command::new(tools().join(format!("collector-{COLLECTOR_VERSION}/build/collector")));
        command.arg("--config").arg(format!("yaml:{}", configuration(otlp, daemon, proxy, api)));
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

impl Neighbour for Collector {
    fn variables(&self) -> Vec<(String, String)> {
        vec![
            ("OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(), format!("http://{}", self.otlp)),
            ("AWS_XRAY_DAEMON_ADDRESS".to_owned(), self.daemon.to_string()),
        ]
    }
}

/// ADOT's default, with the addresses of this run, and the receiver that stands for the daemon.
fn configuration(otlp: SocketAddr, daemon: SocketAddr, proxy: SocketAddr, api: SocketAddr) -> String {
    format!(
        r#"{{receivers: {{otlp: {{protocols: {{http: {{endpoint: "{otlp}"}}}}}}, awsxray: {{endpoint: "{daemon}", transport: udp,
        proxy_server: {{endpoint: "{proxy}", region: eu-central-1, local_mode: true, aws_endpoint: "http://{api}"}}}}}},
        exporters: {{awsxray: {{region: eu-central-1, endpoint: "http://{api}", local_mode: true}}}},
        service: {{telemetry: {{metrics: {{level: none}}, logs: {{level: debug}}}},
        pipelines: {{traces: {{receivers: [otlp, awsxray], exporters: [awsxray]}}}}}}}}"#
    )
}
