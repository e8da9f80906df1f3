//! Reads the files of this repository (sources, manifests, documents, Terraform) and says where they disagree. No Terraform runs, and no network is used.
//!
//! What must hold is in `tests/policy`; here is how to read and to compare. The comparisons are functions of plain data, so
//! that each can be shown to find what it is for.

pub mod calls;
pub mod circles;
pub mod crates;
pub mod environment;
pub mod files;
pub mod formulas;
pub mod generated;
pub mod modules;
pub mod rules;
pub mod terraform;
