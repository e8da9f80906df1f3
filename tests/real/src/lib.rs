//! The service against parts that others wrote. Here are those parts as processes, and the judges that stand between:
//! of X-Ray documents, and of event streams. What is asserted is in `tests/`; how a part is had is in `run` and `parts/`.

pub mod backend;
pub mod collector;
pub mod cutting_proxy;
pub mod daemon;
mod estimate;
pub mod exchange;
pub mod extension;
pub mod fixture;
pub mod link;
pub mod otlp_tee;
pub mod serving;
pub mod tool;
pub mod xray_api;
pub mod xray_validator;
pub mod xray_validator_proxy;
