//! DynamoDB's operations on tables in memory. It speaks no protocol and knows no fault.

mod answer;
mod arguments;
mod condition;
mod database;
mod get;
mod query;
mod table;
mod tables;
#[cfg(test)]
mod tests;
mod value;
mod write;

pub(super) use answer::{Done, ServiceError};
pub(super) use database::Database;
pub use table::{IndexSpec, TableSpec};
pub use value::Item;

use serde_json::{Value, json};

use condition::KeyCondition;

impl Database {
    pub(super) fn call(&mut self, operation: &str, arguments: &Value) -> Result<Done, ServiceError> {
        let page_bytes = self.page_bytes;
        let name = arguments["TableName"].as_str().unwrap_or_default();
        match operation {
            "Query" => query::query(self.table(name)?, arguments, page_bytes),
            "GetItem" => get::get_item(self.table(name)?, arguments),
            "PutItem" => write::put_item(self.table(name)?, arguments),
            "DeleteItem" => write::delete_item(self.table(name)?, arguments),
            "BatchWriteItem" => self.batch_write_item(arguments),
            "CreateTable" => self.create_table(arguments),
            "DescribeTable" => self.table(name).map(|table| Done::plain(json!({"Table": tables::describe(table)}))),
            "DeleteTable" => {
                let description = tables::describe(self.table(name)?);
                self.tables.remove(name);
                Ok(Done::plain(json!({"TableDescription": description})))
            }
            "ListTables" => Ok(Done::plain(json!({"TableNames": self.tables.keys().collect::<Vec<_>>()}))),
            "UpdateTimeToLive" => {
                let wanted = &arguments["TimeToLiveSpecification"];
                let on = wanted["Enabled"] == true;
                self.table(name)?.ttl = wanted["AttributeName"].as_str().filter(|_| on).map(str::to_owned);
                Ok(Done::plain(json!({"TimeToLiveSpecification": wanted})))
            }
            "DescribeTimeToLive" => {
                let ttl = &self.table(name)?.ttl;
                let status = if ttl.is_some() { "ENABLED" } else { "DISABLED" };
                Ok(Done::plain(json!({"TimeToLiveDescription": {"TimeToLiveStatus": status, "AttributeName": ttl}})))
            }
            other => {
                Err(ServiceError::new(400, "UnknownOperationException", &format!("the fake does not support {other}")))
            }
        }
    }

    /// The value of the hash key that a call is about.
    pub(super) fn partition(&mut self, operation: &str, arguments: &Value) -> Option<String> {
        let table = self.table(arguments["TableName"].as_str()?).ok()?;
        let key = match operation {
            "Query" => {
                let index = arguments["IndexName"].as_str();
                let index = index.and_then(|name| table.spec.indexes.iter().find(|index| index.name == name));
                let keys = index.map(|index| (index.hash.clone(), index.sort.clone()));
                let (hash, sort) = keys.unwrap_or_else(|| (table.spec.hash.clone(), table.spec.sort.clone()));
                let condition = KeyCondition::parse(arguments, &hash, sort.as_deref()).ok()?;
                return Some(condition.hash.1.text());
            }
            "PutItem" => &arguments["Item"],
            _ => &arguments["Key"],
        };
        Item::of_json(key)?.scalar(&table.spec.hash).map(|hash| hash.text())
    }
}
