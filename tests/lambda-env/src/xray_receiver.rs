//! The X-Ray daemon's UDP side: takes datagrams, reads header line and document, records. It sends nothing on.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
};

use serde_json::Value;
use tokio::{net::UdpSocket, sync::watch, task::JoinHandle};

use crate::{clock::Stamp, environment::Sidecar, segment::SegmentSink};

/// The most that a datagram on IPv4 can carry; the daemon's own buffer is no larger.
const MAX_DATAGRAM: usize = 65_507;

/// One document, a segment or a subsegment sent by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct XrayDocument {
    /// When it was read.
    pub at: Stamp,
    /// Size of the datagram in bytes; of the document for one that Lambda's own writer handed over.
    pub bytes: usize,
    /// The document.
    pub json: Value,
}

impl XrayDocument {
    /// `trace_id` as OpenTelemetry writes it: 32 hex digits.
    pub fn trace_id(&self) -> String {
        self.json["trace_id"].as_str().unwrap_or_default().trim_start_matches("1-").replace('-', "")
    }

    /// The document and all subsegments nested in it, outermost first.
    pub fn flattened(&self) -> Vec<&Value> {
        let mut all = vec![&self.json];
        let mut next = 0;
        while let Some(document) = all.get(next) {
            let nested = document["subsegments"].as_array().into_iter().flatten();
            all.extend(nested.collect::<Vec<_>>());
            next += 1;
        }
        all
    }
}

/// An X-Ray daemon on loopback that records. As a [`SegmentSink`] it records Lambda's own segments as well.
#[derive(Clone, Debug)]
pub struct XrayReceiver {
    record: Arc<Record>,
    address: SocketAddr,
    _receiving: Arc<Receiving>,
}

#[derive(Debug, Default)]
struct Record {
    documents: Mutex<Vec<XrayDocument>>,
    malformed: Mutex<Vec<(Stamp, String)>>,
    changed: watch::Sender<()>,
}

#[derive(Debug)]
struct Receiving(JoinHandle<()>);

impl Drop for Receiving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl XrayReceiver {
    /// Listens on a free port.
    ///
    /// # Errors
    /// No UDP port on loopback can be had.
    pub async fn start() -> io::Result<Self> {
        Self::start_on(0).await
    }

    /// Listens on this port: 2000 is where functions look that are told nothing.
    ///
    /// # Errors
    /// The port is taken.
    pub async fn start_on(port: u16) -> io::Result<Self> {
        let socket = UdpSocket::bind(("127.0.0.1", port)).await?;
        let address = socket.local_addr()?;
        let record = Arc::<Record>::default();
        let receiving = tokio::spawn(receive(socket, Arc::clone(&record)));
        Ok(Self { record, address, _receiving: Arc::new(Receiving(receiving)) })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Every document so far.
    pub fn documents(&self) -> Vec<XrayDocument> {
        crate::lock(&self.record.documents).clone()
    }

    /// Hands over every document held; they are held no more. For long runs.
    pub fn take(&self) -> Vec<XrayDocument> {
        std::mem::take(&mut crate::lock(&self.record.documents))
    }

    /// Datagrams that were no documents, with what was wrong.
    pub fn malformed(&self) -> Vec<(Stamp, String)> {
        crate::lock(&self.record.malformed).clone()
    }

    /// Waits until this many documents are held. Put a time-out around it.
    pub async fn wait_for(&self, count: usize) -> Vec<XrayDocument> {
        let mut changes = self.record.changed.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        let _ = changes.wait_for(|()| crate::lock(&self.record.documents).len() >= count).await;
        self.documents()
    }
}

impl SegmentSink for XrayReceiver {
    fn segment(&self, document: &Value) {
        self.record.add(document.to_string().len(), document.clone());
    }
}

impl Sidecar for XrayReceiver {
    fn variables(&self) -> Vec<(String, String)> {
        let (host, port) = (self.address.ip().to_string(), self.address.port().to_string());
        [
            ("AWS_XRAY_DAEMON_ADDRESS", &self.address.to_string()),
            ("_AWS_XRAY_DAEMON_ADDRESS", &host),
            ("_AWS_XRAY_DAEMON_PORT", &port),
        ]
        .map(|(name, value)| (name.to_owned(), value.clone()))
        .into()
    }
}

impl Record {
    fn add(&self, bytes: usize, json: Value) {
        crate::lock(&self.documents).push(XrayDocument { at: Stamp::now(), bytes, json });
        self.changed.send_modify(|()| ());
    }
}

async fn receive(socket: UdpSocket, record: Arc<Record>) {
    let mut buffer = vec![0; MAX_DATAGRAM];
    loop {
        // An error is an earlier datagram's; the socket goes on.
        let Ok((length, _)) = socket.recv_from(&mut buffer).await else {
            continue;
        };
        match document(&buffer[..length]) {
            Ok(json) => record.add(length, json),
            Err(what) => crate::lock(&record.malformed).push((Stamp::now(), what.to_owned())),
        }
    }
}

/// Reads a datagram as the daemon does: a header line, a line feed, one document.
fn document(datagram: &[u8]) -> Result<Value, &'static str> {
    let end = datagram.iter().position(|byte| *byte == b'\n').ok_or("no header line")?;
    let header: Value = serde_json::from_slice(&datagram[..end]).map_err(|_| "header is not JSON")?;
    if header["format"] != "json" || header["version"] != 1 {
        return Err("header is not format json, version 1");
    }
    let document: Value = serde_json::from_slice(&datagram[end + 1..]).map_err(|_| "document is not JSON")?;
    let is_text = |name: &str| document[name].as_str().is_some_and(|text| !text.is_empty());
    if !(is_text("id") && is_text("name") && is_text("trace_id") && document["start_time"].is_number()) {
        return Err("document lacks id, name, trace_id or start_time");
    }
    Ok(document)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_is_a_header_line_and_a_document() {
        let good = br#"{"format":"json","version":1}
{"id":"53995c3f42cd8ad8","name":"x","trace_id":"1-67891233-abcdef012345678912345678","start_time":1.5}"#;
        assert_eq!(document(good).unwrap()["name"], "x");
        for (bad, what) in [
            (&b"{}"[..], "no header line"),
            (b"x\n{}", "header is not JSON"),
            (b"{\"format\":\"json\",\"version\":2}\n{}", "header is not format json, version 1"),
            (b"{\"format\":\"json\",\"version\":1}\n{", "document is not JSON"),
            (b"{\"format\":\"json\",\"version\":1}\n{}", "document lacks id, name, trace_id or start_time"),
        ] {
            assert_eq!(document(bad).unwrap_err(), what);
        }
    }

    #[test]
    fn nested_subsegments_are_found() {
        let json =
            serde_json::json!({"id": "a", "subsegments": [{"id": "b", "subsegments": [{"id": "c"}]}, {"id": "d"}]});
        let document = XrayDocument { at: Stamp::now(), bytes: 0, json };
        let ids: Vec<_> = document.flattened().iter().map(|found| found["id"].as_str().unwrap()).collect();
        assert_eq!(ids, ["a", "b", "d", "c"]);
    }
}
