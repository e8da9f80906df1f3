//! What X-Ray refuses and the API server here takes: documents out of form, documents over 64 KB, traces over their quota,
//! parents that never come. It judges documents as they came over the wire; it knows neither spans nor sockets.

mod form;
mod quota;

use lambda_env::Stamp;
use quota::Quota;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// A document that was put, and what became of it.
#[derive(Clone, Debug)]
pub struct Record {
    /// When it was put.
    pub at: Stamp,
    /// Its size on the wire, in bytes.
    pub bytes: usize,
    /// The document; `Null` if it was no JSON.
    pub json: Value,
    /// Why it was refused, if it was.
    pub refusal: Option<Refusal>,
}

impl Record {
    /// A member that is text; empty if it is none.
    pub fn text(&self, member: &str) -> &str {
        self.json[member].as_str().unwrap_or_default()
    }
}

/// Why a document is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// As X-Ray names it.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
}

impl Refusal {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// Judges and remembers.
#[derive(Debug, Default)]
pub struct XrayValidator {
    quota: Quota,
    records: Vec<Record>,
}

impl XrayValidator {
    /// Documents of a trace count as coming together for this long after its first one; zero: never.
    pub fn new(together: Duration) -> Self {
        Self { quota: Quota::new(together), records: Vec::new() }
    }

    /// Takes a document or refuses it.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn put(&mut self, text: &str, at: Stamp) -> Result<(), Refusal> {
        let json = serde_json::from_str(text).unwrap_or_default();
        let verdict = form::check(&json, text.len(), at).and_then(|()| self.quota.take(&json, text.len(), at));
        self.records.push(Record { at, bytes: text.len(), json, refusal: verdict.clone().err() });
        verdict
    }

    /// Everything that was put.
    pub fn records(&self) -> &[Record] {
        &self.records
    }

    /// Forgets what was put. For long runs.
    pub fn take(&mut self) -> Vec<Record> {
        std::mem::take(&mut self.records)
    }

    /// Everything that is wrong with a trace now that all of it has come: refusals, parents that did not come, a document
    /// that came twice.
    pub fn complaints(&self, trace: &str) -> Vec<String> {
        let of_trace: Vec<_> = self.records.iter().filter(|r| r.text("trace_id") == trace).collect();
        let mut complaints: Vec<String> = (self.records.iter())
            .filter(|r| r.text("trace_id") == trace || r.json.is_null())
            .filter_map(|r| r.refusal.as_ref().map(|why| format!("{}: {} {}", r.text("name"), why.code, why.message)))
            .collect();
        let mut times = BTreeMap::<&str, usize>::new();
        // A segment is put twice, open and closed; that is no repetition.
        for record in of_trace.iter().filter(|r| r.refusal.is_none() && r.json["in_progress"] != true) {
            *times.entry(record.text("id")).or_default() += 1;
        }
        complaints.extend(times.iter().filter(|(_, n)| **n > 1).map(|(id, n)| format!("{id} came {n} times")));
        let ids: BTreeSet<_> =
            of_trace.iter().filter(|r| r.refusal.is_none()).flat_map(|r| form::ids(&r.json)).collect();
        complaints.extend(of_trace.iter().filter_map(|record| {
            let parent = record.json["parent_id"].as_str()?;
            (!ids.contains(parent)).then(|| format!("{}: its parent {parent} never came", record.text("name")))
        }));
        complaints
    }

    /// The documents of a trace add up to so many bytes.
    pub fn bytes(&self, trace: &str) -> usize {
        self.records.iter().filter(|r| r.text("trace_id") == trace).map(|r| r.bytes).sum()
    }
}

#[cfg(test)]
mod tests;
