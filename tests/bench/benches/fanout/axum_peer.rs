//! The peer: axum 0.8, a broadcast channel and a body, as one would write it. `PEER=once`: an event is formatted once, and its bytes go to
//! all; `PEER=each`: `axum::response::sse::Event`, formatted for each client.

use crate::process::orders;
use axum::{
    Router,
    body::Body,
    extract::State,
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
    routing::get,
};
use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use serde_json::json;
use std::{convert::Infallible, sync::Arc};
use tokio::{
    net::TcpListener,
    sync::broadcast::{self, Sender},
};

/// Events of a burst.
pub(crate) const BURST_EVENTS: usize = 10;
/// As long as a cursor of ours.
const ID: &str = "AgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

#[derive(Clone)]
struct Update(Arc<Data>);

struct Data {
    json: serde_json::Value,
    /// The first and the last of a burst carry an id, as ours do.
    has_id: bool,
}

fn update(burst: u64, n: usize) -> Update {
    let json = json!({
        "ticker": format!("T{n}"), "score": 0.1234, "label": "positive", "confidence": 0.6667, "count": burst, "source": "aggregate",
        "timestamp": "2026-11-22T08:00:00.000Z",
    });
    Update(Arc::new(Data { json, has_id: n == 0 || n + 1 == BURST_EVENTS }))
}

fn formatted(update: &Update) -> Bytes {
    let id = if update.0.has_id { format!("\nid: {ID}") } else { String::new() };
    format!("event: sentiment_update\ndata: {}{id}\n\n", update.0.json).into()
}

fn events<T: Clone + Send + 'static>(sender: &Sender<T>, first: T) -> impl Stream<Item = T> + Send + use<T> {
    let rest = stream::unfold(sender.subscribe(), |mut receiver| async {
        let next = receiver.recv().await.ok()?;
        Some((next, receiver))
    });
    stream::iter([first]).chain(rest)
}

async fn once(State(sender): State<Sender<Bytes>>) -> Response {
    let body = Body::from_stream(events(&sender, formatted(&update(0, 0))).map(Ok::<_, Infallible>));
    ([("content-type", "text/event-stream"), ("cache-control", "no-cache")], body).into_response()
}

async fn each(State(sender): State<Sender<Update>>) -> impl IntoResponse {
    Sse::new(events(&sender, update(0, 0)).map(|update| {
        let event = Event::default().event("sentiment_update").data(update.0.json.to_string());
        Ok::<_, Infallible>(if update.0.has_id { event.id(ID) } else { event })
    }))
}

pub(crate) async fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    println!("{}", listener.local_addr().expect("an address"));
    let is_once = std::env::vars().any(|(name, value)| name == "PEER" && value == "once");
    let (formatted_once, _) = broadcast::channel(64);
    let (for_each, _) = broadcast::channel(64);
    let path = "/api/v2/stream";
    let routes = if is_once {
        Router::new().route(path, get(once)).with_state(formatted_once.clone())
    } else {
        Router::new().route(path, get(each)).with_state(for_each.clone())
    };
    let bursts = async {
        let mut orders = orders();
        let mut burst = 0;
        while orders.recv().await.is_some() {
            burst += 1;
            for n in 0..BURST_EVENTS {
                let update = update(burst, n);
                // Without readers nobody is there to take it.
                let _ = if is_once {
                    formatted_once.send(formatted(&update)).map(drop).map_err(drop)
                } else {
                    for_each.send(update).map(drop).map_err(drop)
                };
            }
        }
    };
    let listener = axum::serve::ListenerExt::tap_io(listener, |socket| drop(socket.set_nodelay(true)));
    tokio::select! {
        ended = async { axum::serve(listener, routes).await } => ended.expect("it serves"),
        () = bursts => {}
    }
}
