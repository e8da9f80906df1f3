//! `Query`: pages, order, limits, capacity. It speaks no protocol.

use serde_json::{Map, Value, json};

use super::{
    answer::{Done, ServiceError, invalid},
    arguments::{capacity, consumed, projection, refuse_unknown},
    condition::{KeyCondition, SortCondition},
    table::{Entry, Key, Table},
    value::{Item, Scalar},
};

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
    let forward = arguments["ScanIndexForward"] != false;
    let mut names: Vec<String> = [Some(&table.spec.hash), table.spec.sort.as_ref(), Some(&hash), sort.as_ref()]
        .into_iter()
        .flatten()
        .cloned()
        .collect();
    names.sort();
    names.dedup();
    let start = Item::of_json(&arguments["ExclusiveStartKey"]);
    let start = start.map(|start| place(table, &start, sort.as_deref(), &names)).transpose()?;
    let table_name = table.spec.name.clone();
    let mut low = condition.sort.as_ref().and_then(|(_, condition)| condition.low());
    if let Some(Some(after)) = start.as_ref().filter(|_| forward).map(|(sort, _)| sort.as_ref()) {
        low = low.max(Some(after));
    }
    let wanted = |(value, key, _): &Entry| {
        let fits = |condition: &SortCondition| value.as_ref().is_some_and(|value| condition.holds(value));
        let after = |(sort, start): &(Option<Scalar>, Key)| {
            if forward { (value, key) > (sort, start) } else { (value, key) < (sort, start) }
        };
        condition.sort.as_ref().is_none_or(|(_, condition)| fits(condition)) && start.as_ref().is_none_or(after)
    };
    let mut entries = table.partition(index, &condition.hash.1, low).filter(wanted);
    let limit = arguments["Limit"].as_u64();
    let page = if forward {
        Page::cut(&mut entries, limit, page_bytes)?
    } else {
        let mut all: Vec<_> = entries.collect();
        all.reverse();
        Page::cut(&mut all.into_iter(), limit, page_bytes)?
    };
    let units = capacity(page.bytes, consistent);
    let mut body = Map::new();
    body.insert("Count".to_owned(), json!(page.entries.len()));
    body.insert("ScannedCount".to_owned(), json!(page.entries.len()));
    let items = &page.entries;
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
        consumed(arguments, &table_name, index_name, units).map(|value| ("ConsumedCapacity".to_owned(), value)),
    );
    Ok(Done { body: Value::Object(body), items: page.entries.len(), capacity: units })
}

struct Page {
    entries: Vec<Entry>,
    bytes: usize,
    goes_on: bool,
}

impl Page {
    /// Cuts where DynamoDB cuts: at the limit, or before the item that would exceed the size, but never before the first.
    fn cut(
        entries: &mut dyn Iterator<Item = Entry>,
        limit: Option<u64>,
        page_bytes: usize,
    ) -> Result<Self, ServiceError> {
        let limit = match limit {
            Some(0) => return Err(invalid("Limit must be at least 1")),
            Some(limit) => usize::try_from(limit).unwrap_or(usize::MAX),
            None => usize::MAX,
        };
        let mut page = Self { entries: Vec::new(), bytes: 0, goes_on: false };
        for entry in entries {
            let bytes = entry.2.bytes();
            if !page.entries.is_empty() && page.bytes + bytes > page_bytes {
                page.goes_on = true;
                break;
            }
            page.entries.push(entry);
            page.bytes += bytes;
            // Even where nothing follows: DynamoDB does not look ahead.
            if page.entries.len() == limit {
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
