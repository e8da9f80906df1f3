//! Adapters for all ports of the core, one for production and one in memory.
//!
//! One module per external system. Knows the ports of the core and the libraries behind them. Knows no HTTP route, no
//! command line and no environment variable: what an adapter needs comes through its constructor.

pub mod aws;
pub mod cloudwatch;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
pub mod dynamodb;
pub mod emf;
pub mod item_fields;
pub mod jwt;
pub mod memory;
pub mod pool;
mod splitmix;
pub mod system;
pub mod xray_otlp;
