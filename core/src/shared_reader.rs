//! Single flight: one stream reads for all. The cell holds only plain values; a shared *future* would hold the leader's
//! decorator and with it the leader's trace, and rustc refuses that (E0597).
//!
//! The leader makes the calls inside its own trace. A leader that is dropped wakes every follower, and one of them leads.
//! Knows no stream and no trace.

mod cell;
mod progress;
mod round;
mod skipped;

pub use cell::{ReadState, Role, SharedReader};
pub use round::ReadPlan;
