//! Reads the index of items: one Query per page, newest first, and only the attributes that are needed.

use super::{
    item::{self, Attributes},
    names,
};
use crate::aws::{Attempts, Aws, failed, returned};
use async_trait::async_trait;
use aws_sdk_dynamodb::{
    Client,
    operation::query::{QueryOutput, builders::QueryFluentBuilder},
    types::AttributeValue,
};
use lambda_trace::{AwsCall, CallError, Failure, Timestamp};
use sse_core::{
    item::{ItemProblem, Sentiment},
    ports::{Dates, MalformedItem, Page, PageToken, Poller, Query},
};

/// The number of characters of a date up to its second: `2026-11-22T08:00:00`.
const TO_THE_SECOND: usize = 19;
/// Dates begin with this year, and sort behind it; a number of seconds, or a day before its month, sorts before it.
const FIRST_YEAR: &str = "1970";
/// So many items that no date finds are looked at, per partition and read of the whole window.
const MISDATED_MAX: i32 = 1_000;

/// The index of the items table.
pub struct DynamoPoller {
    client: Client,
    region: String,
    table: String,
    index: String,
    is_neighbour: bool,
}

impl DynamoPoller {
    /// Reads `index` of `table`.
    pub fn new(aws: &Aws, table: &str, index: &str) -> Self {
        Self {
            client: Client::new(aws.sdk()),
            region: aws.region().to_owned(),
            table: table.to_owned(),
            index: index.to_owned(),
            is_neighbour: aws.sdk().endpoint_url().is_some(),
        }
    }

    /// Opens the connection and fetches the credentials that the first poll will need: on Lambda, while start-up has
    /// the whole processor. The first poll reports a failure.
    ///
    /// This call is outside every invocation, and so in no trace. It is made only where it saves time, which is the TLS
    /// connection to AWS itself; an endpoint of `AWS_ENDPOINT_URL` is nearby.
    pub async fn warm_up(&self) {
        if self.is_neighbour {
            return;
        }
        let nothing = self.query(Sentiment::Neutral, Dates::Since(Timestamp::default()), None).limit(1);
        if let Err(error) = nothing.send().await {
            let error = failed(self.target(), &Attempts::default(), &error);
            tracing::debug!(%error, "warm-up call");
        }
    }

    pub(super) fn query(&self, sentiment: Sentiment, dates: Dates, after: Option<&PageToken>) -> QueryFluentBuilder {
        let (condition, bound, limit) = match dates {
            Dates::Since(since) => ("#s = :s AND #u >= :u", lower_bound(since), None),
            Dates::BeforeAny => ("#s = :s AND #u < :u", FIRST_YEAR.to_owned(), Some(MISDATED_MAX)),
        };
        self.client
            .query()
            .table_name(&self.table)
            .index_name(&self.index)
            .key_condition_expression(condition)
            // Not the sentiment: the query determines it.
            .projection_expression("#i, #u, #n, #t, #x")
            .expression_attribute_names("#s", names::SENTIMENT)
            .expression_attribute_names("#i", names::SOURCE_ID)
            .expression_attribute_names("#u", names::UPDATED_AT)
            .expression_attribute_names("#n", names::SCORE)
            .expression_attribute_names("#t", names::TICKERS)
            .expression_attribute_names("#x", names::TTL)
            .expression_attribute_values(":s", AttributeValue::S(sentiment.as_str().to_owned()))
            .expression_attribute_values(":u", AttributeValue::S(bound))
            .scan_index_forward(false)
            .set_limit(limit)
            .set_exclusive_start_key(after.map(|token| start_key(sentiment, token)))
    }
}

/// The index compares texts, and one moment has several forms (`…00Z`, `…00.000Z`, `…00+00:00`): the second that they
/// share sorts before all of them.
fn lower_bound(since: Timestamp) -> String {
    let mut text = since.to_string();
    text.truncate(TO_THE_SECOND);
    text
}

fn start_key(sentiment: Sentiment, token: &PageToken) -> Attributes {
    let text = |name: &str, value: &str| (name.to_owned(), AttributeValue::S(value.to_owned()));
    Attributes::from([
        text(names::SENTIMENT, sentiment.as_str()),
        text(names::SOURCE_ID, &token.source_id),
        text(names::UPDATED_AT, &token.updated_at),
    ])
}

#[async_trait]
impl Poller for DynamoPoller {
    fn target(&self) -> AwsCall {
        AwsCall {
            service: "DynamoDB",
            operation: "Query",
            region: self.region.clone(),
            table: Some(self.table.clone()),
            request_id: None,
            attempts: 1,
        }
    }

    async fn page(&self, query: Query<'_>) -> Result<Page, CallError> {
        let attempts = Attempts::default();
        let call = self.query(query.sentiment, query.dates, query.after).customize().interceptor(attempts.clone());
        match call.send().await {
            Ok(answer) => {
                let report = returned(self.target(), &attempts, &answer);
                page(&query, answer, report)
            }
            Err(error) => {
                let mut error = failed(self.target(), &attempts, &error);
                error.detail = format!("{} (index {})", error.detail, self.index);
                Err(error)
            }
        }
    }
}

#[expect(clippy::result_large_err, reason = "the port's error; one per failed call")]
fn page(query: &Query<'_>, answer: QueryOutput, report: AwsCall) -> Result<Page, CallError> {
    let next = match answer.last_evaluated_key.filter(|_| query.dates != Dates::BeforeAny) {
        Some(key) if !key.is_empty() => match token(&key) {
            Some(token) => Some(token),
            // Without its key the rest of the partition cannot be read, and half a partition is no result.
            None => return Err(unreadable(report, "LastEvaluatedKey lacks the keys of the index")),
        },
        _ => None,
    };
    // The SDK reads an empty body, or any object, as a response without items, which would empty a full read.
    let Some(items) = answer.items else {
        return Err(unreadable(report, "no Items in the answer"));
    };
    let mut page = Page { next, report, returned: items.len(), ..Page::default() };
    for attributes in items {
        match (item::read(&attributes, query.sentiment, query.latest), query.dates) {
            // Older than the query asked for, but within the second of the lower bound.
            (Ok(item), Dates::Since(since)) if item.updated_at < since => {}
            (Ok(item), Dates::Since(_)) => page.items.push(item),
            // Whatever it says, it stands where no read looks for it.
            (Ok(item), Dates::BeforeAny) => page.skipped.push(MalformedItem {
                source_id: item.source_id,
                updated_at: item.updated_at.to_string().into(),
                problem: ItemProblem::UpdatedAt,
            }),
            (Err(skipped), _) => page.skipped.push(skipped),
        }
    }
    // Texts of one second need not sort by time.
    page.items.sort_by_key(|item| std::cmp::Reverse(item.updated_at));
    Ok(page)
}

fn token(key: &Attributes) -> Option<PageToken> {
    Some(PageToken {
        source_id: item::text(key, names::SOURCE_ID)?.to_owned(),
        updated_at: item::text(key, names::UPDATED_AT)?.to_owned(),
    })
}

fn unreadable(report: AwsCall, detail: &str) -> CallError {
    CallError { failure: Failure::Unreadable, error_type: "UnreadableAnswer".into(), detail: detail.to_owned(), report }
}

#[cfg(test)]
mod tests;
