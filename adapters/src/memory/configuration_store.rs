//! Users' configurations in memory.

use super::{Fault, lock};
use async_trait::async_trait;
use lambda_trace::{AwsCall, CallError, Clock};
use sse_core::{
    item::Ticker,
    ports::{Configuration, ConfigurationStore, UserId},
};
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

/// Beyond these a configuration's tickers are not read (contract: HTTP).
const TICKERS_MAX: usize = 100;

/// Configurations by user and id.
pub struct MemoryConfigurationStore {
    clock: Arc<dyn Clock>,
    active: Mutex<HashMap<(String, String), Vec<Ticker>>>,
    fault: Mutex<Option<Fault>>,
    calls: AtomicU64,
}

impl MemoryConfigurationStore {
    /// None yet; `clock` times slow answers.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, active: Mutex::default(), fault: Mutex::default(), calls: AtomicU64::new(0) }
    }

    /// Stores an active configuration; its first 100 tickers count.
    pub fn put(&self, user: &str, id: &str, mut tickers: Vec<Ticker>) {
        tickers.truncate(TICKERS_MAX);
        lock(&self.active).insert((user.to_owned(), id.to_owned()), tickers);
    }

    /// Takes one away, or makes it inactive: from here both look the same.
    pub fn remove(&self, user: &str, id: &str) {
        lock(&self.active).remove(&(user.to_owned(), id.to_owned()));
    }

    /// Trouble for every call, until it is set again.
    pub fn set_fault(&self, fault: Option<Fault>) {
        *lock(&self.fault) = fault;
    }

    /// Calls so far.
    pub fn calls(&self) -> u64 {
        self.calls.load(Relaxed)
    }
}

#[async_trait]
impl ConfigurationStore for MemoryConfigurationStore {
    fn target(&self) -> AwsCall {
        AwsCall {
            service: "DynamoDB",
            operation: "GetItem",
            region: "local".to_owned(),
            table: Some("memory".to_owned()),
            request_id: None,
            attempts: 1,
        }
    }

    async fn get(&self, user: &UserId, id: &str) -> Result<(Option<Configuration>, AwsCall), CallError> {
        let call = self.calls.fetch_add(1, Relaxed) + 1;
        let report = AwsCall { request_id: Some(format!("memory-{call}")), ..self.target() };
        let fault = *lock(&self.fault);
        if let Some(fault) = fault
            && let Some(error) = fault.strike(&*self.clock, &report).await
        {
            return Err(error);
        }
        let key = (user.expose().to_owned(), id.to_owned());
        let tickers = lock(&self.active).get(&key).cloned();
        Ok((tickers.map(|tickers| Configuration { tickers }), report))
    }
}
