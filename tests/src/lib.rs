//! Test support: a world in memory on a clock that is moved by hand, and a client that follows the contract.
//!
//! Knows the core and the in-memory adapters; opens no socket and starts no process.

pub mod client;
pub mod operator_log;
pub mod simulation;
pub mod spy;
pub mod world;
