//! The runtime: one `next` loop per slot.

use std::{io, process::ExitCode};

use futures::future::try_join_all;
use serde_json::Value;

use crate::{
    extension,
    handler::{self, Invocation},
    http::{Client, full, read},
    milliseconds, variable,
};

const BASE: &str = "/2018-06-01/runtime";

pub(crate) async fn run() -> io::Result<ExitCode> {
    match variable("FIXTURE_INIT").as_str() {
        "error" => {
            let client = Client::new();
            let request = client.request("POST", &format!("{BASE}/init/error"));
            let request = request.header("lambda-runtime-function-error-type", "Fixture.Config");
            let body = full(r#"{"errorMessage":"A is not set; B is not set","errorType":"Fixture.Config"}"#);
            read(client.send(request.body(body).map_err(io::Error::other)?).await?).await?;
            return Ok(ExitCode::from(9));
        }
        "exit" => return Ok(ExitCode::from(3)),
        "hang" => std::future::pending().await,
        _ => {}
    }
    tokio::time::sleep(milliseconds("FIXTURE_INIT_MS")).await;
    if !variable("FIXTURE_INTERNAL_EXTENSION").is_empty() {
        let identifier = extension::register("fixture-internal", r#"{"events":[]}"#, &Client::new()).await?;
        // Nothing ever comes; it has to wait for it all the same.
        tokio::spawn(async move { extension::next(&Client::new(), &identifier).await });
    }
    let slots = variable("AWS_LAMBDA_MAX_CONCURRENCY").parse().unwrap_or(1);
    try_join_all((0..slots).map(|_| serve())).await?;
    Ok(ExitCode::SUCCESS)
}

async fn serve() -> io::Result<()> {
    let client = Client::new();
    loop {
        let request = client.request("GET", &format!("{BASE}/invocation/next"));
        let next = client.send(request.body(full("")).map_err(io::Error::other)?).await?;
        if !next.status().is_success() {
            return Err(io::Error::other(format!("next answered {}", next.status())));
        }
        let headers = next.headers().clone();
        let event: Value = serde_json::from_slice(&read(next).await?)?;
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let invocation = Invocation {
            client: client.clone(),
            request_id: header("lambda-runtime-aws-request-id"),
            echo: header("lambda-runtime-invocation-id"),
            trace: header("lambda-runtime-trace-id"),
            deadline: header("lambda-runtime-deadline-ms"),
            event,
        };
        handler::handle(&invocation).await?;
    }
}
