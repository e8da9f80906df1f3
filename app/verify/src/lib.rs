//! `verify` reads back what a deployed streaming function left behind and judges it, check by check.
//!
//! Three steps, each of which sees only what the one before it made: [`collect()`] opens streams and reads X-Ray,
//! Lambda, Logs and CloudWatch; what it read is [`evidence`], plain values; each of the [`checks`] is a pure function from
//! the evidence to a verdict; a [`report`] prints verdicts.

pub mod aws;
pub mod checks;
mod collect;
pub mod evidence;
mod https;
mod options;
pub mod ports;
mod redact;
pub mod report;

pub use collect::collect;
pub use https::Https;
pub use options::{FunctionName, Options, Token};
