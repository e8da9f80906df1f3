//! Everything that the core asks of the world, once for real and once in memory.
//!
//! One module an outside thing. Knows the ports of the core and the libraries behind them; knows no HTTP route, no
//! command line and no environment variable: whatever an adapter needs comes through its constructor.

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
