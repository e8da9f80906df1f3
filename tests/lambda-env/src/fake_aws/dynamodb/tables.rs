//! `CreateTable`, and a table's description. They speak no protocol.

use serde_json::{Value, json};

use super::{
    IndexSpec, TableSpec,
    answer::{Done, ServiceError, invalid},
    database::Database,
    table::Table,
};

impl Database {
    pub(super) fn create_table(&mut self, arguments: &Value) -> Result<Done, ServiceError> {
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

fn keys(holder: &Value) -> Result<(String, Option<String>), ServiceError> {
    let key = |kind: &str| {
        let mut schema = holder["KeySchema"].as_array().into_iter().flatten();
        schema.find(|key| key["KeyType"] == kind).and_then(|key| key["AttributeName"].as_str()).map(str::to_owned)
    };
    Ok((key("HASH").ok_or_else(|| invalid("KeySchema has no HASH"))?, key("RANGE")))
}

pub(super) fn describe(table: &Table) -> Value {
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
