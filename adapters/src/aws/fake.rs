//! A service on the far side of the HTTP client, for tests without a network: answers in order, requests kept.

use super::{Aws, base};
use aws_smithy_runtime_api::{
    client::{
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
            SharedHttpConnector,
        },
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex},
};

#[derive(Clone, Debug)]
pub(crate) enum Answer {
    Says(u16, Vec<u8>),
    Hangs,
    /// No connection can be opened.
    Refuses,
    /// The connection breaks after the request.
    Breaks,
}

impl Answer {
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::Says(status, body.as_bytes().to_vec())
    }
}

/// One request as it was sent.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Sent {
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Answers in order; the last one again and again.
#[derive(Clone, Debug)]
pub(crate) struct FakeService {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl FakeService {
    pub(crate) async fn new(answers: impl IntoIterator<Item = Answer>) -> (Self, Aws) {
        let service = Self { answers: Arc::new(Mutex::new(answers.into_iter().collect())), sent: Arc::default() };
        let aws = Aws::for_tests(SharedHttpClient::new(service.clone()), base()).await;
        (service, aws)
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }
}

impl HttpClient for FakeService {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for FakeService {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let header = |name: &str| request.headers().get(name).unwrap_or_default().to_owned();
        let number = {
            let mut sent = self.sent.lock().unwrap();
            sent.push(Sent {
                target: header("x-amz-target"),
                headers: request.headers().iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
                body: request.body().bytes().unwrap_or_default().to_vec(),
            });
            sent.len()
        };
        let answer = {
            let mut answers = self.answers.lock().unwrap();
            if answers.len() > 1 { answers.pop_front().unwrap() } else { answers[0].clone() }
        };
        HttpConnectorFuture::new(async move {
            match answer {
                Answer::Hangs => std::future::pending().await,
                Answer::Refuses => Err(ConnectorError::io(io::Error::from(io::ErrorKind::ConnectionRefused).into())),
                Answer::Breaks => Err(ConnectorError::io(io::Error::from(io::ErrorKind::ConnectionReset).into())),
                Answer::Says(status, body) => {
                    let status = StatusCode::try_from(status).unwrap();
                    let mut response = HttpResponse::new(status, SdkBody::from(body));
                    response.headers_mut().insert("x-amzn-requestid", format!("request-{number}"));
                    // For the services that speak it; the others do not look.
                    response.headers_mut().insert("smithy-protocol", "rpc-v2-cbor");
                    Ok(response)
                }
            }
        })
    }
}
