//! DynamoDB's operations on tables in memory. It speaks no protocol and knows no fault.

mod condition;
mod query;
mod table;
mod tables;
#[cfg(test)]
mod tests;
mod value;
mod write;

pub use table::{IndexSpec, TableSpec};
pub use value::Item;

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};

use condition::invalid;
use query::{capacity, consumed, projection, refuse_unknown};
use table::Table;

const PAGE_BYTES: usize = 1_024 * 1_024;

/// An error as AWS answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServiceError {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
}

impl ServiceError {
    pub(super) fn new(status: u16, code: &str, message: &str) -> Self {
        Self { status, code: code.to_owned(), message: message.to_owned() }
    }
}

/// An answer, with what is recorded of it.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) body: Value,
    pub(super) items: usize,
    pub(super) capacity: f64,
}

impl Done {
    fn plain(body: Value) -> Self {
        Self { body, items: 0, capacity: 0.0 }
    }
}

#[derive(Debug)]
pub(super) struct Database {
    pub(super) page_bytes: usize,
    lag: Duration,
    tables: BTreeMap<String, Table>,
}

impl Default for Database {
    fn default() -> Self {
        Self { page_bytes: PAGE_BYTES, lag: Duration::ZERO, tables: BTreeMap::new() }
    }
}

impl Database {
    pub(super) fn create(&mut self, spec: TableSpec) {
        self.tables.insert(spec.name.clone(), Table::new(spec, self.lag));
    }

    pub(super) fn set_index_lag(&mut self, lag: Duration) {
        self.lag = lag;
        self.tables.values_mut().for_each(|table| table.set_lag(lag));
    }

    pub(super) fn table(&mut self, name: &str) -> Result<&mut Table, ServiceError> {
        let table = self.tables.get_mut(name);
        table.ok_or_else(|| ServiceError::new(400, "ResourceNotFoundException", "Requested resource not found"))
    }

    pub(super) fn call(&mut self, operation: &str, arguments: &Value) -> Result<Done, ServiceError> {
        let page_bytes = self.page_bytes;
        let name = arguments["TableName"].as_str().unwrap_or_default();
        match operation {
            "Query" => query::query(self.table(name)?, arguments, page_bytes),
            "GetItem" => get_item(self.table(name)?, arguments),
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
                let condition = condition::KeyCondition::parse(arguments, &hash, sort.as_deref()).ok()?;
                return Some(condition.hash.1.text());
            }
            "PutItem" => &arguments["Item"],
            _ => &arguments["Key"],
        };
        Item::of_json(key)?.scalar(&table.spec.hash).map(|hash| hash.text())
    }
}

fn get_item(table: &Table, arguments: &Value) -> Result<Done, ServiceError> {
    let known = [
        "TableName",
        "Key",
        "ProjectionExpression",
        "ExpressionAttributeNames",
        "ConsistentRead",
        "ReturnConsumedCapacity",
    ];
    refuse_unknown(arguments, &known)?;
    let key = Item::of_json(&arguments["Key"]).ok_or_else(|| invalid("Key is missing"))?;
    let found = table.get(&key)?;
    let units = capacity(found.as_ref().map_or(0, |item| item.bytes()), arguments["ConsistentRead"] == true);
    let projection = projection(arguments)?;
    let shown =
        found.as_ref().map(|item| projection.map_or_else(|| item.to_json(), |names| item.project(&names).to_json()));
    let mut body = json!({});
    if let Some(item) = shown {
        body["Item"] = item;
    }
    if let Some(consumed) = consumed(arguments, &table.spec.name, None, units) {
        body["ConsumedCapacity"] = consumed;
    }
    Ok(Done { body, items: usize::from(found.is_some()), capacity: units })
}
