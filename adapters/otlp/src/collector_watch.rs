//! Sees every response of the collector, and reports changes to the operator.

use super::{
    attempt_log::CollectorReply,
    collector_log::{CollectorLog, Refusal},
    sync::{Mutex, MutexGuard},
    transport::Transport,
};
use lambda_trace::FlushOutcome;
use std::sync::{Arc, PoisonError};

const RETAINED: &str = "spans are kept and sent again later; if this goes on, look into the collector's own log";
const LOGGED: &str = "these spans are in this function's log, one OTLP/JSON line each, to be sent again; check the endpoint, its \
                      path and the collector's limits";

/// What was reported last.
pub(super) struct CollectorWatch {
    address: String,
    transport: Arc<dyn Transport>,
    collector_log: Arc<dyn CollectorLog>,
    told: Mutex<Option<Refusal>>,
}

impl CollectorWatch {
    /// For the collector at `endpoint`, whose query may contain a key.
    pub(super) fn new(endpoint: &str, transport: Arc<dyn Transport>, collector_log: Arc<dyn CollectorLog>) -> Self {
        let address = endpoint.split(['?', '#']).next().unwrap_or_default().to_owned();
        Self { address, transport, collector_log, told: Mutex::default() }
    }

    /// An attempt ended.
    pub(super) fn saw(&self, reply: &CollectorReply) {
        match reply {
            CollectorReply::Answered(answer) => {
                let advice = match answer.status {
                    200..=299 if answer.rejected_spans == 0 => return,
                    408 | 429 | 500..=599 => RETAINED,
                    _ => LOGGED,
                };
                let advice = self.transport.advice(reply).unwrap_or(advice);
                self.tell(Some(answer.status), answer.rejected_spans, answer.words.clone(), advice);
            }
            CollectorReply::None(words) => {
                self.tell(None, 0, words.clone(), self.transport.advice(reply).unwrap_or(RETAINED));
            }
        }
    }

    /// An attempt was not answered in time.
    pub(super) fn timed_out(&self) {
        self.saw(&CollectorReply::None("no answer in time".to_owned()));
    }

    /// A flush or an export has sent everything.
    pub(super) fn all_taken(&self, outcome: FlushOutcome) {
        if outcome == FlushOutcome::Ok && self.told().take().is_some() {
            self.collector_log.recovered(&self.address);
        }
    }

    fn tell(&self, status: Option<u16>, rejected_spans: u64, words: String, advice: &'static str) {
        let refusal = Refusal { address: self.address.clone(), status, rejected_spans, words, advice };
        let mut told = self.told();
        if !told.as_ref().is_some_and(|told| refusal.is_as(told)) {
            *told = Some(refusal.clone());
            drop(told);
            self.collector_log.refused(&refusal);
        }
    }

    fn told(&self) -> MutexGuard<'_, Option<Refusal>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
