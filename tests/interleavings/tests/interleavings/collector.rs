//! A collector of whatever moods, the pipeline before it, and the account of what became of each span.

use crate::{a_while, chance};
use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use lambda_trace::{ManualClock, Telemetry, TraceId};
use lambda_trace_otlp::{
    AttemptLog, MemoryLines, Pipeline, PipelineConfig, Transport, TransportError,
    testing::{Handles, Told, config, hex, ports, spans, streaming_only},
};
use opentelemetry_proto::tonic::{collector::trace::v1::ExportTraceServiceRequest, trace::v1::Span};
use opentelemetry_sdk::Resource;
use prost::Message;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    IsNotThere,
    HasNoRoom,
    TakesAndBreaksOff,
    Takes,
}

impl Mood {
    fn by_chance() -> Self {
        match chance(6) {
            0 => Self::IsNotThere,
            1 => Self::HasNoRoom,
            2 => Self::TakesAndBreaksOff,
            _ => Self::Takes,
        }
    }
}

/// Takes its time.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    under_way: AtomicU64,
    taken: Mutex<Vec<Span>>,
    /// Its first moods; what follows is chance.
    moods: Mutex<VecDeque<Mood>>,
    /// Requests that arrived and whose answer nobody read.
    unread: AtomicU64,
}

/// A request under way, also one that is dropped.
struct UnderWay<'c> {
    collector: &'c Collector,
    is_unread: bool,
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.collector.under_way.fetch_sub(1, SeqCst);
        self.collector.unread.fetch_add(u64::from(self.is_unread), SeqCst);
    }
}

#[async_trait]
impl Transport for Collector {
    async fn send(&self, request: Request<Bytes>, attempt_log: &AttemptLog) -> Result<Response<Bytes>, TransportError> {
        assert_eq!(self.under_way.fetch_add(1, SeqCst), 0, "a second request beside the first");
        let mut under_way = UnderWay { collector: self, is_unread: false };
        a_while(3).await;
        let mood = self.moods.lock().unwrap().pop_front().unwrap_or_else(Mood::by_chance);
        if mood == Mood::IsNotThere {
            return Err(TransportError::Connect(io::ErrorKind::ConnectionRefused.into()));
        }
        attempt_log.sent();
        a_while(2).await;
        if mood == Mood::HasNoRoom {
            return Ok(Response::builder().status(503).header("retry-after", 0).body(Bytes::new()).unwrap());
        }
        let request = ExportTraceServiceRequest::decode(request.into_body()).unwrap();
        self.taken.lock().unwrap().extend(spans(request));
        under_way.is_unread = true;
        a_while(2).await;
        if mood == Mood::TakesAndBreaksOff {
            return Err(TransportError::Connect(io::ErrorKind::ConnectionReset.into()));
        }
        under_way.is_unread = false;
        Ok(Response::new(Bytes::new()))
    }
}

/// A trace as OTLP names it.
pub(crate) fn of_otlp(trace: TraceId) -> String {
    trace.to_string().split('-').skip(1).collect()
}

/// A pipeline, and all that it leaves behind.
pub(crate) struct Telemetered {
    pub(crate) sink: Arc<dyn Telemetry>,
    pub(crate) handles: Arc<Handles>,
    collector: Arc<Collector>,
    lines: Arc<MemoryLines>,
}

impl Telemetered {
    pub(crate) fn new(clock: &Arc<ManualClock>, moods: &[Mood]) -> Self {
        let moods = Mutex::new(moods.iter().copied().collect());
        let (collector, lines) = (Arc::new(Collector { moods, ..Collector::default() }), Arc::<MemoryLines>::default());
        let resource = Resource::builder_empty().with_service_name("tests").build();
        let config = PipelineConfig { trace_budget_bytes: 1 << 30, ..config(1 << 20) };
        let ports = ports(&lines, &Arc::<Told>::default(), clock);
        let pipeline = Pipeline::over(collector.clone(), config, &resource, ports).unwrap();
        let handles = Handles::new(Arc::new(pipeline));
        Self { sink: streaming_only(handles.clone()), handles, collector, lines }
    }

    /// Each span is delivered or printed, in the trace of its own stream, and the ledger says so. `streams`: by trace, how many spans
    /// were made.
    pub(crate) fn is_complete(&self, streams: &BTreeMap<String, u64>) {
        let taken = self.collector.taken.lock().unwrap().clone();
        let lines: Vec<Value> = self.lines.all().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
        let printed = lines
            .iter()
            .filter(|line| line["resourceSpans"].is_array())
            .flat_map(|line| spans(serde_json::from_value::<ExportTraceServiceRequest>(line.clone()).unwrap()));
        let all: Vec<_> = taken.into_iter().chain(printed).map(|span| (hex(&span.trace_id), span.span_id)).collect();
        let distinct: BTreeSet<_> = all.iter().cloned().collect();
        let mut found: BTreeMap<String, u64> = BTreeMap::new();
        for (trace, _) in &distinct {
            *found.entry(trace.clone()).or_default() += 1;
        }
        assert_eq!(&found, streams, "a span is lost, or in another trace");
        let is_in_doubt = self.collector.unread.load(SeqCst) > 0;
        assert!(is_in_doubt || all.len() == distinct.len(), "a span twice");
        let sum = |key: &str| lines.iter().filter_map(|line| line[key].as_u64()).sum::<u64>();
        assert_eq!(sum("created"), streams.values().sum::<u64>());
        assert_eq!(sum("delivered") + sum("logged") + sum("folded"), sum("created"), "{lines:#?}");
    }
}
