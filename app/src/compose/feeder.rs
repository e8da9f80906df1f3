//! Demo items into a DynamoDB table, for `feed`. In batches of what is due, so that any rate is kept.

use super::aws_context;
use crate::config::{Config, ConfigErrors};
use lambda_trace::{CallError, Clock, Timestamp, whole_millis};
use sse_adapters::{
    dynamodb::{ItemWriter, SetupError, Tables},
    memory::DemoFeed,
    system::{SystemClock, SystemRandom},
};
use sse_core::ports::Random;
use std::{sync::Arc, time::Duration};

/// No batch is larger: DynamoDB takes so many at once.
const BATCH_ITEMS: u64 = 25;
/// Between two looks at what is due, in milliseconds.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Why feeding failed.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// Everything that is wrong with the variables.
    #[error(transparent)]
    Configuration(#[from] ConfigErrors),
    /// No seed for the feed.
    #[error("the system's randomness cannot be read: {0}")]
    Random(String),
    /// The table could not be made.
    #[error("the tables could not be made")]
    Setup(#[from] SetupError),
    /// Items could not be written.
    #[error("items could not be written: {}", .0.detail)]
    Write(#[source] CallError),
}

/// Writes demo items.
pub struct Feeder {
    tables: Tables,
    writer: ItemWriter,
    feed: DemoFeed,
    clock: Arc<dyn Clock>,
}

impl Feeder {
    /// Into `table`. What was wrong before is said together with what is found here.
    ///
    /// # Errors
    /// Bad configuration, no region, no randomness.
    pub async fn new(table: &str, config: &Config, mut errors: ConfigErrors) -> Result<Self, FeedError> {
        let aws = aws_context::load(config, &mut errors).await;
        let (Some(aws), true) = (aws, errors.is_empty()) else {
            return Err(errors.into());
        };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let random = SystemRandom::new().map_err(|error| FeedError::Random(error.to_string()))?;
        let feed = DemoFeed::new(random.next_u64());
        let writer = ItemWriter::new(&aws, table, clock.clone(), Arc::new(random));
        Ok(Self { tables: Tables::new(&aws), writer, feed, clock })
    }

    /// Makes the items table and, if it is named, the users table; says which of them are new.
    ///
    /// # Errors
    /// One could not be made.
    pub async fn create(&self, items: &str, index: &str, users: Option<&str>) -> Result<Vec<String>, FeedError> {
        let mut new = Vec::new();
        if self.tables.create_items(items, index, &*self.clock).await? {
            new.push(items.to_owned());
        }
        if let Some(users) = users
            && self.tables.create_users(users, &*self.clock).await?
        {
            new.push(users.to_owned());
        }
        Ok(new)
    }

    /// Writes `rate` items a second, `count` in all or for ever; reports how many each batch wrote.
    ///
    /// # Errors
    /// A batch could not be written.
    pub async fn write(&mut self, rate: f64, count: Option<u64>, mut wrote: impl FnMut(u64)) -> Result<(), FeedError> {
        let began = self.clock.now();
        let mut done = 0;
        while count.is_none_or(|count| done < count) {
            let left = count.map_or(u64::MAX, |count| count - done);
            let now = self.clock.now();
            let batch = due(rate, began, now).saturating_sub(done).min(BATCH_ITEMS).min(left);
            if batch == 0 {
                self.clock.sleep_until(now.plus(LOOK_EVERY)).await;
                continue;
            }
            let items: Vec<_> = (0..batch).map(|_| self.feed.next_item(now)).collect();
            self.writer.write(&items).await.map_err(FeedError::Write)?;
            done += batch;
            wrote(batch);
        }
        Ok(())
    }
}

/// How many items should have been written by `now`; the first at once.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "the rate is positive, and a count beyond f64's whole numbers is out of reach"
)]
fn due(rate: f64, began: Timestamp, now: Timestamp) -> u64 {
    (whole_millis(now.since(began)) as f64 / 1_000.0 * rate) as u64 + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_follows_the_rate() {
        let began = Timestamp::from_millis(1_000);
        for (rate, ms, items) in [(10.0, 0, 1), (10.0, 99, 1), (10.0, 100, 2), (0.5, 4_000, 3), (1_000.0, 1_000, 1_001)]
        {
            assert_eq!(due(rate, began, began.plus(Duration::from_millis(ms))), items, "{rate} {ms}");
        }
    }
}
