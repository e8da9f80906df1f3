//! Creates the tables, for `feed --create`. In production the infrastructure code creates them.

use super::names;
use crate::aws::{Attempts, Aws, failed};
use aws_sdk_dynamodb::{
    Client,
    error::SdkError,
    operation::{create_table::CreateTableError, describe_table::DescribeTableOutput},
    types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, IndexStatus, KeySchemaElement, KeyType, Projection,
        ProjectionType, ScalarAttributeType, TableStatus, TimeToLiveSpecification,
    },
};
use lambda_trace::{AwsCall, CallError, Clock};
use std::time::Duration;

/// How long a new table may take to become usable, in milliseconds.
const ACTIVE_WITHIN: Duration = Duration::from_mins(2);
/// How often the table's state is checked,
const ASK_EVERY: Duration = Duration::from_millis(500);

/// Why a table could not be created.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// A call failed.
    #[error("{table}: {error}: {}", error.detail)]
    Call {
        /// The table.
        table: String,
        /// The error.
        error: Box<CallError>,
    },
    /// It was created, and is still not usable.
    #[error("{0} did not become active within two minutes")]
    NotActive(String),
    /// The SDK rejects the request that was built here.
    #[error("{0} cannot be described: {1}")]
    Invalid(String, String),
}

/// Creates tables and waits until they are usable.
pub struct Tables {
    client: Client,
    region: String,
}

impl Tables {
    /// Uses this client configuration.
    pub fn new(aws: &Aws) -> Self {
        Self { client: super::patient(aws), region: aws.region().to_owned() }
    }

    /// Creates the items table with its index and its TTL; `false` if there is a table of this name already, which is
    /// left unchanged.
    ///
    /// # Errors
    /// [`SetupError`]
    pub async fn create_items(&self, table: &str, index: &str, clock: &dyn Clock) -> Result<bool, SetupError> {
        let invalid = |error: aws_sdk_dynamodb::error::BuildError| SetupError::Invalid(table.into(), error.to_string());
        let projection = Projection::builder()
            .projection_type(ProjectionType::Include)
            .set_non_key_attributes(Some([names::SCORE, names::TICKERS, names::TTL].map(Into::into).into()))
            .build();
        let index = GlobalSecondaryIndex::builder()
            .index_name(index)
            .key_schema(key(names::SENTIMENT, KeyType::Hash).map_err(invalid)?)
            .key_schema(key(names::UPDATED_AT, KeyType::Range).map_err(invalid)?)
            .projection(projection)
            .build()
            .map_err(invalid)?;
        let mut request = self
            .client
            .create_table()
            .table_name(table)
            .billing_mode(BillingMode::PayPerRequest)
            .key_schema(key(names::SOURCE_ID, KeyType::Hash).map_err(invalid)?)
            .global_secondary_indexes(index);
        for name in [names::SOURCE_ID, names::SENTIMENT, names::UPDATED_AT] {
            request = request.attribute_definitions(text_attribute(name).map_err(invalid)?);
        }
        if !self.created(table, request.send().await)? {
            return Ok(false);
        }
        self.wait_for(table, clock).await?;
        self.expire(table).await?;
        Ok(true)
    }

    /// Creates the users table; `false` if there is a table of this name already.
    ///
    /// # Errors
    /// [`SetupError`]
    pub async fn create_users(&self, table: &str, clock: &dyn Clock) -> Result<bool, SetupError> {
        let invalid = |error: aws_sdk_dynamodb::error::BuildError| SetupError::Invalid(table.into(), error.to_string());
        let request = self
            .client
            .create_table()
            .table_name(table)
            .billing_mode(BillingMode::PayPerRequest)
            .key_schema(key("PK", KeyType::Hash).map_err(invalid)?)
            .key_schema(key("SK", KeyType::Range).map_err(invalid)?)
            .attribute_definitions(text_attribute("PK").map_err(invalid)?)
            .attribute_definitions(text_attribute("SK").map_err(invalid)?);
        let is_new = self.created(table, request.send().await)?;
        if is_new {
            self.wait_for(table, clock).await?;
        }
        Ok(is_new)
    }

    fn created<T>(&self, table: &str, answer: Result<T, SdkError<CreateTableError>>) -> Result<bool, SetupError> {
        match answer {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(CreateTableError::is_resource_in_use_exception) => {
                Ok(false)
            }
            Err(error) => Err(self.failed(table, "CreateTable", &error)),
        }
    }

    async fn expire(&self, table: &str) -> Result<(), SetupError> {
        let specification = TimeToLiveSpecification::builder()
            .attribute_name(names::TTL)
            .enabled(true)
            .build()
            .map_err(|error| SetupError::Invalid(table.into(), error.to_string()))?;
        let request = self.client.update_time_to_live().table_name(table).time_to_live_specification(specification);
        let answer = request.send().await;
        answer.map_err(|error| self.failed(table, "UpdateTimeToLive", &error))?;
        Ok(())
    }

    async fn wait_for(&self, table: &str, clock: &dyn Clock) -> Result<(), SetupError> {
        let until = clock.now().plus(ACTIVE_WITHIN);
        while clock.now() < until {
            let answer = self.client.describe_table().table_name(table).send().await;
            if is_active(&answer.map_err(|error| self.failed(table, "DescribeTable", &error))?) {
                return Ok(());
            }
            clock.sleep_until(clock.now().plus(ASK_EVERY)).await;
        }
        Err(SetupError::NotActive(table.to_owned()))
    }

    fn failed<E>(&self, table: &str, operation: &'static str, error: &SdkError<E>) -> SetupError
    where
        E: aws_sdk_dynamodb::error::ProvideErrorMetadata + std::error::Error + 'static,
    {
        let target = AwsCall {
            service: "DynamoDB",
            operation,
            region: self.region.clone(),
            table: Some(table.to_owned()),
            request_id: None,
            attempts: 1,
        };
        SetupError::Call { table: table.to_owned(), error: Box::new(failed(target, &Attempts::default(), error)) }
    }
}

fn is_active(answer: &DescribeTableOutput) -> bool {
    answer.table().is_some_and(|table| {
        table.table_status() == Some(&TableStatus::Active)
            && table.global_secondary_indexes().iter().all(|index| index.index_status() == Some(&IndexStatus::Active))
    })
}

fn key(name: &str, kind: KeyType) -> Result<KeySchemaElement, aws_sdk_dynamodb::error::BuildError> {
    KeySchemaElement::builder().attribute_name(name).key_type(kind).build()
}

fn text_attribute(name: &str) -> Result<AttributeDefinition, aws_sdk_dynamodb::error::BuildError> {
    AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::fake::{Answer, FakeService};
    use lambda_trace::ManualClock;
    use serde_json::json;
    use std::{sync::Arc, time::Duration};

    const ACTIVE: &str = r#"{"Table":{"TableStatus":"ACTIVE","GlobalSecondaryIndexes":[{"IndexStatus":"ACTIVE"}]}}"#;
    const CREATING: &str =
        r#"{"Table":{"TableStatus":"ACTIVE","GlobalSecondaryIndexes":[{"IndexStatus":"CREATING"}]}}"#;
    const THERE: &str = r#"{"__type":"x#ResourceInUseException","message":"there"}"#;

    fn answers(bodies: &[&str]) -> Vec<Answer> {
        bodies.iter().map(|body| Answer::json(200, body)).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn makes_the_table_waits_for_its_index_and_lets_items_expire() {
        let (service, aws) = FakeService::new(answers(&["{}", CREATING, ACTIVE, "{}"])).await;
        let clock = Arc::new(ManualClock::default());
        let hands = clock.clone();
        let ticking = tokio::spawn(async move {
            loop {
                tokio::time::sleep(Duration::from_millis(1)).await;
                hands.advance(Duration::from_millis(100));
            }
        });
        let tables = Tables::new(&aws);
        assert_eq!(tables.create_items("items", "by", &*clock).await, Ok(true));
        ticking.abort();
        let sent = service.sent();
        let operations: Vec<_> = sent.iter().map(|s| s.target.rsplit('.').next().unwrap()).collect();
        assert_eq!(operations, ["CreateTable", "DescribeTable", "DescribeTable", "UpdateTimeToLive"]);
        let index = &sent[0].json()["GlobalSecondaryIndexes"][0];
        assert_eq!(
            index["KeySchema"],
            json!([
                {"AttributeName": "sentiment", "KeyType": "HASH"},
                {"AttributeName": "updated_at", "KeyType": "RANGE"}
            ])
        );
        assert_eq!(
            index["Projection"],
            json!({"ProjectionType": "INCLUDE", "NonKeyAttributes": ["score", "matched_tickers", "ttl_timestamp"]})
        );
        assert_eq!(sent[3].json()["TimeToLiveSpecification"]["AttributeName"], "ttl_timestamp");
    }

    #[tokio::test(start_paused = true)]
    async fn a_table_that_is_there_is_left_alone() {
        let (service, aws) = FakeService::new([Answer::json(400, THERE)]).await;
        let tables = Tables::new(&aws);
        let clock = ManualClock::default();
        assert_eq!(tables.create_users("users", &clock).await, Ok(false));
        assert_eq!(tables.create_items("items", "by", &clock).await, Ok(false));
        assert_eq!(service.sent().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn trouble_names_the_table_and_the_call() {
        let denied = Answer::json(400, r#"{"__type":"x#AccessDeniedException","message":"not you"}"#);
        let (_, aws) = FakeService::new([denied]).await;
        let error = Tables::new(&aws).create_users("users", &ManualClock::default()).await.unwrap_err();
        assert_eq!(error.to_string(), "users: DynamoDB CreateTable failed: denied: not you");
    }
}
