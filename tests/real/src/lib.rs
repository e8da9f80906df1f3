//! The service against parts that others wrote. Here are those parts as processes, and the judges that stand between:
//! of X-Ray documents, and of event streams. What is asserted is in `tests/`; how a part is had is in `run` and `parts/`.

pub mod backend;
pub mod collector;
pub mod cutting_proxy;
pub mod daemon;
pub mod deployment;
mod estimate;
pub mod exchange;
pub mod extension;
pub mod fake_xray;
pub mod fixture;
pub mod link;
mod native_span;
pub mod otlp_tee;
pub mod plan;
mod platform_log;
pub mod serving;
mod tampering;
pub mod telemetry_listener;
pub mod tool;
pub mod xray_api;
pub mod xray_validator;
pub mod xray_validator_proxy;
