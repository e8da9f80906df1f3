//! The registered extensions and the events that wait for them. Plain state; it reads no socket.

use std::{collections::VecDeque, time::Duration};

use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::{clock::Stamp, function::Function, runtime_api::ActiveInvocation};

/// What is known about an extension.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtensionState {
    /// `Lambda-Extension-Name`.
    pub name: String,
    /// The events that it registered for.
    pub events: Vec<String>,
    /// Whether it waits for its next event.
    pub waits: bool,
    /// What it said on `/init/error` or `/exit/error`: type and body.
    pub failure: Option<(String, String)>,
}

#[derive(Debug, Default)]
pub(crate) struct Extensions(Vec<Extension>);

#[derive(Debug)]
struct Extension {
    identifier: String,
    name: String,
    events: Vec<String>,
    due: VecDeque<Value>,
    waiting: Option<oneshot::Sender<Value>>,
    /// It has asked for an event at least once: its own init is over.
    ready: bool,
    /// Its process has ended: nobody waits for it any more.
    gone: bool,
    failure: Option<(String, String)>,
}

impl Extensions {
    pub(super) fn register(&mut self, identifier: &str, name: &str, events: &[&str]) {
        self.0.push(Extension {
            identifier: identifier.to_owned(),
            name: name.to_owned(),
            events: events.iter().map(|event| (*event).to_owned()).collect(),
            due: VecDeque::new(),
            waiting: None,
            ready: false,
            gone: false,
            failure: None,
        });
    }

    pub(super) fn ask_next(&mut self, identifier: &str) -> Option<oneshot::Receiver<Value>> {
        let extension = self.0.iter_mut().find(|extension| extension.identifier == identifier)?;
        let (sender, receiver) = oneshot::channel();
        extension.waiting = Some(sender);
        extension.ready = true;
        extension.hand_out();
        Some(receiver)
    }

    pub(super) fn failed(&mut self, identifier: &str, kind: &str, body: String) -> bool {
        let extension = self.0.iter_mut().find(|extension| extension.identifier == identifier);
        extension.map(|extension| extension.failure = Some((kind.to_owned(), body))).is_some()
    }

    /// Tells of an invocation, at its delivery.
    pub(crate) fn invoke(&mut self, function: &Function, active: &ActiveInvocation, deadline_ms: u64) {
        let event = json!({
            "eventType": "INVOKE",
            "deadlineMs": deadline_ms,
            "requestId": active.request_id,
            "invokedFunctionArn": function.arn(),
            "tracing": {"type": "X-Amzn-Trace-Id", "value": active.trace},
        });
        self.tell("INVOKE", &event);
    }

    /// Tells of the end: `reason` is `spindown`, `timeout` or `failure`.
    pub(crate) fn shut_down(&mut self, reason: &str, limit: Duration) {
        let deadline = Stamp::now().unix_ms() + u64::try_from(limit.as_millis()).unwrap_or(0);
        self.tell("SHUTDOWN", &json!({"eventType": "SHUTDOWN", "shutdownReason": reason, "deadlineMs": deadline}));
    }

    /// The extension's process has ended. Lambda starts no other in the same environment.
    pub(crate) fn gone(&mut self, name: &str) {
        for extension in self.0.iter_mut().filter(|extension| extension.name == name) {
            extension.gone = true;
        }
    }

    /// Whether all of them wait that are still there.
    pub(crate) fn all_wait(&self) -> bool {
        self.0.iter().all(|extension| extension.gone || extension.waiting.is_some())
    }

    pub(crate) fn all_ready(&self) -> bool {
        self.0.iter().all(|extension| extension.gone || extension.ready)
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.0.iter().map(|extension| extension.name.clone()).collect()
    }

    /// Under which name this identifier was given out.
    pub(crate) fn name(&self, identifier: &str) -> Option<String> {
        let extension = self.0.iter().find(|extension| extension.identifier == identifier)?;
        Some(extension.name.clone())
    }

    pub(crate) fn states(&self) -> Vec<ExtensionState> {
        let state = |extension: &Extension| ExtensionState {
            name: extension.name.clone(),
            events: extension.events.clone(),
            waits: extension.waiting.is_some(),
            failure: extension.failure.clone(),
        };
        self.0.iter().map(state).collect()
    }

    fn tell(&mut self, kind: &str, event: &Value) {
        for extension in self.0.iter_mut().filter(|extension| extension.events.iter().any(|wanted| wanted == kind)) {
            extension.due.push_back(event.clone());
            extension.hand_out();
        }
    }
}

impl Extension {
    fn hand_out(&mut self) {
        if self.due.is_empty() {
            return;
        }
        let Some(waiting) = self.waiting.take() else { return };
        if let Some(event) = self.due.pop_front()
            && let Err(event) = waiting.send(event)
        {
            self.due.push_front(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_waits_for_the_extension_and_the_extension_for_the_event() {
        let mut extensions = Extensions::default();
        extensions.register("1", "collector", &["SHUTDOWN"]);
        assert!(!extensions.all_wait());
        let mut first = extensions.ask_next("1").unwrap();
        assert!(extensions.all_wait());
        assert!(first.try_recv().is_err());
        extensions.shut_down("spindown", Duration::from_secs(2));
        assert_eq!(first.try_recv().unwrap()["shutdownReason"], "spindown");
        assert!(!extensions.all_wait());
        extensions.shut_down("again", Duration::ZERO);
        assert_eq!(extensions.ask_next("1").unwrap().try_recv().unwrap()["shutdownReason"], "again");
    }

    #[test]
    fn one_that_is_gone_is_not_waited_for() {
        let mut extensions = Extensions::default();
        extensions.register("1", "crashed", &["INVOKE"]);
        assert!(!extensions.all_wait() && !extensions.all_ready());
        extensions.gone("crashed");
        assert!(extensions.all_wait() && extensions.all_ready());
    }

    #[test]
    fn nobody_is_told_what_it_did_not_register_for() {
        let mut extensions = Extensions::default();
        extensions.register("1", "quiet", &[]);
        let mut next = extensions.ask_next("1").unwrap();
        extensions.shut_down("spindown", Duration::ZERO);
        assert!(next.try_recv().is_err());
        assert!(extensions.all_wait());
        assert!(extensions.ask_next("2").is_none());
    }
}
