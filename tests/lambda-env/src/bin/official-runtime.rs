//! A function on the official Rust runtime, which was written against Lambda and knows nothing of this package: if it is at
//! home in the environment, the environment is like Lambda in what it uses. By the path of the event: `/stream` three
//! events, `/broken` one event and an error in mid-body, anything else an error.

use std::{process::ExitCode, time::Duration};

use lambda_runtime::{
    Error, LambdaEvent, service_fn,
    streaming::{Body, Response, channel},
};
use serde_json::Value;

#[tokio::main]
async fn main() -> ExitCode {
    match lambda_runtime::run(service_fn(handle)).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

async fn handle(event: LambdaEvent<Value>) -> Result<Response<Body>, Error> {
    let path = event.payload["rawPath"].as_str().unwrap_or_default().to_owned();
    if path != "/stream" && path != "/broken" {
        return Err("no such path".into());
    }
    let (mut sender, body) = channel();
    tokio::spawn(async move {
        for number in 0..3 {
            if sender.send_data(format!("data: {{\"n\":{number}}}\n\n").into()).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
            if path == "/broken" {
                return sender.abort();
            }
        }
    });
    Ok(Response::from(body))
}
