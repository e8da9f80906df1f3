//! Single flight: one stream reads for all. The cell holds plain values only. A shared *future* would hold the leader's
//! decorator, and with it the leader's trace, which rustc refuses (E0597).
//!
//! One of the waiting streams is on duty; the others are woken by news alone. So the cost of a poll does not grow with
//! the number of streams for which it has no news.
//!
//! The leader makes the calls in its own trace. If the leader is dropped, every follower is woken, and one of them
//! takes the lead.

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
