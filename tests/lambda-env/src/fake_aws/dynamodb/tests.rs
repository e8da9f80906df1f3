//! Queries against tables in memory.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Database, Item, TableSpec};

fn item(id: &str, sentiment: &str, at: &str) -> Item {
    Item::new().text("source_id", id).text("sentiment", sentiment).text("updated_at", at)
}

fn database() -> Database {
    let mut database = Database::default();
    database.create(TableSpec::new("t", "source_id").index("by_sentiment", "sentiment", "updated_at"));
    for (id, sentiment, at) in [
        ("c", "positive", "3"),
        ("a", "positive", "1"),
        ("b", "positive", "2"),
        ("b2", "positive", "2"),
        ("n", "negative", "2"),
    ] {
        database.table("t").unwrap().put(item(id, sentiment, at)).unwrap();
    }
    database
}

fn query(database: &mut Database, change: &[(&str, Value)]) -> Value {
    let mut arguments = json!({
        "TableName": "t",
        "IndexName": "by_sentiment",
        "KeyConditionExpression": "sentiment = :s AND updated_at >= :from",
        "ExpressionAttributeValues": {":s": {"S": "positive"}, ":from": {"S": "2"}},
    });
    for (name, value) in change {
        arguments[*name] = value.clone();
    }
    database.call("Query", &arguments).unwrap().body
}

fn ids(page: &Value) -> Vec<&str> {
    page["Items"].as_array().unwrap().iter().map(|item| item["source_id"]["S"].as_str().unwrap()).collect()
}

#[test]
fn an_index_is_read_in_the_order_of_its_sort_key_either_way() {
    let mut database = database();
    let page = query(&mut database, &[]);
    assert_eq!(ids(&page), ["b", "b2", "c"]);
    assert_eq!((&page["Count"], page.get("LastEvaluatedKey")), (&json!(3), None));
    assert_eq!(ids(&query(&mut database, &[("ScanIndexForward", json!(false))])), ["c", "b2", "b"]);
}

#[test]
fn pages_join_without_gap_or_repetition_wherever_they_are_cut() {
    let mut database = database();
    for (forward, limit, bytes) in [(true, 1, 1_000), (false, 1, 1_000), (true, 2, 1_000), (true, 9, 1), (false, 9, 50)]
    {
        database.page_bytes = bytes;
        let mut found = Vec::new();
        let mut change = vec![("Limit", json!(limit)), ("ScanIndexForward", json!(forward))];
        for _ in 0..10 {
            let page = query(&mut database, &change);
            found.extend(ids(&page).into_iter().map(str::to_owned));
            let Some(key) = page.get("LastEvaluatedKey") else { break };
            assert_eq!(key.as_object().unwrap().len(), 3, "table and index keys");
            change.truncate(2);
            change.push(("ExclusiveStartKey", key.clone()));
        }
        let mut expected = ["b", "b2", "c"];
        if !forward {
            expected.reverse();
        }
        assert_eq!(found, expected, "limit {limit}, {bytes} bytes");
    }
}

#[test]
fn a_table_with_a_sort_key_is_paged_by_its_own_keys() {
    let mut database = Database::default();
    database.create(TableSpec::new("u", "PK").sort("SK"));
    for sort in ["a", "b", "c"] {
        database.table("u").unwrap().put(Item::new().text("PK", "p").text("SK", sort)).unwrap();
    }
    let mut arguments = json!({"TableName": "u", "KeyConditionExpression": "PK = :p AND SK > :a", "Limit": 1,
        "ExpressionAttributeValues": {":p": {"S": "p"}, ":a": {"S": "a"}}});
    let first = database.call("Query", &arguments).unwrap().body;
    assert_eq!(first["LastEvaluatedKey"], json!({"PK": {"S": "p"}, "SK": {"S": "b"}}));
    arguments["ExclusiveStartKey"] = first["LastEvaluatedKey"].clone();
    assert_eq!(database.call("Query", &arguments).unwrap().body["Items"][0]["SK"]["S"], "c");
}

#[test]
fn a_limit_that_is_just_reached_still_names_a_last_key() {
    let page = query(&mut database(), &[("Limit", json!(3))]);
    assert_eq!(page["LastEvaluatedKey"]["source_id"]["S"], "c");
}

#[test]
fn a_rewritten_item_moves_in_the_index_and_a_deleted_one_leaves_it() {
    let mut database = database();
    let table = database.table("t").unwrap();
    table.put(item("b", "negative", "9")).unwrap();
    table.delete(&Item::new().text("source_id", "c")).unwrap();
    table.put(Item::new().text("source_id", "b2")).unwrap();
    assert!(ids(&query(&mut database, &[])).is_empty());
    let negative = [("ExpressionAttributeValues", json!({":s": {"S": "negative"}, ":from": {"S": "2"}}))];
    assert_eq!(ids(&query(&mut database, &negative)), ["n", "b"]);
}

#[test]
fn an_index_may_lag_and_the_table_does_not() {
    let mut database = database();
    database.set_index_lag(Duration::from_hours(1));
    database.table("t").unwrap().put(item("d", "positive", "4")).unwrap();
    assert_eq!(ids(&query(&mut database, &[])), ["b", "b2", "c"]);
    let get = json!({"TableName": "t", "Key": {"source_id": {"S": "d"}}});
    assert_eq!(database.call("GetItem", &get).unwrap().body["Item"]["updated_at"]["S"], "4");
    database.set_index_lag(Duration::ZERO);
    assert_eq!(ids(&query(&mut database, &[])), ["b", "b2", "c", "d"]);
}

#[test]
fn capacity_grows_with_what_is_read_and_not_with_what_is_there() {
    let mut database = database();
    let asked = [("ReturnConsumedCapacity", json!("INDEXES"))];
    let little = query(&mut database, &asked)["ConsumedCapacity"].clone();
    assert_eq!(
        (&little["CapacityUnits"], &little["GlobalSecondaryIndexes"]["by_sentiment"]["CapacityUnits"]),
        (&json!(0.5), &json!(0.5))
    );
    for number in 0..100 {
        let large = item(&format!("x{number}"), "positive", "5").text("text", &"x".repeat(1_000));
        database.table("t").unwrap().put(large).unwrap();
    }
    assert!(query(&mut database, &asked)["ConsumedCapacity"]["CapacityUnits"].as_f64().unwrap() > 12.0);
    let quiet =
        [asked[0].clone(), ("ExpressionAttributeValues", json!({":s": {"S": "positive"}, ":from": {"S": "6"}}))];
    assert_eq!(query(&mut database, &quiet)["ConsumedCapacity"]["CapacityUnits"], 0.5);
}

#[test]
fn projections_counts_and_refusals() {
    let mut database = database();
    let names = [("ProjectionExpression", json!("#i")), ("ExpressionAttributeNames", json!({"#i": "source_id"}))];
    assert_eq!(query(&mut database, &names)["Items"][0], json!({"source_id": {"S": "b"}}));
    assert_eq!(query(&mut database, &[("Select", json!("COUNT"))]).get("Items"), None);
    let base = json!({"TableName": "t", "IndexName": "by_sentiment", "KeyConditionExpression": "sentiment = :s",
        "ExpressionAttributeValues": {":s": {"S": "positive"}}});
    for (name, value) in [
        ("FilterExpression", json!("a = :b")),
        ("IndexName", json!("other")),
        ("ConsistentRead", json!(true)),
        ("ExclusiveStartKey", json!({"source_id": {"S": "a"}})),
        ("Limit", json!(0)),
        ("TableName", json!("other")),
    ] {
        let mut arguments = base.clone();
        arguments[name] = value;
        assert!(database.call("Query", &arguments).is_err(), "{name}");
    }
}

#[test]
fn tables_made_over_the_wire_have_their_keys_and_projections() {
    let mut database = Database::default();
    let create = json!({
        "TableName": "t",
        "KeySchema": [{"AttributeName": "PK", "KeyType": "HASH"}, {"AttributeName": "SK", "KeyType": "RANGE"}],
        "GlobalSecondaryIndexes": [{"IndexName": "i", "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["kept"]}}],
    });
    database.call("CreateTable", &create).unwrap();
    assert_eq!(database.call("CreateTable", &create).unwrap_err().code, "ResourceInUseException");
    let item = json!({"PK": {"S": "p"}, "SK": {"S": "s"}, "g": {"N": "1"}, "kept": {"S": "x"}, "left": {"S": "y"}});
    let put = json!({"PutRequest": {"Item": item}});
    database.call("BatchWriteItem", &json!({"RequestItems": {"t": [put]}})).unwrap();
    let query = json!({"TableName": "t", "IndexName": "i", "KeyConditionExpression": "g = :g", "ExpressionAttributeValues": {":g": {"N": "1.0"}}});
    let found = database.call("Query", &query).unwrap().body;
    assert_eq!(found["Items"][0], json!({"PK": {"S": "p"}, "SK": {"S": "s"}, "g": {"N": "1"}, "kept": {"S": "x"}}));
    let described = database.call("DescribeTable", &json!({"TableName": "t"})).unwrap().body;
    assert_eq!((&described["Table"]["TableStatus"], &described["Table"]["ItemCount"]), (&json!("ACTIVE"), &json!(1)));
}
