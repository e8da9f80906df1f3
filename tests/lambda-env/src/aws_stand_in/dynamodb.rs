//! DynamoDB's operations on tables in memory. It speaks no protocol and knows no fault.

mod condition;
mod query;
mod table;
#[cfg(test)]
mod tests;
mod value;

pub use table::{IndexSpec, TableSpec};
pub use value::Item;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serde_json::{Value, json};

use condition::invalid;
use query::{capacity, consumed, projection, refuse_unknown};
use table::Table;

const PAGE_BYTES: usize = 1_024 * 1_024;
const WRITE_BYTES: usize = 1_024;
const MAX_BATCH: usize = 25;

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
            "PutItem" => put_item(self.table(name)?, arguments),
            "DeleteItem" => delete_item(self.table(name)?, arguments),
            "BatchWriteItem" => self.batch_write_item(arguments),
            "CreateTable" => self.create_table(arguments),
            "DescribeTable" => self.table(name).map(|table| Done::plain(json!({"Table": describe(table)}))),
            "DeleteTable" => {
                let description = describe(self.table(name)?);
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
            other => Err(ServiceError::new(
                400,
                "UnknownOperationException",
                &format!("the stand-in does not support {other}"),
            )),
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

    fn batch_write_item(&mut self, arguments: &Value) -> Result<Done, ServiceError> {
        refuse_unknown(arguments, &["RequestItems", "ReturnConsumedCapacity"])?;
        let requests = arguments["RequestItems"].as_object().into_iter().flatten();
        let requests: Vec<_> = requests
            .flat_map(|(table, list)| list.as_array().into_iter().flatten().map(move |request| (table, request)))
            .collect();
        if requests.is_empty() || requests.len() > MAX_BATCH {
            return Err(invalid("Member must have length between 1 and 25"));
        }
        let mut units = 0.0;
        for (table, request) in &requests {
            let table = self.table(table)?;
            let written = match (
                Item::of_json(&request["PutRequest"]["Item"]),
                Item::of_json(&request["DeleteRequest"]["Key"]),
            ) {
                (Some(item), None) => {
                    units += write_capacity(item.bytes());
                    table.put(item)
                }
                (None, Some(key)) => {
                    units += 1.0;
                    table.delete(&key)
                }
                _ => Err(invalid("Supplied WriteRequest must have one of PutRequest and DeleteRequest")),
            };
            written?;
        }
        Ok(Done { body: json!({"UnprocessedItems": {}}), items: requests.len(), capacity: units })
    }

    fn create_table(&mut self, arguments: &Value) -> Result<Done, ServiceError> {
        let name = arguments["TableName"].as_str().ok_or_else(|| invalid("TableName is missing"))?;
        if self.tables.contains_key(name) {
            return Err(ServiceError::new(400, "ResourceInUseException", &format!("Table already exists: {name}")));
        }
        let (hash, sort) = keys(arguments)?;
        let indexes = arguments["GlobalSecondaryIndexes"].as_array().into_iter().flatten().map(|index| {
            let (hash, sort) = keys(index)?;
            let name = index["IndexName"].as_str().ok_or_else(|| invalid("IndexName is missing"))?.to_owned();
            let listed = index["Projection"]["NonKeyAttributes"].as_array().into_iter().flatten();
            let listed = listed.filter_map(Value::as_str).map(str::to_owned).collect();
            let includes = (index["Projection"]["ProjectionType"] != "ALL").then_some(listed);
            Ok(IndexSpec { name, hash, sort, includes })
        });
        let spec =
            TableSpec { name: name.to_owned(), hash, sort, indexes: indexes.collect::<Result<_, ServiceError>>()? };
        self.create(spec);
        let description = describe(self.table(name)?);
        Ok(Done::plain(json!({"TableDescription": description})))
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

fn put_item(table: &mut Table, arguments: &Value) -> Result<Done, ServiceError> {
    refuse_unknown(arguments, &["TableName", "Item", "ReturnValues", "ReturnConsumedCapacity"])?;
    let item = Item::of_json(&arguments["Item"]).ok_or_else(|| invalid("Item is missing"))?;
    let units = write_capacity(item.bytes());
    let old = table.put(item)?;
    Ok(written(table, arguments, old.as_ref(), units))
}

fn delete_item(table: &mut Table, arguments: &Value) -> Result<Done, ServiceError> {
    refuse_unknown(arguments, &["TableName", "Key", "ReturnValues", "ReturnConsumedCapacity"])?;
    let key = Item::of_json(&arguments["Key"]).ok_or_else(|| invalid("Key is missing"))?;
    let old = table.delete(&key)?;
    let units = write_capacity(old.as_ref().map_or(0, |item| item.bytes()));
    Ok(written(table, arguments, old.as_ref(), units))
}

fn written(table: &Table, arguments: &Value, old: Option<&Arc<Item>>, units: f64) -> Done {
    let mut body = json!({});
    if let Some(old) = old.filter(|_| arguments["ReturnValues"] == "ALL_OLD") {
        body["Attributes"] = old.to_json();
    }
    if let Some(consumed) = consumed(arguments, &table.spec.name, None, units) {
        body["ConsumedCapacity"] = consumed;
    }
    Done { body, items: 1, capacity: units }
}

fn write_capacity(bytes: usize) -> f64 {
    f64::from(u32::try_from(bytes.div_ceil(WRITE_BYTES).max(1)).unwrap_or(u32::MAX))
}

fn keys(holder: &Value) -> Result<(String, Option<String>), ServiceError> {
    let key = |kind: &str| {
        let mut schema = holder["KeySchema"].as_array().into_iter().flatten();
        schema.find(|key| key["KeyType"] == kind).and_then(|key| key["AttributeName"].as_str()).map(str::to_owned)
    };
    Ok((key("HASH").ok_or_else(|| invalid("KeySchema has no HASH"))?, key("RANGE")))
}

fn describe(table: &Table) -> Value {
    let schema = |hash: &str, sort: Option<&str>| {
        let hash = json!({"AttributeName": hash, "KeyType": "HASH"});
        let sort = sort.map(|sort| json!({"AttributeName": sort, "KeyType": "RANGE"}));
        std::iter::once(hash).chain(sort).collect::<Value>()
    };
    let spec = &table.spec;
    let index = |index: &IndexSpec| {
        let projection = match &index.includes {
            None => json!({"ProjectionType": "ALL"}),
            Some(none) if none.is_empty() => json!({"ProjectionType": "KEYS_ONLY"}),
            Some(names) => json!({"ProjectionType": "INCLUDE", "NonKeyAttributes": names}),
        };
        let schema = schema(&index.hash, index.sort.as_deref());
        json!({"IndexName": index.name, "IndexStatus": "ACTIVE", "KeySchema": schema, "Projection": projection})
    };
    json!({
        "TableName": spec.name,
        "TableStatus": "ACTIVE",
        "TableArn": format!("arn:aws:dynamodb:eu-central-1:123456789012:table/{}", spec.name),
        "KeySchema": schema(&spec.hash, spec.sort.as_deref()),
        "GlobalSecondaryIndexes": spec.indexes.iter().map(index).collect::<Vec<_>>(),
        "ItemCount": table.len(),
    })
}
