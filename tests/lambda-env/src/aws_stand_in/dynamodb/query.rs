//! `Query`: pages, order, limits, capacity. It speaks no protocol.

use serde_json::{Map, Value, json};

use super::{
    Done, ServiceError,
    condition::{KeyCondition, SortCondition, invalid, resolve},
    table::{Entry, Key, Table},
    value::{Item, Scalar},
};

/// Half a unit reads this many bytes, eventually consistent.
const READ_BYTES: usize = 4_096;

const KNOWN: [&str; 11] = [
    "TableName",
    "IndexName",
    "KeyConditionExpression",
    "ExpressionAttributeNames",
    "ExpressionAttributeValues",
    "ProjectionExpression",
    "ScanIndexForward",
    "Limit",
    "ExclusiveStartKey",
    "ReturnConsumedCapacity",
    "ConsistentRead",
];

pub(super) fn query(table: &mut Table, arguments: &Value, page_bytes: usize) -> Result<Done, ServiceError> {
    refuse_unknown(arguments, &[&KNOWN[..], &["Select"]].concat())?;
    let index = index(table, arguments)?;
    let (hash, sort) = match index {
        Some(index) => (table.spec.indexes[index].hash.clone(), table.spec.indexes[index].sort.clone()),
        None => (table.spec.hash.clone(), table.spec.sort.clone()),
    };
    let consistent = arguments["ConsistentRead"] == true;
    if consistent && index.is_some() {
        return Err(invalid("Consistent reads are not supported on global secondary indexes"));
    }
    let condition = KeyCondition::parse(arguments, &hash, sort.as_deref())?;
    let low = condition.sort.as_ref().and_then(|(_, condition)| condition.low());
    let mut entries = table.partition(index, &condition.hash.1, low);
    if let Some((_, sort)) = &condition.sort {
        entries.retain(|(value, ..)| value.as_ref().is_some_and(|value| sort.holds(value)));
    }
    let forward = arguments["ScanIndexForward"] != false;
    if !forward {
        entries.reverse();
    }
    let mut names: Vec<String> = [Some(&table.spec.hash), table.spec.sort.as_ref(), Some(&hash), sort.as_ref()]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    names.dedup();
    if let Some(start) = Item::of_json(&arguments["ExclusiveStartKey"]) {
        let start = place(table, &start, sort.as_deref(), &names)?;
        entries.retain(
            |(sort, key, _)| {
                if forward { (sort, key) > (&start.0, &start.1) } else { (sort, key) < (&start.0, &start.1) }
            },
        );
    }
    let page = Page::cut(&entries, arguments["Limit"].as_u64(), page_bytes)?;
    let units = capacity(page.bytes, consistent);
    let mut body = Map::new();
    body.insert("Count".to_owned(), json!(page.length));
    body.insert("ScannedCount".to_owned(), json!(page.length));
    let items = &entries[..page.length];
    if arguments["Select"] != "COUNT" {
        let projection = projection(arguments)?;
        let shown = |(_, _, item): &Entry| {
            projection.as_ref().map_or_else(|| item.to_json(), |names| item.project(names).to_json())
        };
        body.insert("Items".to_owned(), items.iter().map(shown).collect());
    }
    if let (true, Some((_, _, last))) = (page.goes_on, items.last()) {
        body.insert("LastEvaluatedKey".to_owned(), last.project(&names).to_json());
    }
    let index_name = arguments["IndexName"].as_str();
    body.extend(
        consumed(arguments, &table.spec.name, index_name, units).map(|value| ("ConsumedCapacity".to_owned(), value)),
    );
    Ok(Done { body: Value::Object(body), items: page.length, capacity: units })
}

struct Page {
    length: usize,
    bytes: usize,
    goes_on: bool,
}

impl Page {
    /// Cuts where DynamoDB cuts: at the limit, or before the item that would exceed the size, but never before the first.
    fn cut(entries: &[Entry], limit: Option<u64>, page_bytes: usize) -> Result<Self, ServiceError> {
        let limit = match limit {
            Some(0) => return Err(invalid("Limit must be at least 1")),
            Some(limit) => usize::try_from(limit).unwrap_or(usize::MAX),
            None => usize::MAX,
        };
        let mut page = Self { length: 0, bytes: 0, goes_on: false };
        for (_, _, item) in entries {
            let bytes = item.bytes();
            if page.length > 0 && page.bytes + bytes > page_bytes {
                page.goes_on = true;
                break;
            }
            page.length += 1;
            page.bytes += bytes;
            // Even where nothing follows: DynamoDB does not look ahead.
            if page.length == limit {
                page.goes_on = true;
                break;
            }
        }
        Ok(page)
    }
}

impl SortCondition {
    fn low(&self) -> Option<&Scalar> {
        match self {
            Self::Equal(low)
            | Self::Greater(low)
            | Self::GreaterOrEqual(low)
            | Self::Between(low, _)
            | Self::BeginsWith(low) => Some(low),
            Self::Less(_) | Self::LessOrEqual(_) => None,
        }
    }
}

fn index(table: &Table, arguments: &Value) -> Result<Option<usize>, ServiceError> {
    let Some(name) = arguments["IndexName"].as_str() else { return Ok(None) };
    let index = table.spec.indexes.iter().position(|index| index.name == name);
    index.map(Some).ok_or_else(|| invalid(&format!("The table does not have the specified index: {name}")))
}

/// The place of a start key, which has to name every key attribute.
fn place(
    table: &Table,
    start: &Item,
    sort: Option<&str>,
    names: &[String],
) -> Result<(Option<Scalar>, Key), ServiceError> {
    let wrong = || invalid("The provided starting key is invalid");
    let value = |name: &str| start.scalar(name).ok_or_else(wrong);
    if start.0.len() != names.len() || names.iter().any(|name| !start.0.contains_key(name)) {
        return Err(wrong());
    }
    let key = (value(&table.spec.hash)?, table.spec.sort.as_deref().map(value).transpose()?);
    Ok((sort.map(value).transpose()?, key))
}

pub(super) fn projection(arguments: &Value) -> Result<Option<Vec<String>>, ServiceError> {
    let Some(expression) = arguments["ProjectionExpression"].as_str() else { return Ok(None) };
    expression.split(',').map(|name| resolve(arguments, name.trim())).collect::<Result<_, _>>().map(Some)
}

pub(super) fn refuse_unknown(arguments: &Value, known: &[&str]) -> Result<(), ServiceError> {
    let unknown = arguments
        .as_object()
        .into_iter()
        .flatten()
        .find(|(name, value)| !known.contains(&name.as_str()) && !value.is_null());
    unknown.map_or(Ok(()), |(name, _)| Err(invalid(&format!("the stand-in does not support {name}"))))
}

pub(super) fn capacity(bytes: usize, consistent: bool) -> f64 {
    let halves = u32::try_from(bytes.div_ceil(READ_BYTES).max(1)).unwrap_or(u32::MAX);
    f64::from(halves) * if consistent { 1.0 } else { 0.5 }
}

/// The `ConsumedCapacity` that was asked for.
pub(super) fn consumed(arguments: &Value, table: &str, index: Option<&str>, units: f64) -> Option<Value> {
    let unit = |units: f64| json!({"CapacityUnits": units});
    match (arguments["ReturnConsumedCapacity"].as_str(), index) {
        (Some("TOTAL"), _) => Some(json!({"TableName": table, "CapacityUnits": units})),
        (Some("INDEXES"), None) => Some(json!({"TableName": table, "CapacityUnits": units, "Table": unit(units)})),
        (Some("INDEXES"), Some(index)) => Some(json!({"TableName": table, "CapacityUnits": units, "Table": unit(0.0),
            "GlobalSecondaryIndexes": {index: unit(units)}})),
        _ => None,
    }
}
