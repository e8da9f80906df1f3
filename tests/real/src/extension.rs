//! The collector as Lambda runs it: inside the environment, as an external extension, with the configuration that is deployed. Its X-Ray is at the end of a
//! link that has a round trip and can be lost. The program that registers it is `collector-extension`.

use crate::{
    backend::Backend, collector::program, daemon::Daemon, link::Link, tool::free_address, xray_validator::XrayValidator,
};
use lambda_env::{Sidecar, environment::EnvironmentBuilder};
use std::{io, net::SocketAddr, ops::Deref, path::Path, time::Duration};

/// What is deployed.
const DEPLOYED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../terraform/collector.yaml");

/// Everything behind one function, its collector inside its environment.
#[derive(Debug)]
pub struct ExtensionFixture {
    backend: Backend,
    /// From the collector to X-Ray.
    pub link: Link,
    daemon: Daemon,
    settings: Settings,
}

/// What `collector-extension` has to know, and where the function finds the collector.
#[derive(Debug)]
struct Settings {
    otlp: SocketAddr,
    /// What differs from the deployed configuration: addresses.
    here: String,
}

impl ExtensionFixture {
    /// Starts everything but the environment.
    ///
    /// # Errors
    /// A part does not start.
    pub async fn start(round_trip: Duration) -> io::Result<Self> {
        let backend = Backend::start(XrayValidator::default()).await?;
        let link = Link::start(backend.proxy.address(), round_trip).await?;
        let daemon = Daemon::start(backend.proxy.address(), None).await?;
        let otlp = free_address()?;
        let here = format!(
            r#"yaml:{{receivers: {{otlp: {{protocols: {{http: {{endpoint: "{otlp}"}}}}}}}}, exporters: {{awsxray: {{endpoint: "http://{}"}}}}}}"#,
            link.address()
        );
        Ok(Self { backend, link, daemon, settings: Settings { otlp, here } })
    }

    /// The function with the collector as its extension, which `wrapper` registers.
    pub fn function(&self, wrapper: &Path) -> EnvironmentBuilder {
        self.alone().beside(&self.settings).extension(wrapper)
    }

    /// The function without a collector.
    pub fn alone(&self) -> EnvironmentBuilder {
        self.backend.function().beside(&self.daemon)
    }
}

impl Deref for ExtensionFixture {
    type Target = Backend;

    fn deref(&self) -> &Backend {
        &self.backend
    }
}

impl Sidecar for Settings {
    fn variables(&self) -> Vec<(String, String)> {
        let program = program().to_string_lossy().into_owned();
        [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}", self.otlp)),
            ("OPENTELEMETRY_COLLECTOR_CONFIG_URI", DEPLOYED.to_owned()),
            ("COLLECTOR_PROGRAM", program),
            ("COLLECTOR_SETTINGS", self.here.clone()),
            ("COLLECTOR_ADDRESS", self.otlp.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }
}
