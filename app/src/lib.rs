//! The service around the core: configuration, one handler, and the two front ends that bring it requests.
//!
//! `compose` is the only module that names a concrete adapter. Start with [`handler`]; then [`lambda`], the loop over the
//! Runtime API, and [`serve`], the server on loopback.

pub mod cli;
pub mod compose;
pub mod config;
mod feed;
pub mod handler;
pub mod lambda;
mod logging;
mod operator_log;
mod percent;
mod run;
pub mod serve;
pub mod service;
mod socket;

pub use run::run;
