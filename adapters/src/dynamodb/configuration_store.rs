//! Users' configurations: one `GetItem`.

use super::item::{self, Attributes};
use crate::aws::{Attempts, Aws, failed, returned};
use async_trait::async_trait;
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use lambda_trace::{AwsCall, CallError};
use sse_core::{
    item::Ticker,
    ports::{Configuration, ConfigurationStore, UserId},
};

/// The maximum number of a configuration's tickers that are read.
const TICKERS_MAX: usize = 100;

/// The users table.
pub struct DynamoConfigurationStore {
    client: Client,
    region: String,
    table: String,
}

impl DynamoConfigurationStore {
    /// Reads `table`.
    pub fn new(aws: &Aws, table: &str) -> Self {
        Self { client: Client::new(aws.sdk()), region: aws.region().to_owned(), table: table.to_owned() }
    }
}

#[async_trait]
impl ConfigurationStore for DynamoConfigurationStore {
    fn target(&self) -> AwsCall {
        AwsCall {
            service: "DynamoDB",
            operation: "GetItem",
            region: self.region.clone(),
            table: Some(self.table.clone()),
            request_id: None,
            attempts: 1,
        }
    }

    async fn get(&self, user: &UserId, id: &str) -> Result<(Option<Configuration>, AwsCall), CallError> {
        let attempts = Attempts::default();
        let call = self
            .client
            .get_item()
            .table_name(&self.table)
            // A configuration that was created a moment ago has to be found, because 404 is final for its reader.
            .consistent_read(true)
            .key("PK", AttributeValue::S(format!("USER#{}", user.expose())))
            .key("SK", AttributeValue::S(format!("CONFIG#{id}")))
            .projection_expression("#s, #t")
            .expression_attribute_names("#s", "status")
            .expression_attribute_names("#t", "tickers")
            .customize()
            .interceptor(attempts.clone());
        match call.send().await {
            Ok(answer) => {
                let report = returned(self.target(), &attempts, &answer);
                Ok((answer.item.as_ref().and_then(active), report))
            }
            Err(error) => {
                let mut error = failed(self.target(), &attempts, &error);
                // The service may quote the key, which a span would contain then: no user ids there.
                error.detail = error.detail.replace(&format!("USER#{}", user.expose()), "USER#…");
                Err(error)
            }
        }
    }
}

/// The first 100 valid tickers: one invalid entry does not make a user's stream fail.
fn active(attributes: &Attributes) -> Option<Configuration> {
    if item::text(attributes, "status") != Some("active") {
        return None;
    }
    let texts: Vec<&String> = match attributes.get("tickers") {
        Some(AttributeValue::L(list)) => list.iter().filter_map(|value| value.as_s().ok()).collect(),
        Some(AttributeValue::Ss(set)) => set.iter().collect(),
        _ => Vec::new(),
    };
    let mut tickers = Vec::new();
    for ticker in texts.into_iter().filter_map(|text| Ticker::parse(text)) {
        if tickers.len() == TICKERS_MAX {
            break;
        }
        if !tickers.contains(&ticker) {
            tickers.push(ticker);
        }
    }
    Some(Configuration { tickers })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::fake::{Answer, FakeService};
    use lambda_trace::Failure;

    async fn get(answer: Answer) -> (FakeService, Result<Option<Configuration>, CallError>) {
        let (service, aws) = FakeService::new([answer]).await;
        let configurations = DynamoConfigurationStore::new(&aws, "users");
        let user = UserId::new("u#1").unwrap();
        let answer = configurations.get(&user, "c 1").await;
        (service, answer.map(|(found, _)| found))
    }

    fn names(configuration: Option<Configuration>) -> Vec<String> {
        configuration.unwrap().tickers.iter().map(ToString::to_string).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn asks_for_this_user_and_this_id() {
        let body =
            r#"{"Item":{"status":{"S":"active"},"tickers":{"L":[{"S":"aapl"},{"N":"1"},{"S":"AAPL"},{"S":"x"}]}}}"#;
        let (service, found) = get(Answer::json(200, body)).await;
        assert_eq!(names(found.unwrap()), ["AAPL", "X"]);
        let sent = &service.sent()[0];
        assert_eq!(sent.target, "DynamoDB_20120810.GetItem");
        assert_eq!(sent.json()["ConsistentRead"], true);
        assert_eq!(sent.json()["Key"], serde_json::json!({"PK": {"S": "USER#u#1"}, "SK": {"S": "CONFIG#c 1"}}));
    }

    #[tokio::test(start_paused = true)]
    async fn a_string_set_is_read_as_a_list_is() {
        let body = r#"{"Item":{"status":{"S":"active"},"tickers":{"SS":["aapl","MSFT"]}}}"#;
        assert_eq!(names(get(Answer::json(200, body)).await.1.unwrap()), ["AAPL", "MSFT"]);
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_hundred_tickers_count() {
        let many: Vec<_> = (0..150).map(|n| format!(r#"{{"S":"T{n}"}}"#)).collect();
        let body = format!(r#"{{"Item":{{"status":{{"S":"active"}},"tickers":{{"L":[{}]}}}}}}"#, many.join(","));
        let (_, found) = get(Answer::json(200, &body)).await;
        let names = names(found.unwrap());
        assert_eq!((names.len(), names[99].as_str()), (100, "T99"));
    }

    #[tokio::test(start_paused = true)]
    async fn absent_and_inactive_are_none_and_trouble_is_an_error() {
        for body in
            ["{}", r#"{"Item":{}}"#, r#"{"Item":{"status":{"S":"paused"}}}"#, r#"{"Item":{"status":{"BOOL":true}}}"#]
        {
            assert_eq!(get(Answer::json(200, body)).await.1.unwrap(), None, "{body}");
        }
        let (_, bare) = get(Answer::json(200, r#"{"Item":{"status":{"S":"active"}}}"#)).await;
        assert_eq!(bare.unwrap(), Some(Configuration { tickers: vec![] }));
        let denied = Answer::json(400, r#"{"__type":"com.amazon#AccessDeniedException","message":"no"}"#);
        assert_eq!(get(denied).await.1.unwrap_err().failure, Failure::Denied);
        let quoting = Answer::json(400, r#"{"__type":"x#ValidationException","message":"key USER#u#1 is bad"}"#);
        assert_eq!(get(quoting).await.1.unwrap_err().detail, "key USER#… is bad");
        let missing = Answer::json(400, r#"{"__type":"x#ResourceNotFoundException","message":"no"}"#);
        assert_eq!(get(missing).await.1.unwrap_err().failure, Failure::Refused);
    }
}
