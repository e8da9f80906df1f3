//! Work with a time limit, whose result is still taken if it is available when the limit passes.

use crate::Clock;
use futures::future::{Either, select};
use std::time::Duration;

/// After a thaw the limit has always passed, although the result may have arrived: it is looked for once more, this
/// long.
const LAST_LOOK: Duration = Duration::from_millis(1);

/// The result of `work`, or `None` if there is none once `limit` has resolved. `work` is dropped then.
pub async fn within<F: Future + Unpin>(clock: &dyn Clock, limit: impl Future + Unpin, work: F) -> Option<F::Output> {
    // `select` polls the work first, so an available result takes precedence over a limit that has passed.
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
