//! `GetItem`. It speaks no protocol.

use serde_json::{Value, json};

use super::{
    answer::{Done, ServiceError, invalid},
    arguments::{capacity, consumed, projection, refuse_unknown},
    table::Table,
    value::Item,
};

pub(super) fn get_item(table: &Table, arguments: &Value) -> Result<Done, ServiceError> {
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
