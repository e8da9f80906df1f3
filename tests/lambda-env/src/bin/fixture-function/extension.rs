//! The extension: registers for everything and takes its time with each event.

use std::{io, process::ExitCode};

use hyper::header::HeaderValue;
use serde_json::Value;

use crate::{
    http::{Client, full, read},
    milliseconds, variable,
};

const BASE: &str = "/2020-01-01/extension";

pub(crate) async fn register(name: &str, events: &'static str, client: &Client) -> io::Result<HeaderValue> {
    let request = client.request("POST", &format!("{BASE}/register")).header("lambda-extension-name", name);
    let registered = client.send(request.body(full(events)).map_err(io::Error::other)?).await?;
    let identifier = registered.headers().get("lambda-extension-identifier").cloned();
    read(registered).await?;
    identifier.ok_or_else(|| io::Error::other("not registered"))
}

pub(crate) async fn next(client: &Client, identifier: &HeaderValue) -> io::Result<Value> {
    let request = client.request("GET", &format!("{BASE}/event/next"));
    let request = request.header("lambda-extension-identifier", identifier);
    let event = read(client.send(request.body(full("")).map_err(io::Error::other)?).await?).await?;
    Ok(serde_json::from_slice(&event)?)
}

/// Subscribes to the Telemetry API with the body that a variable holds.
async fn subscribe(client: &Client, identifier: &HeaderValue) -> io::Result<()> {
    let request = client.request("PUT", "/2022-07-01/telemetry").header("lambda-extension-identifier", identifier);
    let answer = client.send(request.body(full(variable("FIXTURE_TELEMETRY"))).map_err(io::Error::other)?).await?;
    println!("subscribed: {}", answer.status());
    read(answer).await.map(drop)
}

pub(crate) async fn run() -> io::Result<ExitCode> {
    let client = Client::new();
    let identifier = register("fixture-extension", r#"{"events":["INVOKE","SHUTDOWN"]}"#, &client).await?;
    if !variable("FIXTURE_TELEMETRY").is_empty() {
        subscribe(&client, &identifier).await?;
    }
    loop {
        let event = next(&client, &identifier).await?;
        println!("{event}");
        if event["eventType"] == "SHUTDOWN" {
            return Ok(ExitCode::SUCCESS);
        }
        if variable("FIXTURE_EXTENSION") == "crash" {
            return Ok(ExitCode::from(5));
        }
        tokio::time::sleep(milliseconds("FIXTURE_EXTENSION_MS")).await;
        println!("extension done");
    }
}
