//! `PutItem`, `DeleteItem`, `BatchWriteItem`. They speak no protocol.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    answer::{Done, ServiceError, invalid},
    arguments::{consumed, refuse_unknown},
    database::Database,
    table::Table,
    value::Item,
};

/// One unit writes this many bytes.
const WRITE_BYTES: usize = 1_024;
const MAX_BATCH: usize = 25;

impl Database {
    pub(super) fn batch_write_item(&mut self, arguments: &Value) -> Result<Done, ServiceError> {
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
            let done = match (
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
            done?;
        }
        Ok(Done { body: json!({"UnprocessedItems": {}}), items: requests.len(), capacity: units })
    }
}

pub(super) fn put_item(table: &mut Table, arguments: &Value) -> Result<Done, ServiceError> {
    refuse_unknown(arguments, &["TableName", "Item", "ReturnValues", "ReturnConsumedCapacity"])?;
    let item = Item::of_json(&arguments["Item"]).ok_or_else(|| invalid("Item is missing"))?;
    let units = write_capacity(item.bytes());
    let old = table.put(item)?;
    Ok(written(table, arguments, old.as_ref(), units))
}

pub(super) fn delete_item(table: &mut Table, arguments: &Value) -> Result<Done, ServiceError> {
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
