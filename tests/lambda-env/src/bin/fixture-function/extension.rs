//! The extension: registers for everything and takes its time with each event.

use std::{io, process::ExitCode};

use serde_json::Value;

use crate::{
    http::{Client, full, read},
    milliseconds, variable,
};

const BASE: &str = "/2020-01-01/extension";

pub(crate) async fn run() -> io::Result<ExitCode> {
    let client = Client::new();
    let request = client.request("POST", &format!("{BASE}/register"));
    let request = request.header("lambda-extension-name", "fixture-extension");
    let body = full(r#"{"events":["INVOKE","SHUTDOWN"]}"#);
    let registered = client.send(request.body(body).map_err(io::Error::other)?).await?;
    let identifier = registered.headers().get("lambda-extension-identifier").cloned();
    let identifier = identifier.ok_or_else(|| io::Error::other("not registered"))?;
    read(registered).await?;
    loop {
        let request = client.request("GET", &format!("{BASE}/event/next"));
        let request = request.header("lambda-extension-identifier", &identifier);
        let event = read(client.send(request.body(full("")).map_err(io::Error::other)?).await?).await?;
        let event: Value = serde_json::from_slice(&event)?;
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
