//! Writes items in batches, for `feed`. Items that DynamoDB leaves unprocessed are written again.

use super::item;
use crate::aws::{Attempts, Aws, failed};
use aws_sdk_dynamodb::{
    Client,
    types::{PutRequest, WriteRequest},
};
use lambda_trace::{AwsCall, CallError, Clock, Failure};
use sse_core::{item::Item, ports::Random};
use std::{collections::HashMap, sync::Arc, time::Duration};

/// DynamoDB's maximum number of items in one `BatchWriteItem`.
const BATCH_ITEMS: usize = 25;
/// How many times a batch is sent while items in it stay unprocessed.
const ROUNDS_MAX: u32 = 8;
/// The wait before the second attempt; it doubles, with jitter.
const FIRST_WAIT: Duration = Duration::from_millis(50);

/// The result of writing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Items that are in the table now.
    pub written: u64,
    /// Items sent again because DynamoDB had left them unprocessed.
    pub resent: u64,
}

/// Writes items into one table.
pub struct ItemWriter {
    client: Client,
    region: String,
    table: String,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
}

impl ItemWriter {
    /// Writes to `table`; clock and randomness are for the waits between attempts.
    pub fn new(aws: &Aws, table: &str, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self { client: super::patient(aws), region: aws.region().to_owned(), table: table.to_owned(), clock, random }
    }

    /// Writes all items in order: of two versions of one item the later in the list remains.
    ///
    /// # Errors
    /// A call failed, or DynamoDB processed nothing more: some items may have been written.
    pub async fn write(&self, items: &[Item]) -> Result<Progress, CallError> {
        let mut progress = Progress::default();
        for batch in batches(items) {
            let requests = batch.iter().filter_map(|item| put(item)).collect();
            self.write_batch(requests, &mut progress).await?;
        }
        Ok(progress)
    }

    async fn write_batch(&self, requests: Vec<WriteRequest>, progress: &mut Progress) -> Result<(), CallError> {
        let mut left = requests;
        for round in 0..ROUNDS_MAX {
            if round > 0 {
                let wait = FIRST_WAIT * (1 << (round - 1));
                let wait = self.random.time_between(wait / 2, wait);
                self.clock.sleep_until(self.clock.now().plus(wait)).await;
                progress.resent += left.len() as u64;
            }
            let sent = left.len();
            left = self.send(left).await?;
            progress.written += (sent.saturating_sub(left.len())) as u64;
            if left.is_empty() {
                return Ok(());
            }
        }
        Err(CallError {
            failure: Failure::Throttled,
            error_type: "UnprocessedItems".into(),
            detail: format!("{} items are still unprocessed after {ROUNDS_MAX} rounds", left.len()),
            report: self.target(),
        })
    }

    async fn send(&self, requests: Vec<WriteRequest>) -> Result<Vec<WriteRequest>, CallError> {
        let attempts = Attempts::default();
        let call = self
            .client
            .batch_write_item()
            .request_items(&self.table, requests)
            .customize()
            .interceptor(attempts.clone());
        match call.send().await {
            Ok(answer) => {
                Ok(answer.unprocessed_items.and_then(|mut tables| tables.remove(&self.table)).unwrap_or_default())
            }
            Err(error) => Err(failed(self.target(), &attempts, &error)),
        }
    }

    fn target(&self) -> AwsCall {
        AwsCall {
            service: "DynamoDB",
            operation: "BatchWriteItem",
            region: self.region.clone(),
            table: Some(self.table.clone()),
            request_id: None,
            attempts: 1,
        }
    }
}

/// Divides the list so that no batch contains two versions of one item, which DynamoDB rejects.
fn batches(items: &[Item]) -> Vec<Vec<&Item>> {
    let mut batches: Vec<Vec<&Item>> = Vec::new();
    for items in items.chunks(BATCH_ITEMS) {
        let latest: HashMap<_, _> = items.iter().map(|item| (&item.source_id, item)).collect();
        let is_latest = |item: &&Item| latest.get(&item.source_id).is_some_and(|it| std::ptr::eq(*it, *item));
        batches.push(items.iter().filter(is_latest).collect());
    }
    batches
}

/// `None` cannot happen: the builder has every field. An item that could not be built would not count as written.
fn put(item: &Item) -> Option<WriteRequest> {
    let put = PutRequest::builder().set_item(Some(item::write(item))).build().ok()?;
    Some(WriteRequest::builder().put_request(put).build())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        aws::fake::{Answer, FakeService},
        memory::{DemoFeed, SeededRandom},
    };
    use lambda_trace::Timestamp;

    const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);
    const ONE_LEFT: &str = r#"{"UnprocessedItems":{"items":[{"PutRequest":{"Item":{"source_id":{"S":"x"}}}}]}}"#;

    /// A clock on which every wait is over immediately.
    struct NoWait;
    #[async_trait::async_trait]
    impl Clock for NoWait {
        fn now(&self) -> Timestamp {
            NOW
        }
        async fn sleep_until(&self, _: Timestamp) {}
    }

    async fn write(answers: Vec<Answer>, items: &[Item]) -> (FakeService, Result<Progress, CallError>) {
        let (service, aws) = FakeService::new(answers).await;
        let writer = ItemWriter::new(&aws, "items", Arc::new(NoWait), Arc::new(SeededRandom::new(1)));
        let answer = writer.write(items).await;
        (service, answer)
    }

    #[tokio::test(start_paused = true)]
    async fn writes_in_batches_and_writes_again_what_was_left() {
        let items = DemoFeed::new(7).backlog(NOW, Duration::from_mins(1), 60);
        let answers = [ONE_LEFT, ONE_LEFT, "{}"].map(|body| Answer::json(200, body));
        let (service, progress) = write(answers.to_vec(), &items).await;
        let sizes: Vec<_> =
            service.sent().iter().map(|sent| sent.json()["RequestItems"]["items"].as_array().unwrap().len()).collect();
        let progress = progress.unwrap();
        assert_eq!(sizes.len(), 5);
        assert_eq!((sizes[1], sizes[2], progress.resent), (1, 1, 2));
        assert_eq!(progress.written, sizes.iter().sum::<usize>() as u64 - progress.resent);
    }

    #[tokio::test(start_paused = true)]
    async fn gives_up_when_nothing_is_taken() {
        let items = DemoFeed::new(7).backlog(NOW, Duration::from_mins(1), 1);
        let (service, answer) = write(vec![Answer::json(200, ONE_LEFT)], &items).await;
        assert_eq!(answer.unwrap_err().failure, Failure::Throttled);
        assert_eq!(service.sent().len(), ROUNDS_MAX as usize);
    }

    #[test]
    fn no_batch_holds_two_versions_and_the_later_stays() {
        let mut items = DemoFeed::new(7).backlog(NOW, Duration::from_mins(1), 20);
        let again = Item { updated_at: NOW.plus(Duration::from_millis(5)), ..items[3].clone() };
        items.push(again.clone());
        let batches = batches(&items);
        let versions: Vec<_> = batches[0].iter().filter(|i| i.source_id == again.source_id).collect();
        assert_eq!((batches.len(), versions), (1, vec![&&again]));
    }
}
