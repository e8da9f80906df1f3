//! What the fake holds while it listens: tables, rules, and what it has seen.

use std::sync::Mutex;

use tokio::sync::watch;

use super::{AwsCall, MetricDatum, capacity::Buckets, dynamodb::Database, fault::Faults};
use crate::ids::Ids;

#[derive(Debug)]
pub(super) struct Shared {
    pub(super) ids: Ids,
    pub(super) database: Mutex<Database>,
    pub(super) faults: Mutex<Faults>,
    pub(super) buckets: Mutex<Buckets>,
    pub(super) calls: Mutex<Vec<AwsCall>>,
    pub(super) metrics: Mutex<Vec<MetricDatum>>,
    pub(super) changed: watch::Sender<()>,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            ids: Ids::random(),
            database: Mutex::default(),
            faults: Mutex::default(),
            buckets: Mutex::default(),
            calls: Mutex::default(),
            metrics: Mutex::default(),
            changed: watch::Sender::new(()),
        }
    }
}
