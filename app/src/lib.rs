//! The service around the core: configuration, one handler, and the two front ends that bring it requests.
//!
//! `compose` is the only module that names a concrete adapter. Start with [`handler`]; then [`mod@function`],
//! which Lambda invokes, and [`serve`], the server on loopback.

pub mod cli;
pub mod compose;
pub mod config;
mod feed;
pub mod function;
pub mod handler;
mod lines;
mod logging;
mod operator_log;
mod run;
pub mod serve;
pub mod service;
mod stop;
mod verify;

pub use run::run;
