//! DynamoDB and CloudWatch, as far as a function that reads needs them, with faults that the real services cannot be
//! made to have.
//!
//! One endpoint serves both, which are distinguished as AWS does: DynamoDB by `X-Amz-Target` (JSON 1.0), CloudWatch by
//! the path of Smithy's RPC v2 CBOR, which the Rust SDK uses, gzip-compressed from 10 KB on. Tables are in memory. What
//! is not supported is refused by name, never ignored. Signatures are not verified.

mod call;
mod capacity;
mod cbor;
mod dynamodb;
mod fault;
mod metrics;
mod protocol;
mod serve;
mod state;

pub use call::AwsCall;
pub use capacity::Capacity;
pub use dynamodb::{IndexSpec, Item, TableSpec};
pub use fault::{AwsFault, FaultId, On};
pub use metrics::MetricDatum;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use crate::{
    environment::Sidecar,
    wire::{Port, StaleConnections},
};
use dynamodb::Database;
use fault::Faults;
use state::Shared;

/// DynamoDB and CloudWatch on loopback.
#[derive(Clone, Debug)]
pub struct FakeAws {
    shared: Arc<Shared>,
    port: Arc<Port>,
}

impl FakeAws {
    /// Listens on a free port.
    ///
    /// # Errors
    /// No port on loopback can be had.
    pub fn start() -> io::Result<Self> {
        let aws = Self { shared: Arc::default(), port: Arc::new(Port::take(0, None)?) };
        aws.listen()?;
        Ok(aws)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// The value for `AWS_ENDPOINT_URL`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Creates a table directly. One of the same name is replaced.
    pub fn create_table(&self, table: TableSpec) {
        self.database(|database| database.create(table));
    }

    /// Writes an item directly. Returns whether the table exists and the item has its keys.
    pub fn put(&self, table: &str, item: impl Into<Item>) -> bool {
        let item = item.into();
        self.database(|database| database.table(table).is_ok_and(|table| table.put(item).is_ok()))
    }

    /// Deletes the item with this key directly. Returns whether there was one.
    pub fn delete(&self, table: &str, key: impl Into<Item>) -> bool {
        let key = key.into();
        let deleted = |database: &mut Database| database.table(table).ok()?.delete(&key).ok()?;
        self.database(deleted).is_some()
    }

    /// Every item of a table, in the order of its keys.
    pub fn items(&self, table: &str) -> Vec<Item> {
        self.database(|database| database.table(table).map(|table| table.items()).unwrap_or_default())
    }

    /// Ends a page of a query after this many bytes of items (1 MB in DynamoDB).
    pub fn set_page_bytes(&self, bytes: usize) {
        self.database(|database| database.page_bytes = bytes);
    }

    /// Delays writes in indexes by this time, because index reads are eventually consistent. Applies to writes from now
    /// on.
    pub fn set_index_lag(&self, lag: Duration) {
        self.database(|database| database.set_index_lag(lag));
    }

    /// Makes matching calls fail from now on. The oldest matching rule applies.
    pub fn fault(&self, on: On, fault: AwsFault) -> FaultId {
        crate::lock(&self.shared.faults).add(on, fault)
    }

    /// Removes one rule.
    pub fn clear_fault(&self, id: FaultId) {
        crate::lock(&self.shared.faults).clear(id);
    }

    /// Removes all rules.
    pub fn clear_faults(&self) {
        *crate::lock(&self.shared.faults) = Faults::default();
    }

    /// Listens no more (connections are refused, and those that were open are gone), or listens again.
    ///
    /// # Errors
    /// The port cannot be listened on again.
    pub async fn set_listening(&self, listening: bool) -> io::Result<()> {
        if listening {
            return self.listen();
        }
        self.port.close().await;
        Ok(())
    }

    /// Makes every connection that is open now stale, as a long freeze does, and returns how many there were. Call it while the
    /// function is frozen. What was under way on them is never answered.
    pub fn make_connections_stale(&self, how: StaleConnections) -> usize {
        self.port.make_stale(how)
    }

    /// Bounds the capacity of a table, or no longer: calls that find it used up are throttled.
    pub fn set_capacity(&self, table: &str, capacity: Option<Capacity>) {
        crate::lock(&self.shared.buckets).set(table, capacity);
    }

    /// Every call so far, in the order in which they were read.
    pub fn calls(&self) -> Vec<AwsCall> {
        crate::lock(&self.shared.calls).clone()
    }

    /// Forgets every call and every metric so far. For long runs; not while calls are under way.
    pub fn forget(&self) {
        crate::lock(&self.shared.calls).clear();
        crate::lock(&self.shared.metrics).clear();
    }

    /// Every metric that was put and accepted.
    pub fn metrics(&self) -> Vec<MetricDatum> {
        crate::lock(&self.shared.metrics).clone()
    }

    /// Waits until the calls are as wanted. Put a time-out around it.
    pub async fn wait_until(&self, wanted: impl Fn(&[AwsCall]) -> bool) -> Vec<AwsCall> {
        let mut changes = self.shared.changed.subscribe();
        // The sender lives in `self`, so waiting cannot fail.
        let _ = changes.wait_for(|()| wanted(&crate::lock(&self.shared.calls))).await;
        self.calls()
    }

    fn database<T>(&self, act: impl FnOnce(&mut Database) -> T) -> T {
        act(&mut crate::lock(&self.shared.database))
    }

    fn listen(&self) -> io::Result<()> {
        let shared = Arc::clone(&self.shared);
        self.port.open(move |request, peer| serve::call(request, peer, Arc::clone(&shared)))
    }
}

impl Sidecar for FakeAws {
    fn variables(&self) -> Vec<(String, String)> {
        vec![("AWS_ENDPOINT_URL".to_owned(), self.endpoint())]
    }
}
