//! The OTLP side of a collector: accepts `POST /v1/traces` in protobuf, records every span with its arrival, and fails
//! on demand. It exports nothing.

mod answer;
mod fault;
mod json;
mod record;
mod span;
mod xray;

pub use fault::OtlpFault;
pub use record::{OtlpRequest, ReceivedSpan};
pub use span::{Attributes, Span, SpanEvent};
pub use xray::SignedRequest;

use std::{io, net::SocketAddr, sync::Arc};

use crate::{environment::Sidecar, wire::Port};
use record::Record;

/// A collector on loopback.
#[derive(Clone, Debug)]
pub struct OtlpReceiver {
    record: Arc<Record>,
    port: Arc<Port>,
}

impl OtlpReceiver {
    /// Listens on a free port.
    ///
    /// # Errors
    /// No port on loopback can be had.
    pub fn start() -> io::Result<Self> {
        Self::start_on(0)
    }

    /// Listens on this port: 4318 is where functions look that are told nothing.
    ///
    /// # Errors
    /// The port is taken.
    pub fn start_on(port: u16) -> io::Result<Self> {
        let receiver = Self { record: Arc::default(), port: Arc::new(Port::take(port, None)?) };
        receiver.listen()?;
        Ok(receiver)
    }

    /// Acts as X-Ray's own OTLP endpoint, on a free port: takes signed requests within the documented limits.
    ///
    /// # Errors
    /// No port on loopback can be had.
    pub fn start_as_xray() -> io::Result<Self> {
        let record = Arc::new(Record::of_xray());
        let receiver = Self { record, port: Arc::new(Port::take(0, None)?) };
        receiver.listen()?;
        Ok(receiver)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// The value for `OTEL_EXPORTER_OTLP_ENDPOINT`, or for `AWS_ENDPOINT_URL_XRAY`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Fails in this way from now on, or no longer. With [`OtlpFault::Refuse`] the listener is closed and every
    /// connection dropped when this returns; otherwise connections stay.
    ///
    /// # Errors
    /// The port cannot be listened on again.
    pub async fn set_fault(&self, fault: Option<OtlpFault>) -> io::Result<()> {
        self.record.set_fault(fault);
        if fault == Some(OtlpFault::Refuse) {
            self.port.close().await;
            return Ok(());
        }
        self.listen()
    }

    /// Fails in these ways, one per request, before what [`Self::set_fault`] says counts again; `None` is one request
    /// without a fault. `Refuse` is a reset here: a closed port would see no request.
    pub fn queue_faults(&self, faults: impl IntoIterator<Item = Option<OtlpFault>>) {
        self.record.queue_faults(faults);
    }

    /// Fails the next so many requests in this way, 429 with `Retry-After` say, and is well again.
    pub fn fail_next(&self, count: usize, fault: OtlpFault) {
        self.queue_faults(std::iter::repeat_n(Some(fault), count));
    }

    /// Every span that was received, delivered or not.
    pub fn spans(&self) -> Vec<ReceivedSpan> {
        self.record.spans()
    }

    /// Returns every span that is held, and forgets them. For long runs.
    pub fn take(&self) -> Vec<ReceivedSpan> {
        self.record.take()
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<OtlpRequest> {
        self.record.requests()
    }

    /// Every request so far as it was sent, of X-Ray's own endpoint only: for a recomputation of its signature.
    pub fn signed(&self) -> Vec<SignedRequest> {
        self.record.signed()
    }

    /// Waits until this many accepted spans are held. Use it with a time-out.
    pub async fn wait_for(&self, count: usize) -> Vec<ReceivedSpan> {
        self.record.wait_for(|spans| spans.iter().filter(|span| span.accepted).count() >= count).await
    }

    /// Waits until the spans held satisfy the condition. Use it with a time-out.
    pub async fn wait_until(&self, wanted: impl Fn(&[ReceivedSpan]) -> bool) -> Vec<ReceivedSpan> {
        self.record.wait_for(wanted).await
    }

    fn listen(&self) -> io::Result<()> {
        let record = Arc::clone(&self.record);
        self.port.open(move |request, peer| answer::export(request, peer, Arc::clone(&record)))
    }
}

impl Sidecar for OtlpReceiver {
    fn variables(&self) -> Vec<(String, String)> {
        let name = if self.record.is_xray { "AWS_ENDPOINT_URL_XRAY" } else { "OTEL_EXPORTER_OTLP_ENDPOINT" };
        vec![(name.to_owned(), self.endpoint())]
    }
}
