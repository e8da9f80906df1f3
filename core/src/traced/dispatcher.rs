//! `sse_event_dispatch`: one span per event, made when the reader takes it. An event that was replaced before it was
//! sent has no span.

use crate::{
    names,
    ports::{Delivery, Dispatcher, Update},
};
use lambda_trace::{Invocation, SpanKind, SpanOutline, Streaming, whole_millis};

/// The dispatcher of one streaming invocation.
pub struct TracedDispatcher<'i, D: ?Sized> {
    invocation: &'i Invocation<Streaming>,
    inner: &'i D,
}

impl<'i, D: Dispatcher + ?Sized> TracedDispatcher<'i, D> {
    /// Decorates the outbox of this invocation.
    pub const fn new(invocation: &'i Invocation<Streaming>, inner: &'i D) -> Self {
        Self { invocation, inner }
    }
}

impl<D: Dispatcher + ?Sized> Dispatcher for TracedDispatcher<'_, D> {
    fn dispatch(&self, update: Update) {
        self.inner.dispatch(update);
    }

    fn collect(&self) -> Vec<Delivery> {
        let deliveries = self.inner.collect();
        for (n, delivery) in deliveries.iter().enumerate() {
            let outline =
                SpanOutline { name: names::DISPATCH, kind: ("event_type", delivery.event_type), end: delivery.at };
            if n + 1 < deliveries.len() && self.invocation.fold(&outline) {
                continue;
            }
            let mut span = self.invocation.span(names::DISPATCH, SpanKind::Internal);
            if span.is_recording() {
                span.set("event_type", delivery.event_type);
                span.set("latency_ms", whole_millis(delivery.latency()));
                span.set("is_cold_start", self.invocation.is_cold_start());
                span.set("is_clock_skew", delivery.is_clock_skew());
                span.began_at(delivery.at);
            }
        }
        deliveries
    }
}
