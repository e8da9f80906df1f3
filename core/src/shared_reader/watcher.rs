//! A stream that waits for news. One of the waiting streams is on duty: it sleeps until the next round, reads, and
//! removes items that leave the window. The others sleep until there is news.

use super::{
    cell::{Role, SharedReader},
    state::{EXPIRY_PAUSE, ReadState, State},
};
use crate::ports::{Poller, Random};
use futures::future::{Either, select};
use lambda_trace::{Clock, Timestamp};
use std::{
    future::{pending, poll_fn},
    pin::pin,
    task::Poll,
};

/// One waiting stream. When it is dropped, it hands its duty on.
pub struct Watcher<'r> {
    reader: &'r SharedReader,
    id: u64,
}

/// Why a stream that waits is woken.
#[derive(Clone, Debug)]
pub enum Call {
    /// There is something to tell.
    News(ReadState),
    /// It makes the next round, for all: [`Watcher::round`].
    Duty,
}

/// What the stream on duty waits for.
#[derive(Clone, Copy)]
struct Duty {
    due_at: Timestamp,
    expires_at: Option<Timestamp>,
    rounds: u64,
    version: u64,
}

impl SharedReader {
    /// Adds a waiting stream.
    pub fn watch(&self) -> Watcher<'_> {
        Watcher { reader: self, id: self.state().watchers.add() }
    }
}

impl Watcher<'_> {
    /// Resolves once there is news since this version of the state, or, unless this one is at it, once it is to make the next round.
    pub fn call(&self, since: u64, is_on_duty: bool) -> impl Future<Output = Call> + Send + Unpin {
        poll_fn(move |cx| {
            let mut state = self.reader.state();
            if state.version > since {
                return Poll::Ready(Call::News(state.read_state()));
            }
            if !is_on_duty && state.watchers.takes_duty(self.id) {
                return Poll::Ready(Call::Duty);
            }
            state.watchers.wait(self.id, cx.waker());
            Poll::Pending
        })
    }

    /// Waits until it is on duty and the next round is due, and makes the round. Resolves after one round, with who
    /// made it.
    pub async fn round(&self, clock: &dyn Clock, random: &dyn Random, poller: &dyn Poller) -> (ReadState, Role) {
        loop {
            let duty = self.duty(clock).await;
            let now = clock.now();
            if self.reader.is_due(now) {
                // Boxed, because all streams except one never come here.
                let read = Box::pin(self.reader.read(clock, random, poller, false));
                return match select(read, Box::pin(self.let_go(clock))).await {
                    Either::Left((landed, _)) => landed,
                    Either::Right((never, _)) => match never {},
                };
            }
            self.reader.expire(now);
            // Items that should have been removed, and were not because a round is being applied, are looked at again a
            // little later.
            let expires_at = duty.expires_at.map(|at| if at > now { at } else { now.plus(EXPIRY_PAUSE) });
            let at = expires_at.map_or(duty.due_at, |at| at.min(duty.due_at));
            select(clock.sleep_until(at), pin!(self.changed(duty))).await;
        }
    }

    /// Resolves once this stream is on duty.
    async fn duty(&self, clock: &dyn Clock) -> Duty {
        poll_fn(|cx| {
            let mut state = self.reader.state();
            if state.watchers.takes_duty(self.id) {
                let State { due_at, rounds, version, .. } = *state;
                return Poll::Ready(Duty { due_at, expires_at: state.expires_at(clock.now()), rounds, version });
            }
            state.watchers.wait(self.id, cx.waker());
            Poll::Pending
        })
        .await
    }

    /// Resolves once another stream has made a round, or removed items.
    async fn changed(&self, since: Duty) {
        poll_fn(|cx| {
            let mut state = self.reader.state();
            if (state.rounds, state.version) != (since.rounds, since.version) {
                return Poll::Ready(());
            }
            state.watchers.wait(self.id, cx.waker());
            Poll::Pending
        })
        .await;
    }

    /// Items leave on time, however long a round takes.
    async fn let_go(&self, clock: &dyn Clock) -> std::convert::Infallible {
        loop {
            let now = clock.now();
            self.reader.expire(now);
            let Some(at) = self.reader.expires_at(now) else { return pending().await };
            // While a round is being applied none may leave, and asking again immediately would not change that.
            clock.sleep_until(at.max(now.plus(EXPIRY_PAUSE))).await;
        }
    }
}

impl Drop for Watcher<'_> {
    fn drop(&mut self) {
        let next = self.reader.state().watchers.remove(self.id);
        if let Some(next) = next {
            next.wake();
        }
    }
}
