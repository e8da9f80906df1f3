//! What a run left behind on every side, as plain values: they can be doctored, to see that the audit notices.

use lambda_env::{
    LogLine, Phase, ReceivedSpan, Response, Stamp, XrayDocument, otlp_receiver::OtlpRequest, runtime_api::Violation,
};

/// Everything that is known of one function's run.
#[derive(Clone, Default)]
pub(crate) struct Evidence {
    /// Invocations that reached the streaming phase, refused streams among them.
    pub(crate) streams: Vec<Response>,
    /// Invocations that were answered in the handler phase.
    pub(crate) plain: Vec<Response>,
    /// What the collector was sent.
    pub(crate) received: Vec<ReceivedSpan>,
    /// The requests that brought it.
    pub(crate) requests: Vec<OtlpRequest>,
    /// What the X-Ray daemon was sent.
    pub(crate) documents: Vec<XrayDocument>,
    /// What the function wrote.
    pub(crate) lines: Vec<LogLine>,
    /// When it was frozen and thawed.
    pub(crate) timeline: Vec<(Stamp, Phase)>,
    /// What a correct runtime would not have done.
    pub(crate) violations: Vec<Violation>,
}

impl Evidence {
    /// The freeze that ended this invocation's time: the first one after its delivery.
    pub(crate) fn frozen_after(&self, response: &Response) -> Option<Stamp> {
        let delivered = response.delivered?;
        let mut phases = self.timeline.iter();
        phases.find(|(at, phase)| *at > delivered && *phase == Phase::Frozen).map(|(at, _)| *at)
    }
}
