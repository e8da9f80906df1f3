//! When an idle environment is frozen.

use std::time::Duration;

/// When an idle environment is frozen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Freeze {
    /// At once.
    #[default]
    AtIdle,
    /// This long after it became idle.
    After(Duration),
    /// Not at all.
    Never,
}
