//! A telemetry sink that keeps everything in sight, and misbehaves on demand.

use async_trait::async_trait;
use futures::{channel::oneshot, lock::Mutex as AsyncMutex};
use lambda_trace::{
    FinishedSpan, FlushOutcome, Handler, HandlerTelemetry, LedgerEntry, Phases, SpanId, SpanIds, StreamEnd,
    StreamSpans, StreamStart, Streaming, StreamingTelemetry, Timestamp, Value,
};
use std::ops::Deref;
use std::sync::{
    Arc, Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
};

/// What the spy saw, in order.
pub enum Seen {
    /// A handler phase.
    Handler(FinishedSpan<Handler>),
    /// A stream opened.
    Opened(StreamStart),
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
    Closed(StreamEnd),
}

/// The spy. Clones see the same.
#[derive(Clone, Default)]
pub struct SpyTelemetry(Arc<Spy>);

/// What all clones share.
#[derive(Default)]
pub struct Spy {
    ids: AtomicU64,
    /// Flushes hang while this is set.
    pub hangs: AtomicBool,
    /// Exports carry spans of other streams alone, for which no flush waits.
    pub exports_for_others: AtomicBool,
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

impl Deref for SpyTelemetry {
    type Target = Spy;

    fn deref(&self) -> &Spy {
        &self.0
    }
}

impl SpyTelemetry {
    /// The sink of both phases.
    pub fn sink(&self) -> Arc<Phases> {
        Arc::new(Phases::both(Arc::new(self.clone())))
    }
}

impl Spy {
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
    pub fn closed(&self) -> Vec<StreamEnd> {
        self.seen().iter().filter_map(|s| if let Seen::Closed(c) = s { Some(*c) } else { None }).collect()
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

impl SpanIds for SpyTelemetry {
    fn span_id(&self) -> SpanId {
        SpanId::new(self.ids.fetch_add(1, SeqCst) + 1).expect("counts from 1")
    }
}

impl HandlerTelemetry for SpyTelemetry {
    fn handler_phase(&self, root: FinishedSpan<Handler>) {
        self.note(Seen::Handler(root));
    }
}

#[async_trait]
impl StreamingTelemetry for SpyTelemetry {
    fn streaming_phase(&self, start: StreamStart) -> Arc<dyn StreamSpans> {
        self.note(Seen::Opened(start));
        Arc::new(self.clone())
    }
    async fn flush_retained(&self, _until: Timestamp) -> FlushOutcome {
        self.note(Seen::Flush);
        self.flushed().await
    }
    async fn shutdown(&self) {}
}

#[async_trait]
impl StreamSpans for SpyTelemetry {
    fn record(&self, span: FinishedSpan<Streaming>) {
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
    async fn flush(&self, _until: Timestamp) -> FlushOutcome {
        self.note(Seen::Flush);
        let waits = !self.exports_for_others.load(SeqCst);
        let _sending = if waits { Some(self.sending.lock().await) } else { None };
        self.flushed().await
    }
    fn close(&self, end: StreamEnd) -> LedgerEntry {
        self.note(Seen::Closed(end));
        LedgerEntry { created: end.created, ..LedgerEntry::default() }
    }
}

impl Spy {
    async fn flushed(&self) -> FlushOutcome {
        if self.hangs.load(SeqCst) {
            std::future::pending::<()>().await;
        }
        self.note(Seen::BodyEndPermit);
        FlushOutcome::Ok
    }
}
