//! The segments that Lambda itself writes for a traced invocation: the service's (`AWS::Lambda`) and the function's own
//! (`AWS::Lambda::Function`), whose id is the `Parent` of the trace header. What the function records hangs under the
//! second. It sends nothing: a [`SegmentSink`] does.

use std::{fmt, io, net::SocketAddr, net::UdpSocket, sync::Arc};

use serde_json::{Value, json};

use crate::{clock::Stamp, function::Function, ids::Ids, runtime_api::Outcome, runtime_api::Response};

/// Accepts segment documents: a recorder, or a sender to X-Ray.
pub trait SegmentSink: Send + Sync {
    /// One document. Called from within the runtime: it must not block for long.
    fn segment(&self, document: &Value);
}

/// Any closure is a sink.
impl<F: Fn(&Value) + Send + Sync> SegmentSink for F {
    fn segment(&self, document: &Value) {
        self(document);
    }
}

impl fmt::Debug for dyn SegmentSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SegmentSink")
    }
}

/// Sends each document to an X-Ray daemon by UDP.
#[derive(Debug)]
pub struct DaemonSink {
    socket: UdpSocket,
    daemon: SocketAddr,
}

impl DaemonSink {
    /// Sends to the daemon at this address.
    ///
    /// # Errors
    /// No UDP socket on loopback can be had.
    pub fn new(daemon: SocketAddr) -> io::Result<Self> {
        Ok(Self { socket: UdpSocket::bind(("127.0.0.1", 0))?, daemon })
    }
}

impl SegmentSink for DaemonSink {
    fn segment(&self, document: &Value) {
        let datagram = format!("{}\n{document}", json!({"format": "json", "version": 1}));
        // UDP to a daemon that is not there is lost silently, on Lambda too.
        let _ = self.socket.send_to(datagram.as_bytes(), self.daemon);
    }
}

#[derive(Debug)]
pub(crate) struct SegmentWriter {
    sink: Arc<dyn SegmentSink>,
    ids: Ids,
}

impl SegmentWriter {
    pub(crate) fn new(sink: Arc<dyn SegmentSink>, seed: Option<u64>) -> Self {
        // Ids of its own, so that recording segments changes no other id of a seeded run.
        Self { sink, ids: seed.map_or_else(Ids::random, |seed| Ids::seeded(seed ^ 0x5e67)) }
    }

    /// Writes both segments of an invocation that is over, if its header says that it is sampled. `init` is the start of a
    /// process whose first invocation this was.
    pub(crate) fn write(&self, function: &Function, record: &Response, init: Option<(Stamp, Stamp)>) {
        let Some(trace) = record.trace.as_ref().filter(|trace| trace.sampled) else {
            return;
        };
        let (Some(from), Some(to)) = (record.delivered, record.ended) else {
            return;
        };
        let (start, end) = (from.unix_seconds(), to.unix_seconds());
        let service = self.ids.segment();
        let fault = !matches!(record.outcome, Some(Outcome::Complete | Outcome::Refused(_) | Outcome::Cut));
        let status = record.prelude().map_or(200, |prelude| prelude.status);
        self.sink.segment(&json!({
            "id": service,
            "trace_id": trace.root,
            "name": function.name,
            "origin": "AWS::Lambda",
            "resource_arn": function.arn(),
            "start_time": start,
            "end_time": end,
            "fault": fault,
            "http": {"response": {"status": if fault { 502 } else { status }}},
            "aws": {"request_id": record.request_id},
        }));
        self.sink.segment(&json!({
            "id": trace.parent,
            "parent_id": service,
            "trace_id": trace.root,
            "name": function.name,
            "origin": "AWS::Lambda::Function",
            "resource_arn": function.arn(),
            "start_time": start,
            "end_time": end,
            "fault": fault,
            "aws": {"account_id": function.account, "function_arn": function.arn(), "resource_names": [function.name]},
            "subsegments": self.phases((start, end), init),
        }));
    }

    fn phases(&self, (start, end): (f64, f64), init: Option<(Stamp, Stamp)>) -> Vec<Value> {
        let phase = |name: &str, from: f64, to: f64| json!({"id": self.ids.segment(), "name": name, "start_time": from, "end_time": to});
        let init = init.map(|(from, to)| phase("Initialization", from.unix_seconds(), to.unix_seconds()));
        init.into_iter().chain([phase("Invocation", start, end)]).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;
    use crate::{runtime_api::Chunk, trace::TraceHeader};

    fn written(trace: Option<TraceHeader>) -> Vec<Value> {
        let documents = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&documents);
        let sink: Arc<dyn SegmentSink> = Arc::new(move |document: &Value| kept.lock().unwrap().push(document.clone()));
        let now = Some(Stamp::now());
        let body = Chunk { at: Stamp::now(), bytes: "{\"statusCode\":404}".into() };
        let record = Response {
            request_id: "r".to_owned(),
            trace,
            deadline_ms: 0,
            delivered: now,
            answered: now,
            headers: http::HeaderMap::new(),
            chunks: vec![body],
            trailers: http::HeaderMap::new(),
            ended: now,
            outcome: Some(Outcome::Complete),
        };
        SegmentWriter::new(sink, Some(1)).write(&Function::default(), &record, now.zip(now));
        documents.lock().unwrap().drain(..).collect()
    }

    #[test]
    fn the_function_s_segment_has_the_id_that_the_header_calls_parent() {
        let trace = TraceHeader::generate(&Ids::seeded(1));
        let documents = written(Some(trace.clone()));
        assert_eq!(documents.len(), 2);
        assert_eq!(documents[1]["id"], trace.parent);
        assert_eq!(documents[1]["trace_id"], trace.root);
        assert_eq!(documents[1]["parent_id"], documents[0]["id"]);
        assert_eq!(documents[0]["http"]["response"]["status"], 404);
        assert_eq!(documents[1]["subsegments"][0]["name"], "Initialization");
    }

    #[test]
    fn nothing_is_written_for_what_is_not_sampled() {
        assert!(written(None).is_empty());
        assert!(written(Some(TraceHeader::generate(&Ids::seeded(1)).sampled(false))).is_empty());
    }
}
