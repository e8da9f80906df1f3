//! The crate `eventsource-client`: goes on for ever, as it is meant to, and prints what it is told, one JSON line an event.

use eventsource_client::{Client, ClientBuilder, ReconnectOptions, SSE};
use futures::TryStreamExt;
use launchdarkly_sdk_transport::HyperTransport;
use serde_json::json;
use std::{error::Error, time::Duration};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = std::env::args().nth(1).ok_or("the address of a stream is needed")?;
    let transport = HyperTransport::builder().build_http()?;
    // No backoff of its own: what it waits is then what it was told.
    let reconnect = ReconnectOptions::reconnect(true).delay(Duration::from_secs(1)).backoff_factor(1).build();
    let client = ClientBuilder::for_url(&url)?.reconnect(reconnect).build_with_transport(transport);
    let mut stream = client.stream();
    let mut last_id = None;
    loop {
        match stream.try_next().await {
            Ok(Some(SSE::Event(event))) => {
                last_id = event.id.or(last_id);
                println!("{}", json!({"event": event.event_type, "data": event.data, "id": last_id}));
            }
            Ok(Some(_)) => {}
            Ok(None) => break println!("{}", json!({"gave_up": true})),
            // It says so and connects again.
            Err(error) => eprintln!("{error}"),
        }
    }
    Ok(())
}
