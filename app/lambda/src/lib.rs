//! The Runtime API of AWS Lambda, for functions that stream their responses and whose traces must be complete.
//!
//! A function implements [`StreamingHandler`] and hands it to a [`Runtime`]. The runtime asks for events, as many at once as it has
//! workers; it streams each response beside the work that goes on with it, ends both at the invocation's deadline, and asks for the
//! next event only with the proof that this invocation's telemetry was flushed ([`lambda_trace::ReadyForNext`]).
//!
//! It knows the protocol and [`lambda_trace`], and nothing of what is streamed, nor of where spans go.

mod address;
mod connection;
mod error_report;
mod extension;
mod handler;
mod liveness;
mod next;
mod post_body;
mod responder;
mod response;
mod runtime;
mod runtime_api;
pub mod socket;
mod worker;

pub use address::{Address, AddressError};
pub use connection::ConnectionError;
pub use handler::{Refusal, StreamingHandler};
pub use next::{NextClient, NextError, NextEvent};
pub use response::{Body, BodyError, Completion, Response};
pub use runtime::{Runtime, RuntimeError};

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
