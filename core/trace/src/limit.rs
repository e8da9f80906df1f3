//! Work that is given up at a limit, but not with its result there unread.

use crate::Clock;
use futures::future::{Either, select};
use std::time::Duration;

/// After a thaw the limit has always passed while the result may be there already: one more look, this long.
const LAST_LOOK: Duration = Duration::from_millis(1);

/// The result of `work`, or `None` if there is none once `limit` has resolved; `work` is dropped then.
pub async fn within<F: Future + Unpin>(clock: &dyn Clock, limit: impl Future + Unpin, work: F) -> Option<F::Output> {
    // `select` polls the work first: a result that is there wins over a limit that has passed.
    match select(work, limit).await {
        Either::Left((result, _)) => Some(result),
        Either::Right((_, work)) => {
            let last_look = clock.sleep_until(clock.now().plus(LAST_LOOK));
            match select(work, last_look).await {
                Either::Left((result, _)) => Some(result),
                Either::Right(_) => None,
            }
        }
    }
}
