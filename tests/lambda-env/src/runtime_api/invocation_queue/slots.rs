//! The runtime's slots: who asks for an event, who is given one, and until when. The state is the queue's.

use std::{sync::Arc, time::Duration};

use tokio::sync::oneshot;

use super::{ActiveInvocation, InvocationQueue, Outcome, State};
use crate::{clock::Stamp, telemetry_api::Event};

/// How long a `next` may overtake the end of the connection that its slot has just given up.
const OVERTAKING: Duration = Duration::from_millis(200);

/// How many invocations that passed their time limit are remembered, as by the agent of Managed Instances.
const LATE_REMEMBERED: usize = 1_000;

impl InvocationQueue {
    /// Whether an invocation would be taken at once. A worker whose invocation passed its time limit is not free before it
    /// asks for another.
    pub(crate) fn has_free_worker(&self) -> bool {
        self.read(|state| {
            let taken = state.active.len() + state.queue.len();
            taken < self.function.concurrency.max(1) && state.waiting.len() > state.queue.len()
        })
    }

    /// Whether Lambda would hand this environment an invocation: with one slot it is free only when its extensions are done
    /// with the last one, too.
    pub(crate) fn takes_one(&self) -> bool {
        if self.function.concurrency <= 1 && !self.function.is_managed() {
            self.is_idle()
        } else {
            self.has_free_worker()
        }
    }

    /// Whether this invocation passed its time limit; its worker has now come back.
    pub(in crate::runtime_api) fn take_late(&self, request_id: &str) -> bool {
        self.update(|state| {
            let place = state.late.iter().position(|late| late == request_id);
            place.and_then(|place| state.late.remove(place)).is_some()
        })
    }

    /// Ends what is under way, and every `next` that waits: the environment is about to be stopped.
    pub(crate) fn abort(&self) {
        let active = self.update(|state| {
            state.stopping = true;
            state.waiting.clear();
            state.active.clone()
        });
        for active in active {
            self.finish(&active, Outcome::Exited);
        }
    }

    pub(in crate::runtime_api) fn is_stopping(&self) -> bool {
        self.read(|state| state.stopping)
    }

    /// A runtime's `next`. Refused where RAPID refuses it: all slots are taken.
    pub(in crate::runtime_api) async fn ask_next(
        self: &Arc<Self>,
    ) -> Result<(u64, oneshot::Receiver<Arc<ActiveInvocation>>), ()> {
        // The agent of Managed Instances holds as many as come.
        if !self.function.is_managed() && self.free_slot().await.is_err() {
            self.violation(None, "asked for the next event with every slot taken".to_owned());
            return Err(());
        }
        let (sender, receiver) = oneshot::channel();
        let (ticket, is_first) = self.update(|state| {
            state.tickets += 1;
            let is_first = state.init.1.is_none();
            state.init.1.get_or_insert_with(Stamp::now);
            state.waiting.push_back((state.tickets, sender));
            (state.tickets, is_first)
        });
        if is_first {
            self.subscribers.tell_of_init(Event::init_runtime_done(&self.function));
        }
        self.subscribers.runtime_done();
        self.tell_of_phases();
        self.hand_out();
        Ok((ticket, receiver))
    }

    /// The connection that waited is gone.
    pub(in crate::runtime_api) fn withdraw(&self, ticket: u64) {
        self.update(|state| state.waiting.retain(|(waiting, _)| *waiting != ticket));
    }

    /// An event could not be written to the runtime: the next slot gets it.
    pub(in crate::runtime_api) fn give_back(self: &Arc<Self>, active: Arc<ActiveInvocation>) {
        self.update(|state| {
            state.active.retain(|other| !Arc::ptr_eq(other, &active));
            if !active.is_over() {
                state.queue.push_front(active);
            }
        });
        self.hand_out();
    }

    pub(super) fn hand_out(self: &Arc<Self>) {
        loop {
            let pair = self.update(|state| {
                let waiting = if state.queue.is_empty() { None } else { state.waiting.pop_front() };
                waiting.and_then(|(_, slot)| Some((slot, state.queue.pop_front()?)))
            });
            let Some((slot, active)) = pair else { return };
            let (deadline, enforced) = active.deliver();
            let number = self.update(|state| {
                state.active.push(Arc::clone(&active));
                state.extensions.invoke(&self.function, &active, deadline);
                state.deliveries += 1;
                state.deliveries
            });
            let trace = active.with(|record| record.trace.clone());
            self.subscribers.tell(&Event::start(&self.function, &active.request_id, trace.as_ref()));
            if let Err(active) = slot.send(active.clone()) {
                self.update(|state| {
                    state.active.retain(|other| !Arc::ptr_eq(other, &active));
                    state.queue.push_front(active);
                });
            } else if let (Some(time), Ok(runtime)) = (enforced, tokio::runtime::Handle::try_current()) {
                runtime.spawn(Arc::clone(self).enforce(active, number, time));
            }
        }
    }

    async fn enforce(self: Arc<Self>, active: Arc<ActiveInvocation>, number: u64, time: Duration) {
        let deadline = tokio::time::Instant::now() + time;
        if tokio::time::timeout_at(deadline, active.over()).await.is_err() {
            if self.function.is_managed() {
                self.update(|state| {
                    state.late.push_back(active.request_id.clone());
                    if state.late.len() > LATE_REMEMBERED {
                        state.late.pop_front();
                    }
                });
            } else {
                self.update(|state| state.overdue = true);
            }
            return self.finish(&active, Outcome::TimedOut);
        }
        // The answer may be long; its deadline needs it no more.
        drop(active);
        // With one slot the deadline also covers what the runtime and extensions do between their answer and `next`.
        if self.function.concurrency <= 1 && !self.function.is_managed() {
            tokio::time::sleep_until(deadline).await;
            if !self.is_idle() && self.read(|state| state.deliveries == number) {
                self.update(|state| state.overdue = true);
            }
        }
    }

    /// Waits until a slot is free, which it is at once with a runtime that keeps the order.
    async fn free_slot(&self) -> Result<(), tokio::time::error::Elapsed> {
        let slots = self.function.concurrency.max(1);
        let free = |state: &State| state.waiting.len() + state.active.len() < slots;
        let unread = |state: &State| state.active.iter().find(|active| active.is_unread()).cloned();
        let obtainable = self.until(|queue| queue.read(|state| free(state) || unread(state).is_some()));
        tokio::time::timeout(OVERTAKING, obtainable).await?;
        // The runtime gave up a body that nobody reads; its close could not be seen, or is not judged yet.
        if let Some(active) = self.read(|state| (!free(state)).then(|| unread(state)).flatten()) {
            self.finish(&active, Outcome::Truncated);
        }
        Ok(())
    }

    /// Says whether anybody still reads the body of an answer.
    pub(in crate::runtime_api) fn set_unread(&self, active: &ActiveInvocation, unread: bool) {
        active.set_unread(unread);
        self.update(|_| ());
    }
}
