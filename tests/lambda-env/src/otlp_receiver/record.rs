//! What a collector was sent, and which fault is next. It reads no socket.

use std::{collections::VecDeque, sync::Mutex};

use tokio::sync::watch;

use super::{OtlpFault, SignedRequest, Span};
use crate::clock::Stamp;

/// A span with what became of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ReceivedSpan {
    /// When its request had been read.
    pub at: Stamp,
    /// The request that brought it: an index into [`OtlpReceiver::requests`](super::OtlpReceiver::requests).
    pub request: usize,
    /// Whether the collector has it. The sender may not know: see [`OtlpRequest::answered`].
    pub accepted: bool,
    /// The span.
    pub span: Span,
}

/// One export request.
#[derive(Clone, Debug, PartialEq)]
pub struct OtlpRequest {
    /// When it had been read.
    pub at: Stamp,
    /// Size of its body in bytes, as sent.
    pub bytes: usize,
    /// Spans in it.
    pub spans: usize,
    /// Spans of it that were accepted.
    pub accepted: usize,
    /// The fault that it met.
    pub fault: Option<OtlpFault>,
    /// When the answer had been written to the socket; never, where there was none or nobody took it.
    pub answered: Option<Stamp>,
    /// Status of the answer that was written or would have been.
    pub status: u16,
    /// Why the body could not be read as an export request.
    pub malformed: Option<String>,
}

#[derive(Debug, Default)]
pub(super) struct Record {
    /// X-Ray's own endpoint rather than a collector.
    pub(super) is_xray: bool,
    state: Mutex<State>,
    changed: watch::Sender<()>,
}

#[derive(Debug, Default)]
struct State {
    spans: Vec<ReceivedSpan>,
    requests: Vec<OtlpRequest>,
    signed: Vec<SignedRequest>,
    fault: Option<OtlpFault>,
    queued: VecDeque<Option<OtlpFault>>,
}

impl Record {
    pub(super) fn of_xray() -> Self {
        Self { is_xray: true, ..Self::default() }
    }

    pub(super) fn set_fault(&self, fault: Option<OtlpFault>) {
        crate::lock(&self.state).fault = fault;
    }

    pub(super) fn queue_faults(&self, faults: impl IntoIterator<Item = Option<OtlpFault>>) {
        crate::lock(&self.state).queued.extend(faults);
    }

    pub(super) fn add_signed(&self, request: SignedRequest) {
        crate::lock(&self.state).signed.push(request);
    }

    pub(super) fn signed(&self) -> Vec<SignedRequest> {
        crate::lock(&self.state).signed.clone()
    }

    /// The fault for a request that has just been read.
    pub(super) fn next_fault(&self) -> Option<OtlpFault> {
        let mut state = crate::lock(&self.state);
        state.queued.pop_front().unwrap_or(state.fault)
    }

    /// Records a request with its spans, of which the first `request.accepted` were accepted. Returns its index.
    pub(super) fn add(&self, request: OtlpRequest, spans: Vec<Span>) -> usize {
        let index = {
            let mut state = crate::lock(&self.state);
            let index = state.requests.len();
            let received = spans.into_iter().enumerate().map(|(position, span)| ReceivedSpan {
                at: request.at,
                request: index,
                accepted: position < request.accepted,
                span,
            });
            state.spans.extend(received);
            state.requests.push(request);
            index
        };
        self.changed.send_modify(|()| ());
        index
    }

    pub(super) fn answered(&self, index: usize) {
        if let Some(request) = crate::lock(&self.state).requests.get_mut(index) {
            request.answered = Some(Stamp::now());
        }
        self.changed.send_modify(|()| ());
    }

    pub(super) fn spans(&self) -> Vec<ReceivedSpan> {
        crate::lock(&self.state).spans.clone()
    }

    pub(super) fn take(&self) -> Vec<ReceivedSpan> {
        std::mem::take(&mut crate::lock(&self.state).spans)
    }

    pub(super) fn requests(&self) -> Vec<OtlpRequest> {
        crate::lock(&self.state).requests.clone()
    }

    pub(super) async fn wait_for(&self, wanted: impl Fn(&[ReceivedSpan]) -> bool) -> Vec<ReceivedSpan> {
        let mut changes = self.changed.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        let _ = changes.wait_for(|()| wanted(&crate::lock(&self.state).spans)).await;
        self.spans()
    }
}
