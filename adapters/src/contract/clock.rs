//! `Clock`: wakes in time, not before, and forgets who no longer waits.

use futures::{FutureExt, future::join};
use lambda_trace::Clock;
use std::time::Duration;

/// The whole suite; `pass` lets at least so many milliseconds pass, or does nothing where time passes by itself.
///
/// # Panics
/// The adapter breaks the contract.
pub async fn check_clock(clock: &dyn Clock, pass: impl Fn(u64)) {
    let now = clock.now();
    assert!(clock.sleep_until(now).now_or_never().is_some(), "a moment that is here needs no waiting");
    assert!(clock.sleep_until(now.minus(Duration::from_secs(5))).now_or_never().is_some(), "nor does one that passed");

    let at = clock.now().plus(Duration::from_millis(2));
    let far = at.plus(Duration::from_hours(1));
    assert!(clock.sleep_until(far).now_or_never().is_none(), "not yet");
    // One sleeper was just dropped; the others sleep on and wake in time.
    let both = join(clock.sleep_until(at), clock.sleep_until(at));
    let woken = async {
        pass(2);
        both.await
    };
    woken.await;
    assert!(clock.now() >= at, "woken early");
    assert!(clock.now() < far);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::system::SystemClock;
    use lambda_trace::ManualClock;

    #[tokio::test(start_paused = true)]
    async fn by_hand_and_the_system_s() {
        let clock = ManualClock::default();
        check_clock(&clock, |ms| clock.advance(Duration::from_millis(ms))).await;
        check_clock(&SystemClock, |_| ()).await;
    }
}
