//! One write for all readers that are shown everything and go from the version before to this one: encoded by the first that takes it.

use crate::{digest::Digest, ports::Delivery, sync::Mutex};
use bytes::Bytes;
use lambda_trace::Timestamp;
use std::{
    fmt,
    sync::{Arc, PoisonError},
    time::Duration,
};

/// Readers that come later than this get a write of their own: dates and rates in events are of the moment in which
/// they are written.
const SHARED_FOR: Duration = Duration::from_millis(100);

/// A write, and what is noted of it.
#[derive(Debug)]
pub(crate) struct SharedWrite {
    pub(crate) at: Timestamp,
    pub(crate) bytes: Bytes,
    pub(crate) deliveries: Box<[Delivery]>,
    /// The cursor that a client holds that has read it.
    pub(crate) told: Option<Digest>,
}

/// Where the last such write is.
#[derive(Default)]
pub(crate) struct WriteCell(Mutex<Option<Arc<SharedWrite>>>);

impl WriteCell {
    /// The write, if it is of this moment.
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
