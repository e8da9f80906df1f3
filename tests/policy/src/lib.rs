//! Reads the Terraform files and the sources, and says where they disagree. Pure file reading: no Terraform, no network.
//!
//! What must hold is in `tests/policy`; here is how to read and to compare. The comparisons are functions of plain data, so
//! that each can be shown to find what it is for.

pub mod calls;
pub mod environment;
pub mod files;
pub mod terraform;
