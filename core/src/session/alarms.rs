//! What a session waits for that comes seldom: its moments, and the end of the process. Each is polled once it has come, so that a stream
//! which is woken by news looks at none of them.

use futures::{FutureExt, StreamExt, future::BoxFuture, stream::FuturesUnordered};
use std::{
    collections::BTreeSet,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

/// In the order in which they are acted on, should several come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Alarm {
    End,
    Shutdown,
    StallCheck,
    Beat,
}

#[derive(Default)]
pub(super) struct Alarms<'c> {
    set: FuturesUnordered<Wait<'c>>,
    come: BTreeSet<Alarm>,
}

impl<'c> Alarms<'c> {
    /// Sets one that comes when `moment` resolves.
    pub(super) fn set(&self, alarm: Alarm, moment: BoxFuture<'c, ()>) {
        self.set.push(Wait { alarm, moment });
    }

    /// Resolves with the next one that has come.
    pub(super) fn next(&mut self) -> impl Future<Output = Alarm> + Send + Unpin {
        poll_fn(|cx| {
            while let Poll::Ready(Some(alarm)) = self.set.poll_next_unpin(cx) {
                self.come.insert(alarm);
            }
            self.come.pop_first().map_or(Poll::Pending, Poll::Ready)
        })
    }
}

struct Wait<'c> {
    alarm: Alarm,
    moment: BoxFuture<'c, ()>,
}

impl Future for Wait<'_> {
    type Output = Alarm;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Alarm> {
        self.moment.poll_unpin(cx).map(|()| self.alarm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_trace::{Clock, ManualClock, Timestamp};
    use std::time::Duration;

    #[test]
    fn those_that_come_at_once_come_in_their_order() {
        let clock = ManualClock::default();
        let mut alarms = Alarms::default();
        for (alarm, ms) in [(Alarm::Beat, 5), (Alarm::StallCheck, 7), (Alarm::End, 5)] {
            alarms.set(alarm, clock.sleep_until(Timestamp::from_millis(ms)));
        }
        assert_eq!(alarms.next().now_or_never(), None);
        clock.advance(Duration::from_millis(5));
        assert_eq!(alarms.next().now_or_never(), Some(Alarm::End));
        alarms.set(Alarm::Beat, clock.sleep_until(Timestamp::from_millis(6)));
        assert_eq!(alarms.next().now_or_never(), Some(Alarm::Beat));
        assert_eq!(alarms.next().now_or_never(), None);
        clock.advance(Duration::from_millis(2));
        assert_eq!(alarms.next().now_or_never(), Some(Alarm::StallCheck));
        assert_eq!(alarms.next().now_or_never(), Some(Alarm::Beat));
    }
}
