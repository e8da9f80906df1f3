//! Who is told, and what has to be told later: events of the init phase to those who subscribe after them, and the end of an invocation once the runtime
//! and the extensions are through with it.

use std::sync::Mutex;

use tokio::{
    sync::mpsc::{UnboundedSender, unbounded_channel},
    task::AbortHandle,
};

use super::{
    delivery::{self, Message},
    event::{Event, Invoked, Kind},
    subscription::Subscription,
};
use crate::{clock::Stamp, function::Function};

/// Everybody who has subscribed, in the life of one process.
#[derive(Debug, Default)]
pub(crate) struct Subscribers(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    subscribers: Vec<Subscriber>,
    /// What has been told of the init phase until now.
    init: Vec<Event>,
    is_init_over: bool,
    /// Over for the caller; the runtime has not asked for its next event.
    answered: Vec<Invoked>,
    /// The runtime is through, the extensions are not.
    done: Vec<Invoked>,
}

#[derive(Debug)]
struct Subscriber {
    kinds: Vec<Kind>,
    messages: UnboundedSender<Message>,
    delivering: AbortHandle,
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.delivering.abort();
    }
}

impl Subscribers {
    /// Adds a subscriber and tells it what it missed of the init phase.
    pub(super) fn add(&self, subscription: Subscription) {
        let (messages, receiver) = unbounded_channel();
        let kinds = subscription.kinds.clone();
        let delivering = tokio::spawn(delivery::deliver(subscription, receiver)).abort_handle();
        let subscriber = Subscriber { kinds, messages, delivering };
        let mut state = crate::lock(&self.0);
        state.init.iter().for_each(|event| subscriber.tell(event));
        state.subscribers.push(subscriber);
    }

    /// Tells an event.
    pub(crate) fn tell(&self, event: &Event) {
        crate::lock(&self.0).tell(event);
    }

    /// Tells a line of a process's output.
    pub(crate) fn line(&self, at: &Stamp, kind: Kind, text: &str) {
        let state = crate::lock(&self.0);
        if state.subscribers.iter().any(|subscriber| subscriber.kinds.contains(&kind)) {
            state.tell(&Event::line(at, kind, text));
        }
    }

    /// Tells an event of the init phase, and those who subscribe later in it, too.
    pub(crate) fn tell_of_init(&self, event: Event) {
        let mut state = crate::lock(&self.0);
        state.tell(&event);
        if !state.is_init_over {
            state.init.push(event);
        }
    }

    /// The init phase is over. Says whether it was not before.
    pub(crate) fn end_init(&self) -> bool {
        !std::mem::replace(&mut crate::lock(&self.0).is_init_over, true)
    }

    /// An invocation is over for its caller.
    pub(crate) fn answered(&self, invoked: Invoked) {
        crate::lock(&self.0).answered.push(invoked);
    }

    /// The runtime is through with what is over.
    pub(crate) fn runtime_done(&self) {
        let mut state = crate::lock(&self.0);
        for invoked in std::mem::take(&mut state.answered) {
            state.tell(&Event::runtime_done(&invoked));
            state.done.push(invoked);
        }
    }

    /// So are the extensions. `memory_mb` is asked only if there is anything to tell.
    pub(crate) fn report(&self, function: &Function, memory_mb: impl Fn() -> u64) {
        let mut state = crate::lock(&self.0);
        for invoked in std::mem::take(&mut state.done) {
            if !state.subscribers.is_empty() {
                state.tell(&Event::report(function, &invoked, memory_mb()));
            }
        }
    }

    /// Batches leave at once: the environment is about to end.
    pub(crate) fn flush(&self) {
        for subscriber in &crate::lock(&self.0).subscribers {
            // Its task lives as long as it.
            let _ = subscriber.messages.send(Message::Flush);
        }
    }

    /// The processes are gone, and with them everybody who had subscribed.
    pub(crate) fn reset(&self) {
        *crate::lock(&self.0) = State::default();
    }
}

impl State {
    fn tell(&self, event: &Event) {
        self.subscribers.iter().for_each(|subscriber| subscriber.tell(event));
    }
}

impl Subscriber {
    fn tell(&self, event: &Event) {
        if self.kinds.contains(&event.kind) {
            // Its task lives as long as it.
            let _ = self.messages.send(Message::Event(event.clone()));
        }
    }
}
