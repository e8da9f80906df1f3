//! The few AWS APIs that a run reads, over one signed client. No SDK crate: each would weigh more than all of this.

pub(crate) mod client;
pub(crate) mod cloudwatch;
pub(crate) mod endpoint;
mod error;
pub(crate) mod lambda;
pub(crate) mod logs;
mod permission;
pub(crate) mod sign;
pub(crate) mod xray;

pub use endpoint::{Endpoints, Service};
pub use error::CallError;
pub use permission::{PERMISSIONS, Permission, Resource, policy};
