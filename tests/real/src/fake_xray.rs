//! X-Ray as it answers, which is not as it was asked: the stand-in of the AWS APIs behind a socket, and a client of its calls.

use crate::{exchange::Upstream, xray_api::CREDENTIAL};
use fake_aws_control::{FakeAwsControl, Server};
use http::{Request, StatusCode, header::AUTHORIZATION};
use serde_json::{Value, json};
use std::{io, net::SocketAddr};

/// The region of everything here.
pub const REGION: &str = "eu-central-1";
/// Pages and looks of one call, at most.
const ROUNDS_MAX: usize = 100;

/// A running stand-in.
#[derive(Debug)]
pub struct FakeXray {
    control: FakeAwsControl,
    server: Server,
    client: Upstream,
}

impl FakeXray {
    /// Starts it, empty.
    ///
    /// # Errors
    /// No port can be had.
    pub async fn start() -> io::Result<Self> {
        let control = FakeAwsControl::new(REGION);
        let server = Server::start(control.clone()).await?;
        let client = Upstream::new(server.address());
        Ok(Self { control, server, client })
    }

    /// The account behind it: the other services that it stands for, and how it behaves.
    pub const fn control(&self) -> &FakeAwsControl {
        &self.control
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// `BatchGetTraces` for one trace: its documents, of all pages.
    ///
    /// # Errors
    /// What was answered instead.
    pub async fn trace(&self, id: &str) -> Result<Vec<Value>, String> {
        let pages = self.pages("/Traces", json!({"TraceIds": [id]})).await?;
        let segments = pages.iter().flat_map(|page| list(&page["Traces"])).flat_map(|trace| list(&trace["Segments"]));
        let mut documents: Vec<_> = segments.map(document).collect::<Result<_, _>>()?;
        // A document may come in two pages.
        documents.sort_by_key(|document| document["id"].to_string());
        documents.dedup();
        Ok(documents)
    }

    /// The ids of all that X-Ray shows of a trace, nested or not, each as often as it is there; what it inferred is left out.
    ///
    /// # Errors
    /// What was answered instead.
    pub async fn ids(&self, id: &str) -> Result<Vec<String>, String> {
        let mut found = Vec::new();
        let documents = self.trace(id).await?;
        documents.iter().filter(|document| document["inferred"] != true).for_each(|document| ids(document, &mut found));
        Ok(found)
    }

    /// `StartTraceRetrieval` and `ListRetrievedTraces` for one trace: its spans, of all pages.
    ///
    /// # Errors
    /// What was answered instead.
    pub async fn retrieved(&self, id: &str) -> Result<Vec<Value>, String> {
        let time = json!({"TraceIds": [id], "StartTime": 0, "EndTime": u32::MAX});
        let started = self.call("/StartTraceRetrieval", &time).await?;
        let request = json!({"RetrievalToken": started["RetrievalToken"], "TraceFormat": "OTEL"});
        for _ in 0..ROUNDS_MAX {
            if self.call("/ListRetrievedTraces", &request).await?["RetrievalStatus"] == "COMPLETE" {
                let pages = self.pages("/ListRetrievedTraces", request).await?;
                let spans = pages.iter().flat_map(|page| list(&page["Traces"])).flat_map(|trace| list(&trace["Spans"]));
                return spans.map(document).collect();
            }
        }
        Err("the retrieval never ends".to_owned())
    }

    /// `GetTraceGraph` for one trace: the nodes of the service map.
    ///
    /// # Errors
    /// What was answered instead.
    pub async fn graph(&self, id: &str) -> Result<Vec<Value>, String> {
        Ok(list(&self.call("/TraceGraph", &json!({"TraceIds": [id]})).await?["Services"]).cloned().collect())
    }

    /// `GetTraceSummaries`: what is indexed of one trace, if it is.
    ///
    /// # Errors
    /// What was answered instead.
    pub async fn summary(&self, id: &str) -> Result<Option<Value>, String> {
        let pages = self.pages("/TraceSummaries", json!({"StartTime": 0, "EndTime": u32::MAX})).await?;
        Ok(pages.iter().flat_map(|page| list(&page["TraceSummaries"])).find(|summary| summary["Id"] == id).cloned())
    }

    async fn pages(&self, path: &str, mut body: Value) -> Result<Vec<Value>, String> {
        let mut pages = Vec::new();
        for _ in 0..ROUNDS_MAX {
            let page = self.call(path, &body).await?;
            body["NextToken"] = page["NextToken"].clone();
            pages.push(page);
            if body["NextToken"].is_null() {
                return Ok(pages);
            }
        }
        Err(format!("{path}: pages without end"))
    }

    async fn call(&self, path: &str, body: &Value) -> Result<Value, String> {
        let request = Request::post(path).header(AUTHORIZATION, CREDENTIAL).body(body.to_string().into());
        let response = self.client.send(request.map_err(|error| error.to_string())?).await;
        let text = String::from_utf8_lossy(response.body()).into_owned();
        match serde_json::from_str(&text) {
            Ok(answer) if response.status() == StatusCode::OK => Ok(answer),
            _ => Err(format!("{path}: {} {text}", response.status())),
        }
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn ids(entry: &Value, into: &mut Vec<String>) {
    into.extend(entry["id"].as_str().map(str::to_owned));
    list(&entry["subsegments"]).for_each(|inner| ids(inner, into));
}

fn document(entry: &Value) -> Result<Value, String> {
    serde_json::from_str(entry["Document"].as_str().unwrap_or_default()).map_err(|error| format!("{error}: {entry}"))
}
