//! The state of waiting: `next` calls that wait for events, events that wait for a `next`, invocations in progress,
//! extensions. Plain state behind a lock; the rules of the Runtime API that concern order are kept here.

mod slots;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use tokio::sync::{oneshot, watch};

use super::{active_invocation::ActiveInvocation, response::Outcome};
use crate::{
    clock::Stamp,
    environment::Memory,
    extensions_api::Extensions,
    function::Function,
    ids::Ids,
    segment::SegmentWriter,
    telemetry_api::{Event, Invoked, Subscribers},
};

/// Something that a correct runtime or extension never does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// When it was seen.
    pub at: Stamp,
    /// The invocation concerned, if one was named.
    pub request_id: Option<String>,
    /// What it was.
    pub what: String,
}

/// What the runtime said on `/init/error`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InitError {
    /// `Lambda-Runtime-Function-Error-Type`.
    pub kind: String,
    /// The body, JSON by the rules.
    pub body: Bytes,
}

#[derive(Debug)]
pub(crate) struct InvocationQueue {
    pub(crate) function: Function,
    pub(crate) ids: Ids,
    /// Of the Telemetry API.
    pub(crate) subscribers: Subscribers,
    state: Mutex<State>,
    changed: watch::Sender<()>,
    segments: Option<SegmentWriter>,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<(u64, oneshot::Sender<Arc<ActiveInvocation>>)>,
    queue: VecDeque<Arc<ActiveInvocation>>,
    active: Vec<Arc<ActiveInvocation>>,
    tickets: u64,
    deliveries: u64,
    /// Deliveries since the last reset: zero means that the next one is a cold start.
    warm: u64,
    overdue: bool,
    /// On Managed Instances: ids of invocations that passed their time limit and were not answered yet.
    late: VecDeque<String>,
    stopping: bool,
    /// The process id of the runtime.
    process: Option<u32>,
    /// Start of the process and first `next`.
    init: (Option<Stamp>, Option<Stamp>),
    init_error: Option<InitError>,
    extensions: Extensions,
    violations: Vec<Violation>,
}

impl InvocationQueue {
    pub(super) fn new(function: Function, ids: Ids, segments: Option<SegmentWriter>) -> Self {
        let (subscribers, state, changed) = (Subscribers::default(), Mutex::default(), watch::Sender::new(()));
        Self { function, ids, subscribers, state, changed, segments }
    }

    /// Waits until `condition` holds.
    pub(crate) async fn until(&self, condition: impl Fn(&Self) -> bool) {
        let mut changes = self.changed.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        let _ = changes.wait_for(|()| condition(self)).await;
    }

    /// Every slot of the runtime and every extension waits for its next event: the moment at which Lambda freezes.
    pub(crate) fn is_idle(&self) -> bool {
        self.read(|state| {
            let runtime = state.waiting.len() >= self.function.concurrency.max(1);
            runtime && state.queue.is_empty() && state.active.is_empty() && state.extensions.all_wait()
        })
    }

    /// Takes an event in, and hands it out as soon as a slot waits.
    pub(super) fn enqueue(self: &Arc<Self>, active: Arc<ActiveInvocation>) {
        self.update(|state| state.queue.push_back(active));
        self.hand_out();
    }

    pub(super) fn active(&self, request_id: &str) -> Option<Arc<ActiveInvocation>> {
        self.read(|state| state.active.iter().find(|other| other.request_id == request_id).cloned())
    }

    /// Ends an invocation and writes its segments.
    pub(crate) fn finish(&self, active: &Arc<ActiveInvocation>, outcome: Outcome) {
        if active.end(outcome) && active.with(|record| record.delivered.is_some()) {
            let cold = self.update(|state| {
                state.warm += 1;
                (state.warm == 1).then_some(state.init.0.zip(state.init.1)).flatten()
            });
            if let Some(segments) = &self.segments {
                active.with(|record| segments.write(&self.function, record, cold));
            }
            let init = cold.map(|(from, to)| to.since(&from));
            let invoked = active.with(|record| Invoked::of(record, init));
            let has_ended_the_runtime = invoked.has_ended_the_runtime;
            self.subscribers.answered(invoked);
            if has_ended_the_runtime {
                self.subscribers.runtime_done();
                self.subscribers.report(&self.function, || self.memory_mb());
            }
        }
        self.update(|state| state.active.retain(|other| !Arc::ptr_eq(other, active)));
    }

    /// The process is gone: what was under way ends with it. Extensions are still there.
    pub(crate) fn fail(&self, outcome: &Outcome) {
        for active in self.read(|state| state.active.clone()) {
            self.finish(&active, outcome.clone());
        }
    }

    /// Tells subscribers of the init phase's end, and of the end of what runtime and extensions are through with.
    pub(crate) fn tell_of_phases(&self) {
        if self.is_ready() && self.subscribers.end_init() {
            let (extensions, begin) = self.read(|state| (state.extensions.states(), state.init.0));
            for extension in extensions {
                self.subscribers.tell(&Event::extension(&extension.name, &extension.events));
            }
            let duration = begin.map(|begin| begin.elapsed()).unwrap_or_default();
            self.subscribers.tell_of_init(Event::init_report(&self.function, duration));
        }
        if self.is_idle() {
            self.subscribers.report(&self.function, || self.memory_mb());
        }
    }

    /// The runtime's process, whose memory is told.
    pub(crate) fn set_process(&self, pid: u32) {
        self.update(|state| state.process = Some(pid));
    }

    /// The most that the runtime's process had; 0 without a process.
    fn memory_mb(&self) -> u64 {
        let memory = self.read(|state| state.process).and_then(Memory::of);
        memory.map_or(0, |memory| memory.peak_kib.div_ceil(1_024))
    }

    /// The process is gone: nobody waits any more, and what was under way ended with it.
    pub(crate) fn reset(&self, outcome: &Outcome) {
        let active = self.update(|state| {
            state.waiting.clear();
            state.extensions = Extensions::default();
            state.overdue = false;
            state.stopping = false;
            state.late.clear();
            state.init_error = None;
            // Deadlines of what the old process had been given are nobody's any more.
            state.deliveries += 1;
            std::mem::take(&mut state.active)
        });
        for active in active {
            self.finish(&active, outcome.clone());
        }
        self.update(|state| state.warm = 0);
        self.subscribers.reset();
    }

    /// Ends what still waits for a process.
    pub(crate) fn give_up(&self, outcome: &Outcome) {
        for active in self.update(|state| std::mem::take(&mut state.queue)) {
            self.finish(&active, outcome.clone());
        }
    }

    /// A process is being started.
    pub(crate) fn begin_init(&self) {
        self.update(|state| state.init = (Some(Stamp::now()), None));
        self.subscribers.tell_of_init(Event::init_start(&self.function));
    }

    /// How long the process took from its start to its first `next`.
    pub(crate) fn init_duration(&self) -> Option<Duration> {
        self.read(|state| Some(state.init.1?.since(&state.init.0?)))
    }

    /// Whether an invocation has run into its deadline since the last reset.
    pub(crate) fn is_overdue(&self) -> bool {
        self.read(|state| state.overdue)
    }

    pub(crate) fn init_error(&self) -> Option<InitError> {
        self.read(|state| state.init_error.clone())
    }

    pub(super) fn set_init_error(&self, error: InitError) {
        self.update(|state| state.init_error = Some(error));
    }

    /// The runtime has asked for its first event, and so has every extension.
    pub(crate) fn is_ready(&self) -> bool {
        self.read(|state| state.init.1.is_some() && state.extensions.all_ready())
    }

    /// Whether an event waits that no process has been given.
    pub(crate) fn has_queue(&self) -> bool {
        self.read(|state| !state.queue.is_empty())
    }

    pub(crate) fn extension_names(&self) -> Vec<String> {
        self.read(|state| state.extensions.names())
    }

    pub(crate) fn violation(&self, request_id: Option<&str>, what: String) {
        let request_id = request_id.map(str::to_owned);
        self.update(|state| {
            state.violations.push(Violation { at: Stamp::now(), request_id, what });
        });
    }

    pub(crate) fn violations(&self) -> Vec<Violation> {
        self.read(|state| state.violations.clone())
    }

    pub(crate) fn extensions<T>(&self, change: impl FnOnce(&mut Extensions) -> T) -> T {
        self.update(|state| change(&mut state.extensions))
    }

    fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&crate::lock(&self.state))
    }

    fn update<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let result = change(&mut crate::lock(&self.state));
        self.changed.send_modify(|()| ());
        result
    }
}
