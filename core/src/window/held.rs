//! One item of the window.

use crate::item::Item;

/// An item of the window, and the last round of reading that found it.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) item: Item,
    pub(super) round: u64,
}
