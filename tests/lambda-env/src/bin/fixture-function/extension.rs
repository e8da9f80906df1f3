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

pub(crate) async fn run() -> io::Result<ExitCode> {
    let client = Client::new();
    let identifier = register("fixture-extension", r#"{"events":["INVOKE","SHUTDOWN"]}"#, &client).await?;
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
