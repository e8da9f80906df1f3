//! A telemetry sink that keeps everything in sight, and misbehaves on demand.

use async_trait::async_trait;
use futures::{channel::oneshot, lock::Mutex as AsyncMutex};
use lambda_trace::{
    FinishedSpan, FlushOutcome, Handler, SpanId, StreamClosed, StreamOpened, Streaming, Telemetry, Timestamp, Value,
};
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
};

/// What the spy saw, in order.
pub enum Seen {
    /// A handler phase.
    Handler(FinishedSpan<Handler>),
    /// A stream opened.
    Opened(StreamOpened),
    /// A streaming span.
    Span(FinishedSpan<Streaming>),
    /// An export in mid-stream began.
    Export,
    /// It ended by itself.
    Exported,
    /// A flush began.
    Flush,
    /// A flush ended by itself.
    BodyEndPermit,
    /// A stream was settled.
    Closed(StreamClosed),
}

/// The spy.
#[derive(Default)]
pub struct SpyTelemetry {
    ids: AtomicU64,
    /// Flushes hang while this is set.
    pub hangs: AtomicBool,
    /// One export is due once this is set; it ends when the other half is dropped.
    pub export_until: Mutex<Option<oneshot::Receiver<()>>>,
    /// Exports and flushes of sampled streams, one at a time.
    sending: AsyncMutex<()>,
    seen: Mutex<Vec<Seen>>,
}

/// A streaming span in a few words.
#[derive(Clone, Debug, PartialEq)]
pub struct Brief {
    /// Its name.
    pub name: &'static str,
    /// Its trace, as printed.
    pub trace: String,
    /// Its id.
    pub id: SpanId,
    /// Its parent.
    pub parent: SpanId,
    /// From.
    pub start: Timestamp,
    /// Until.
    pub end: Timestamp,
    /// Its attributes.
    pub attributes: Vec<(&'static str, Value)>,
    /// Its exception's type.
    pub error: Option<String>,
}

impl Brief {
    /// An attribute as text, whatever its type.
    pub fn text(&self, key: &str) -> Option<String> {
        self.attributes.iter().find(|(k, _)| *k == key).map(|(_, v)| match v {
            Value::Str(s) => s.to_string(),
            Value::Int(n) => n.to_string(),
            Value::Bool(b) => b.to_string(),
            Value::List(l) => l.join(","),
        })
    }
}

impl SpyTelemetry {
    /// Everything seen so far.
    pub fn seen(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self, seen: Seen) {
        self.seen().push(seen);
    }

    /// The streaming spans.
    pub fn spans(&self) -> Vec<Brief> {
        let brief = |s: &FinishedSpan<Streaming>| Brief {
            name: s.name,
            trace: s.trace.to_string(),
            id: s.id,
            parent: s.parent,
            start: s.start,
            end: s.end,
            attributes: s.attributes.clone(),
            error: s.exception.as_ref().map(|e| e.error_type.to_string()),
        };
        self.seen().iter().filter_map(|s| if let Seen::Span(s) = s { Some(brief(s)) } else { None }).collect()
    }

    /// The streaming spans of one name.
    pub fn named(&self, name: &str) -> Vec<Brief> {
        self.spans().into_iter().filter(|s| s.name == name).collect()
    }

    /// How every settled stream was settled.
    pub fn closed(&self) -> Vec<StreamClosed> {
        self.seen().iter().filter_map(|s| if let Seen::Closed(c) = s { Some(c.clone()) } else { None }).collect()
    }

    /// One word for everything seen, in order.
    pub fn story(&self) -> Vec<String> {
        let word = |s: &Seen| match s {
            Seen::Handler(s) => s.name.to_owned(),
            Seen::Opened(_) => "opened".to_owned(),
            Seen::Span(s) => s.name.to_owned(),
            Seen::Export => "export".to_owned(),
            Seen::Exported => "exported".to_owned(),
            Seen::Flush => "flush".to_owned(),
            Seen::BodyEndPermit => "flushed".to_owned(),
            Seen::Closed(_) => "closed".to_owned(),
        };
        self.seen().iter().map(word).collect()
    }
}

#[async_trait]
impl Telemetry for SpyTelemetry {
    fn span_id(&self) -> SpanId {
        SpanId::new(self.ids.fetch_add(1, SeqCst) + 1).expect("counts from 1")
    }
    fn handler_phase(&self, span: FinishedSpan<Handler>) {
        self.note(Seen::Handler(span));
    }
    fn stream_opened(&self, stream: StreamOpened) {
        self.note(Seen::Opened(stream));
    }
    fn streaming_phase(&self, span: FinishedSpan<Streaming>) {
        self.note(Seen::Span(span));
    }
    fn is_export_due(&self, _now: Timestamp) -> bool {
        self.export_until.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }
    async fn export(&self, _now: Timestamp) {
        let until = self.export_until.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(until) = until else { return };
        let _sending = self.sending.lock().await;
        self.note(Seen::Export);
        let _ = until.await;
        self.note(Seen::Exported);
    }
    async fn flush(&self, of: Option<&Arc<str>>, _until: Timestamp) -> FlushOutcome {
        self.note(Seen::Flush);
        let _sending = if of.is_some() { Some(self.sending.lock().await) } else { None };
        if self.hangs.load(SeqCst) {
            std::future::pending::<()>().await;
        }
        self.note(Seen::BodyEndPermit);
        FlushOutcome::Ok
    }
    fn stream_closed(&self, stream: StreamClosed) {
        self.note(Seen::Closed(stream));
    }
    fn shutdown(&self) {}
}
