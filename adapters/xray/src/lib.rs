//! The pipeline of the handler phase: one X-Ray subsegment document per invocation, sent by UDP to the daemon that
//! Lambda runs. Its parent is the function's segment, and AWS calls are nested in it (FR-060).
//!
//! Nothing here waits, and a failure of one document does not affect the next. Knows no OTLP.

mod address;
mod by_name;
mod document;
mod route;
mod text;
mod told;

pub use address::{AddressError, DaemonAddress};

use by_name::{ByName, Resolve};
use lambda_trace::{FinishedSpan, Handler, HandlerTelemetry};
use route::Route;
use std::{io, sync::Arc};
use told::Told;

/// Sends subsegments.
pub struct XrayDaemon {
    way: Way,
    told: Arc<Told>,
}

enum Way {
    Direct(DaemonAddress, Route),
    ByName(Arc<ByName<Resolve>>),
}

impl XrayDaemon {
    /// Opens a socket to the daemon at `address`. A name is looked up in the background, as often as necessary.
    ///
    /// # Errors
    /// The socket cannot be opened.
    pub fn new(address: DaemonAddress) -> io::Result<Self> {
        let told = Arc::<Told>::default();
        let way = match address {
            DaemonAddress::Socket(to) => Way::Direct(address, Route::open(to)?),
            DaemonAddress::Name { host, port } => Way::ByName(ByName::new(host, port, by_name::resolve, told.clone())),
        };
        Ok(Self { way, told })
    }

    /// The number of documents that could not be sent.
    pub fn unsent(&self) -> u64 {
        self.told.unsent()
    }
}

impl HandlerTelemetry for XrayDaemon {
    /// Sends one document. Never blocks, never fails.
    fn handler_phase(&self, root: FinishedSpan<Handler>) {
        let now = root.end;
        let datagram = document::datagram(root);
        match &self.way {
            Way::Direct(address, route) => match route.send(&datagram) {
                Ok(()) => self.told.sent(),
                Err(error) => {
                    self.told.lost(1);
                    self.told.failing(address, &error);
                }
            },
            Way::ByName(by_name) => by_name.send(datagram, now),
        }
    }
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

#[cfg(test)]
mod tests;
