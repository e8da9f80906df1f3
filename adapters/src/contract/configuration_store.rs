//! `ConfigurationStore`: one call, `None` for what is not there for this user.

use async_trait::async_trait;
use lambda_trace::AwsCall;
use sse_core::ports::{ConfigurationStore, UserId};

/// A users table that the suite may fill. It is empty at first, and what is written is visible at once.
#[async_trait]
pub trait ConfigurationStoreUnderTest: Sync {
    /// The adapter.
    fn configurations(&self) -> &dyn ConfigurationStore;
    /// Writes one, active or not.
    async fn put(&self, user: &str, id: &str, is_active: bool, tickers: &[String]);
}

/// The whole suite.
///
/// # Panics
/// The adapter breaks the contract.
pub async fn check_configurations(table: &dyn ConfigurationStoreUnderTest) {
    assert_eq!(get(table, "u1", "c1").await, None, "absent");
    let two = ["aapl".to_owned(), "BRK.B".to_owned()];
    table.put("u1", "c1", true, &two).await;
    assert_eq!(get(table, "u1", "c1").await, Some(vec!["AAPL".to_owned(), "BRK.B".to_owned()]));
    assert_eq!(get(table, "u2", "c1").await, None, "another user's");
    assert_eq!(get(table, "u1", "c2").await, None, "another one");
    table.put("u1", "c1", false, &two).await;
    assert_eq!(get(table, "u1", "c1").await, None, "inactive");
    table.put("u1", "c3", true, &[]).await;
    assert_eq!(get(table, "u1", "c3").await, Some(vec![]), "no tickers");
    let many: Vec<_> = (0..150).map(|n| format!("T{n:03}")).collect();
    table.put("u1", "c4", true, &many).await;
    assert_eq!(get(table, "u1", "c4").await.as_deref(), Some(&many[..100]), "the first hundred");
}

async fn get(table: &dyn ConfigurationStoreUnderTest, user: &str, id: &str) -> Option<Vec<String>> {
    let adapter = table.configurations();
    let user = UserId::new(user)?;
    let (found, report) = match adapter.get(&user, id).await {
        Ok(answer) => answer,
        Err(error) => panic!("{error}: {}", error.detail),
    };
    let known_before = AwsCall { request_id: None, ..report.clone() };
    assert_eq!(known_before, adapter.target(), "a report is its target, answered");
    assert_eq!((report.service, report.operation), ("DynamoDB", "GetItem"));
    assert!(report.request_id.is_some() && report.table.is_some(), "{report:?}");
    found.map(|configuration| configuration.tickers.iter().map(ToString::to_string).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryConfigurationStore;
    use lambda_trace::ManualClock;
    use sse_core::item::Ticker;
    use std::sync::Arc;

    struct InMemory(MemoryConfigurationStore);

    #[async_trait]
    impl ConfigurationStoreUnderTest for InMemory {
        fn configurations(&self) -> &dyn ConfigurationStore {
            &self.0
        }
        async fn put(&self, user: &str, id: &str, is_active: bool, tickers: &[String]) {
            self.0.remove(user, id);
            if is_active {
                self.0.put(user, id, tickers.iter().filter_map(|t| Ticker::parse(t)).collect());
            }
        }
    }

    #[tokio::test]
    async fn the_table_in_memory() {
        check_configurations(&InMemory(MemoryConfigurationStore::new(Arc::new(ManualClock::default())))).await;
    }
}
