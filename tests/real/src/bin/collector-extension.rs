//! Makes an OpenTelemetry Collector an external extension of a Lambda function: registers for INVOKE and SHUTDOWN under its own file name, starts the
//! collector, asks for events once that listens, and ends it at SHUTDOWN.
//!
//! It asks for its next event at once, so that nothing but the function's own flush gives the collector time. With `COLLECTOR_WAITS=true` it waits for
//! `platform.runtimeDone` of the Telemetry API first, as the layers of others do.

use bytes::Bytes;
use http::{HeaderValue, Request, StatusCode};
use lambda_env::Stamp;
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde_json::{Value, json};
use sse_real::{exchange::Upstream, telemetry_listener::TelemetryListener};
use std::{env, error::Error, io, path::Path, process::ExitCode, time::Duration};
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time::{sleep, timeout},
};

const BASE: &str = "/2020-01-01/extension";
const IDENTIFIER: &str = "lambda-extension-identifier";
const LOOK_PAUSE: Duration = Duration::from_millis(2);
/// The collector is killed so long before Lambda kills everything.
const KILL_MARGIN: Duration = Duration::from_millis(100);

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            println!("collector-extension: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<(), Box<dyn Error>> {
    let name = env::args().next().unwrap_or_default();
    let name = Path::new(&name).file_name().unwrap_or_default().to_string_lossy();
    let api = Api::register(&name).await?;
    let listener = if variable("COLLECTOR_WAITS") == "true" { Some(api.subscribe().await?) } else { None };
    let mut collector = match start().await {
        Ok(collector) => collector,
        Err(error) => {
            api.failed(&error.to_string()).await;
            return Err(error);
        }
    };
    loop {
        let event = tokio::select! {
            event = api.next() => event?,
            ended = collector.wait() => return Err(format!("the collector ended: {}", ended?).into()),
        };
        if event["eventType"] == "SHUTDOWN" {
            return Ok(stop(&mut collector, event["deadlineMs"].as_u64().unwrap_or_default()).await?);
        }
        if let (Some(listener), Some(request_id)) = (&listener, event["requestId"].as_str()) {
            listener.runtime_done(request_id).await;
            println!("collector-extension: the runtime is done with {request_id}");
        }
    }
}

/// Starts the collector and waits until it listens.
async fn start() -> Result<Child, Box<dyn Error>> {
    let (address, settings) = (variable("COLLECTOR_ADDRESS"), variable("COLLECTOR_SETTINGS"));
    let mut command = Command::new(variable("COLLECTOR_PROGRAM"));
    for configuration in [variable("OPENTELEMETRY_COLLECTOR_CONFIG_URI"), settings] {
        command.arg("--config").arg(configuration);
    }
    let mut collector = command.kill_on_drop(true).spawn()?;
    while TcpStream::connect(&address).await.is_err() {
        if let Some(status) = collector.try_wait()? {
            return Err(format!("the collector does not start: {status}").into());
        }
        sleep(LOOK_PAUSE).await;
    }
    Ok(collector)
}

/// Lets the collector hand on what it holds, and kills it when the time is over.
async fn stop(collector: &mut Child, deadline_ms: u64) -> io::Result<()> {
    let left = Duration::from_millis(deadline_ms.saturating_sub(Stamp::now().unix_ms())).saturating_sub(KILL_MARGIN);
    if let Some(pid) = collector.id().and_then(|pid| i32::try_from(pid).ok()) {
        kill(Pid::from_raw(pid), Signal::SIGTERM)?;
    }
    if let Ok(ended) = timeout(left, collector.wait()).await {
        println!("collector-extension: the collector ended: {}", ended?);
        return Ok(());
    }
    println!("collector-extension: the collector is killed");
    collector.kill().await
}

/// The Extensions API.
struct Api {
    client: Upstream,
    identifier: HeaderValue,
}

impl Api {
    async fn register(name: &str) -> Result<Self, Box<dyn Error>> {
        let client = Upstream::new(variable("AWS_LAMBDA_RUNTIME_API").parse()?);
        let request = Request::post(format!("{BASE}/register")).header("lambda-extension-name", name);
        let body = json!({"events": ["INVOKE", "SHUTDOWN"]}).to_string();
        let answer = client.send(request.body(body.into())?).await;
        let identifier = answer.headers().get(IDENTIFIER).cloned();
        let identifier = identifier.ok_or_else(|| format!("not registered: {answer:?}"))?;
        Ok(Self { client, identifier })
    }

    /// Subscribes to the Telemetry API.
    async fn subscribe(&self) -> Result<TelemetryListener, Box<dyn Error>> {
        let listener = TelemetryListener::start().await?;
        let request = Request::put("/2022-07-01/telemetry").header(IDENTIFIER, &self.identifier);
        let answer = self.client.send(request.body(listener.subscription().to_string().into())?).await;
        if answer.status() == StatusCode::OK { Ok(listener) } else { Err(format!("not subscribed: {answer:?}").into()) }
    }

    async fn next(&self) -> Result<Value, Box<dyn Error>> {
        let request = Request::get(format!("{BASE}/event/next")).header(IDENTIFIER, &self.identifier);
        let answer = self.client.send(request.body(Bytes::new())?).await;
        if !answer.status().is_success() {
            return Err(format!("no event: {answer:?}").into());
        }
        Ok(serde_json::from_slice(answer.body())?)
    }

    /// Tells Lambda that the extension cannot start.
    async fn failed(&self, why: &str) {
        let request = Request::post(format!("{BASE}/init/error")).header(IDENTIFIER, &self.identifier);
        let request = request.header("lambda-extension-function-error-type", "Collector.NotStarted");
        let body = json!({"errorType": "Collector.NotStarted", "errorMessage": why}).to_string();
        if let Ok(request) = request.body(body.into()) {
            // The environment does not start either way, and the log says why.
            let _ = self.client.send(request).await;
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "an extension is configured by variables")]
fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}
