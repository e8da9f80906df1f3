//! One item of the window.

use crate::item::Item;

/// An item that is held, and the round of reading that brought it last.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) item: Item,
    pub(super) round: u64,
}
