//! The judge on the wire: it stands before an X-Ray API, refuses what X-Ray would refuse in the way X-Ray does (in a 200 answer, document by
//! document), and hands on the rest.

use crate::{
    exchange::{Server, Upstream},
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
        let shared = Arc::clone(&judge);
        let server = Server::start(move |request| {
            let answer = answer(Arc::clone(&shared), upstream.clone(), request);
            async { answer.await.map(Full::new) }
        })
        .await?;
        Ok(Self { judge, server })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// What it saw. It judges nothing while this is held.
    pub fn judge(&self) -> MutexGuard<'_, XrayValidator> {
        lock(&self.judge)
    }
}

fn lock(judge: &Mutex<XrayValidator>) -> MutexGuard<'_, XrayValidator> {
    judge.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn answer(judge: Arc<Mutex<XrayValidator>>, upstream: Upstream, request: Request<Bytes>) -> Response<Bytes> {
    if request.uri().path() != "/TraceSegments" {
        return upstream.send(request).await;
    }
    let given: Value = serde_json::from_slice(request.body()).unwrap_or_default();
    let now = Stamp::now();
    let (mut taken, mut refused) = (Vec::new(), Vec::new());
    for document in given["TraceSegmentDocuments"].as_array().into_iter().flatten() {
        let text = document.as_str().unwrap_or_default();
        match lock(&judge).put(text, now) {
            Ok(()) => taken.push(text.to_owned()),
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
