//! How much a trace may hold: one bound for documents that come together, a lower one for those that come later; and how
//! many annotations are indexed. It knows no form.

use super::Refusal;
use lambda_env::Stamp;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// Documents that come together, in bytes a trace.
const TOGETHER_BYTES_MAX: usize = 500_000;
/// Documents that come spread over time, in bytes a trace.
const SPREAD_BYTES_MAX: usize = 100_000;
const INDEXED_KEYS_MAX: usize = 50;
/// So much later than the first, a document no longer comes together with it.
const TOGETHER: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Quota {
    together: Duration,
    traces: BTreeMap<String, Used>,
}

#[derive(Debug)]
struct Used {
    since: Stamp,
    bytes: usize,
    keys: BTreeSet<String>,
}

impl Default for Quota {
    fn default() -> Self {
        Self::new(TOGETHER)
    }
}

impl Quota {
    pub(super) const fn new(together: Duration) -> Self {
        Self { together, traces: BTreeMap::new() }
    }

    pub(super) fn take(&mut self, document: &Value, bytes: usize, at: Stamp) -> Result<(), Refusal> {
        let trace = document["trace_id"].as_str().unwrap_or_default();
        let fresh = || Used { since: at, bytes: 0, keys: BTreeSet::new() };
        let used = self.traces.entry(trace.to_owned()).or_insert_with(fresh);
        let is_together = at.since(&used.since) < self.together;
        let max = if is_together { TOGETHER_BYTES_MAX } else { SPREAD_BYTES_MAX };
        if used.bytes + bytes > max {
            return Err(Refusal::new("LimitExceeded", format!("{} and {bytes} bytes, {max} allowed", used.bytes)));
        }
        used.bytes += bytes;
        keys(document, &mut used.keys);
        if used.keys.len() > INDEXED_KEYS_MAX {
            return Err(Refusal::new("LimitExceeded", format!("{} annotations", used.keys.len())));
        }
        Ok(())
    }
}

fn keys(document: &Value, into: &mut BTreeSet<String>) {
    into.extend(document["annotations"].as_object().into_iter().flat_map(|map| map.keys().cloned()));
    document["subsegments"].as_array().into_iter().flatten().for_each(|nested| keys(nested, into));
}
