//! One write for all readers that see everything and go from the previous version to this one. The first reader that
//! takes it encodes it.

use crate::{digest::Digest, ports::Delivery, sync::Mutex};
use bytes::Bytes;
use lambda_trace::Timestamp;
use std::{
    fmt,
    sync::{Arc, PoisonError},
    time::Duration,
};

/// Readers that come later than this get a write of their own, because dates and rates in events are those of the
/// moment of writing.
const SHARED_FOR: Duration = Duration::from_millis(100);

/// A write, and the deliveries that it stands for.
#[derive(Debug)]
pub(crate) struct SharedWrite {
    pub(crate) at: Timestamp,
    pub(crate) bytes: Bytes,
    pub(crate) deliveries: Box<[Delivery]>,
    /// The cursor of a client that has read it.
    pub(crate) told: Option<Digest>,
}

/// The place of the last shared write.
#[derive(Default)]
pub(crate) struct WriteCell(Mutex<Option<Arc<SharedWrite>>>);

impl WriteCell {
    /// The write, if it is recent enough.
    pub(crate) fn get(&self, now: Timestamp) -> Option<Arc<SharedWrite>> {
        let write = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        write.as_ref().filter(|write| write.at <= now && now.since(write.at) <= SHARED_FOR).cloned()
    }

    pub(crate) fn set(&self, write: SharedWrite) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(write));
    }
}

impl fmt::Debug for WriteCell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WriteCell")
    }
}
