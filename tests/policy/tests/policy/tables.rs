//! The tables that Terraform makes are those that the code reads, and that `feed --create` makes.

use crate::module;
use hcl::Body;
use sse_policy::files;
use sse_policy::terraform::{Module, attribute, list, nested, written};
use std::collections::{BTreeMap, BTreeSet};

fn table<'a>(module: &'a Module, name: &str) -> &'a Body {
    module.block("resource", &["aws_dynamodb_table", name]).unwrap()
}

fn text(body: &Body, key: &str) -> String {
    written(attribute(body, key).unwrap())
}

/// The attribute that is an index's key of a kind, `HASH` or `RANGE`.
fn index_key(index: &Body, kind: &str) -> String {
    let keys = nested(index, "key_schema").into_iter().filter(|key| text(key, "key_type") == kind);
    let names: Vec<_> = keys.map(|key| text(key, "attribute_name")).collect();
    let [name] = names.as_slice() else { panic!("{kind} keys of the index: {names:?}") };
    name.clone()
}

/// The attribute names by the names of their constants.
fn names() -> BTreeMap<String, String> {
    let source = files::read("adapters/src/dynamodb.rs").unwrap();
    let consts = source.split("const ").skip(1).filter_map(|rest| {
        let (name, rest) = rest.split_once(": &str = \"")?;
        Some((name.to_owned(), rest.split('"').next()?.to_owned()))
    });
    consts.collect()
}

/// Every `names::CONSTANT` in a piece of source, as the attribute's name.
fn named(source: &str) -> Vec<String> {
    let names = names();
    let constants = source.split("names::").skip(1);
    let constants = constants.map(|rest| rest.split(|c: char| !c.is_ascii_uppercase() && c != '_').next().unwrap());
    constants.map(|constant| names[constant].clone()).collect()
}

/// The arguments of each `key(…, KeyType::Kind)` in a piece of source.
fn keys(source: &str, kind: &str) -> Vec<String> {
    let ends = format!(", KeyType::{kind})");
    let pieces: Vec<&str> = source.split(&ends).collect();
    let arguments = pieces[..pieces.len() - 1].iter().map(|piece| piece.rsplit("key(").next().unwrap());
    arguments.map(|a| named(a).pop().unwrap_or_else(|| a.trim_matches('"').to_owned())).collect()
}

#[test]
fn keys_and_projection_are_those_of_feed() {
    let setup = files::read("adapters/src/dynamodb/setup.rs").unwrap();
    let setup = setup.split("#[cfg(test)]").next().unwrap();
    let module = module();
    let items = table(&module, "sentiments");
    let users = table(&module, "users");
    let index = nested(items, "global_secondary_index")[0];
    assert_eq!(keys(setup, "Hash"), [index_key(index, "HASH"), text(items, "hash_key"), text(users, "hash_key")]);
    assert_eq!(keys(setup, "Range"), [index_key(index, "RANGE"), text(users, "range_key")]);

    assert!(setup.contains("ProjectionType::Include"));
    assert_eq!(text(index, "projection_type"), "INCLUDE");
    let projected = setup.split("set_non_key_attributes(").nth(1).unwrap().split(']').next().unwrap();
    assert_eq!(list(attribute(index, "non_key_attributes").unwrap()).unwrap(), named(projected));

    let ttl = nested(items, "ttl")[0];
    let expires = setup.split("TimeToLiveSpecification::builder()").nth(1).unwrap().split(".enabled").next().unwrap();
    assert_eq!([text(ttl, "attribute_name")], named(expires).as_slice());
    assert_eq!(text(ttl, "enabled"), "true");
}

#[test]
fn the_index_holds_what_a_poll_asks_for_and_nothing_more() {
    let poller = files::read("adapters/src/dynamodb/poller.rs").unwrap();
    let asked = poller.split(".expression_attribute_names(").skip(1).map(|rest| rest.split(')').next().unwrap());
    let asked: BTreeSet<String> = asked.flat_map(named).collect();
    let module = module();
    let items = table(&module, "sentiments");
    let index = nested(items, "global_secondary_index")[0];
    let mut held: BTreeSet<String> =
        list(attribute(index, "non_key_attributes").unwrap()).unwrap().into_iter().collect();
    held.extend([index_key(index, "HASH"), index_key(index, "RANGE"), text(items, "hash_key")]);
    assert_eq!(held, asked);
}

#[test]
fn an_idle_table_costs_nothing() {
    let module = module();
    for name in ["sentiments", "users"] {
        assert_eq!(text(table(&module, name), "billing_mode"), "PAY_PER_REQUEST");
    }
}
