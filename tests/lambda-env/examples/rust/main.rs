//! A function on `lambda_runtime` that streams three events. `lambda-env serve target/debug/examples/rust-stream`

use std::time::Duration;

use lambda_runtime::{
    Error, LambdaEvent, MetadataPrelude, service_fn,
    streaming::{Body, Response, channel},
};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda_runtime::run(service_fn(handle)).await
}

async fn handle(event: LambdaEvent<Value>) -> Result<Response<Body>, Error> {
    if event.payload["rawPath"] != "/stream" {
        return Err("no such path".into());
    }
    let (mut sender, stream) = channel();
    tokio::spawn(async move {
        for n in 0..3 {
            let sent = sender.send_data(format!("data: {{\"n\":{n}}}\n\n").into()).await;
            tokio::time::sleep(Duration::from_millis(if sent.is_ok() { 50 } else { 0 })).await;
        }
    });
    let mut metadata_prelude = MetadataPrelude::default();
    metadata_prelude.headers.insert("content-type", "text/event-stream".parse()?);
    Ok(Response { metadata_prelude, stream })
}
