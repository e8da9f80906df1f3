//! The Lambda Runtime API (2018-06-01) as Lambda's own server, RAPID, behaves, with the Extensions API on the same port.
//!
//! `GET next` waits as long as necessary. `POST response` is read chunk by chunk, each recorded with its arrival, and
//! answered with 202 after the whole body.
//!
//! It starts no process; [`Environment`](crate::Environment) does. Used alone it serves a Runtime API loop in the same
//! process.

mod active_invocation;
mod answers;
mod call;
mod echo;
mod invocation;
mod invocation_queue;
mod response;
mod server;
mod streaming;

pub use call::Call;
pub use invocation::{Deadline, Invocation, ResponseFault, When};
pub use invocation_queue::{InitError, Violation};
pub use response::{Chunk, Outcome, Prelude, Response};

pub(crate) use active_invocation::ActiveInvocation;
pub(crate) use echo::error_kind;
pub(crate) use invocation_queue::InvocationQueue;
pub(crate) use response::split;
pub(crate) use streaming::{is_http_integration, is_streaming};

use std::{io, net::SocketAddr, sync::Arc};

use invocation::{Event, Trace};

use crate::{
    extensions_api::ExtensionState,
    function::Function,
    ids::Ids,
    segment::{SegmentSink, SegmentWriter},
    trace::TraceHeader,
    wire::{Port, StaleConnections},
};

/// The settings of the Runtime API. Take the default and change what matters.
#[derive(Clone, Debug, Default)]
pub struct RuntimeApiOptions {
    /// The function that it describes.
    pub function: Function,
    /// Seed of all ids; random without one.
    pub seed: Option<u64>,
    /// The kernel's receive buffer in bytes. A small one lets a function feel a reader that stands still.
    pub receive_buffer: Option<u32>,
    /// Takes the function's own segments.
    pub segments: Option<Arc<dyn SegmentSink>>,
}

/// A Runtime API on loopback.
#[derive(Debug)]
pub struct RuntimeApi {
    queue: Arc<InvocationQueue>,
    port: Port,
}

impl RuntimeApi {
    /// Starts to listen on a free port.
    ///
    /// # Errors
    /// No port on loopback can be had.
    pub fn start(options: RuntimeApiOptions) -> io::Result<Self> {
        let ids = options.seed.map_or_else(Ids::random, Ids::seeded);
        let segments = options.segments.map(|sink| SegmentWriter::new(sink, options.seed));
        let queue = Arc::new(InvocationQueue::new(options.function, ids, segments));
        let port = Port::take(0, options.receive_buffer)?;
        let served = Arc::clone(&queue);
        port.open(move |request, peer| server::serve(request, peer, Arc::clone(&served)))?;
        Ok(Self { queue, port })
    }

    /// The value for `AWS_LAMBDA_RUNTIME_API`.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Hands an event to the next free slot of the runtime; it waits for one if need be.
    pub fn invoke(&self, invocation: impl Into<Invocation>) -> Call {
        let invocation = invocation.into();
        let ids = &self.queue.ids;
        let trace = match &invocation.trace {
            Trace::Generated { sampled } => Some(TraceHeader::generate(ids).sampled(*sampled).to_string()),
            Trace::Given(header) => Some(header.clone()),
            Trace::Missing => None,
        };
        let event = match &invocation.event {
            Event::Url(url) => url.event(ids).to_string(),
            Event::Json(event) => event.to_string(),
        };
        let names = (ids.uuid(), ids.uuid());
        let active = ActiveInvocation::new(&invocation, names, trace, event.into(), self.queue.function.timeout);
        let active = Arc::new(active);
        if self.queue.function.is_managed() && !self.queue.has_free_worker() {
            self.queue.finish(&active, Outcome::Throttled);
        } else {
            self.queue.enqueue(Arc::clone(&active));
        }
        Call::new(active)
    }

    /// Waits until all slots and all extensions wait for their next event.
    pub async fn idle(&self) {
        self.queue.until(InvocationQueue::is_idle).await;
    }

    /// Whether all slots and all extensions wait for their next event.
    pub fn is_idle(&self) -> bool {
        self.queue.is_idle()
    }

    /// Waits until the runtime reports that it could not start.
    pub async fn init_error(&self) -> InitError {
        loop {
            self.queue.until(|queue| queue.init_error().is_some()).await;
            if let Some(error) = self.queue.init_error() {
                return error;
            }
        }
    }

    /// What a correct runtime would not have done, since the start.
    pub fn violations(&self) -> Vec<Violation> {
        self.queue.violations()
    }

    /// The extensions that have registered.
    pub fn extensions(&self) -> Vec<ExtensionState> {
        self.queue.extensions(|extensions| extensions.states())
    }

    /// Forgets everything that waits, as after the end of the process; invocations in progress end with this outcome.
    pub fn reset(&self, outcome: &Outcome) {
        self.queue.reset(outcome);
    }

    /// Closes the port: waiting connections are closed, and new ones refused.
    pub async fn go_away(&self) {
        self.port.close().await;
    }

    /// Makes every connection that is open now stale, whoever waits on it, and returns how many there were. An answer that is
    /// under way on one of them never ends for its caller.
    pub fn make_connections_stale(&self, how: StaleConnections) -> usize {
        self.port.make_stale(how)
    }

    pub(crate) const fn queue(&self) -> &Arc<InvocationQueue> {
        &self.queue
    }
}
