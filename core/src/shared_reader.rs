//! Single flight: one stream reads for all. The cell holds only plain values; a shared *future* would hold the leader's
//! decorator and with it the leader's trace, and rustc refuses that (E0597).
//!
//! One of the streams that wait is on duty, and the others are woken by news alone: what a poll costs does not grow with the streams that it has
//! nothing to tell.
//!
//! The leader makes the calls inside its own trace. A leader that is dropped wakes every follower, and one of them leads.
//! Knows no stream and no trace.

mod apply;
mod cell;
mod landing;
mod progress;
mod round;
mod skipped;
mod state;
mod watcher;
mod watchers;

pub use cell::{Role, SharedReader};
pub use round::ReadPlan;
pub use state::ReadState;
pub use watcher::{Call, Watcher};
