//! The judge on the wire: it stands before an X-Ray API, refuses what X-Ray would refuse in the way X-Ray does (in a 200 answer, document by
//! document), and hands on the rest.

use crate::{
    exchange::{Server, Upstream},
    tampering::Tampering,
    xray_validator::XrayValidator,
};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use lambda_env::Stamp;
use serde_json::{Value, json};
use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// An X-Ray API that judges, until it is dropped.
#[derive(Debug)]
pub struct XrayValidatorProxy {
    judge: Arc<Mutex<XrayValidator>>,
    tampering: Tampering,
    server: Server,
}

impl XrayValidatorProxy {
    /// Before the API at this address.
    ///
    /// # Errors
    /// No port can be had.
    pub async fn start(api: SocketAddr, judge: XrayValidator) -> io::Result<Self> {
        let judge = Arc::new(Mutex::new(judge));
        let upstream = Upstream::new(api);
        let tampering = Tampering::default();
        let shared = (Arc::clone(&judge), tampering.clone());
        let server = Server::start(move |request| {
            let answer = answer(shared.clone(), upstream.clone(), request);
            async { answer.await.map(Full::new) }
        })
        .await?;
        Ok(Self { judge, tampering, server })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// From now on documents that were taken are not stored as they came, but as `change` says. The sender is not told.
    pub fn tamper(&self, change: impl Fn(Value) -> Vec<Value> + Send + Sync + 'static) {
        self.tampering.set(change);
    }

    /// What it saw. It judges nothing while this is held.
    pub fn judge(&self) -> MutexGuard<'_, XrayValidator> {
        lock(&self.judge)
    }
}

fn lock(judge: &Mutex<XrayValidator>) -> MutexGuard<'_, XrayValidator> {
    judge.lock().unwrap_or_else(PoisonError::into_inner)
}

type Shared = (Arc<Mutex<XrayValidator>>, Tampering);

async fn answer((judge, tampering): Shared, upstream: Upstream, request: Request<Bytes>) -> Response<Bytes> {
    if request.uri().path() != "/TraceSegments" {
        return upstream.send(request).await;
    }
    let given: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    let now = Stamp::now();
    let (mut taken, mut refused) = (Vec::new(), Vec::new());
    for document in given["TraceSegmentDocuments"].as_array().into_iter().flatten() {
        let text = document.as_str().unwrap_or_default();
        match lock(&judge).put(text, now) {
            Ok(()) => taken.extend(tampering.of(text)),
            Err(why) => {
                let id = serde_json::from_str::<Value>(text).unwrap_or_default()["id"].clone();
                refused.push(json!({"Id": id, "ErrorCode": why.code, "Message": why.message}));
            }
        }
    }
    let handed_on = json!({"TraceSegmentDocuments": taken}).to_string();
    let response = upstream.send(request.map(|_| handed_on.into())).await;
    let mut said: Value = serde_json::from_slice(response.body()).unwrap_or_default();
    if let Some(list) = said["UnprocessedTraceSegments"].as_array_mut() {
        list.append(&mut refused);
        return response.map(|_| said.to_string().into());
    }
    response
}
