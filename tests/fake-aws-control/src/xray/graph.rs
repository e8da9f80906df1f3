//! The service map of traces: a node for each name and type among the segments, those that X-Ray infers included, and an edge where
//! a segment lies under another one or under something within it.

use super::store::shown;
use crate::{
    control::{Reply, State},
    page::texts,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;

pub(super) fn get(state: &mut State, now: u64, body: &Value) -> Reply {
    let documents: Vec<_> = texts(&body["TraceIds"]).iter().flat_map(|id| shown(state, now, id)).collect();
    Reply::Ok(json!({"Services": services(&documents)}))
}

/// The nodes, in the order of their names and types.
pub(super) fn services(segments: &[Value]) -> Vec<Value> {
    let mut nodes = BTreeMap::<(String, String), Vec<&Value>>::new();
    for segment in segments {
        nodes.entry(name(segment)).or_default().push(segment);
    }
    let number = |segment: &Value| nodes.keys().position(|node| *node == name(segment));
    let under = |inner: &Value| {
        segments.iter().find(|segment| inner["parent_id"].is_string() && holds(segment, &inner["parent_id"]))
    };
    nodes
        .iter()
        .enumerate()
        .map(|(reference, ((name, kind), own))| {
            let is_below = |inner: &&Value| under(inner).is_some_and(|outer| own.iter().any(|one| one["id"] == outer["id"]));
            let mut edges: Vec<_> = segments.iter().filter(is_below).filter_map(number).collect();
            edges.sort_unstable();
            edges.dedup();
            let edges: Vec<_> = edges.into_iter().map(|edge| json!({"ReferenceId": edge})).collect();
            let is_root = own.iter().any(|segment| under(segment).is_none());
            json!({"ReferenceId": reference, "Name": name, "Names": [name], "Type": kind, "State": "active", "Root": is_root, "Edges": edges})
        })
        .collect()
}

fn name(segment: &Value) -> (String, String) {
    let text = |member: &str| segment[member].as_str().unwrap_or_default().to_owned();
    (text("name"), text("origin"))
}

fn holds(segment: &Value, id: &Value) -> bool {
    segment["id"] == *id || segment["subsegments"].as_array().into_iter().flatten().any(|inner| holds(inner, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_is_a_node_and_lies_below_what_holds_its_parent() {
        let services = services(&[
            json!({"id": "s", "name": "fn", "origin": "AWS::Lambda"}),
            json!({"id": "f", "parent_id": "s", "name": "fn", "origin": "AWS::Lambda::Function", "subsegments": [{"id": "q"}]}),
            json!({"id": "i", "parent_id": "q", "name": "items", "origin": "AWS::DynamoDB::Table"}),
            json!({"id": "j", "parent_id": "q", "name": "items", "origin": "AWS::DynamoDB::Table"}),
        ]);
        let said: Vec<_> =
            services.iter().map(|s| (s["Type"].as_str().unwrap(), s["Root"] == true, s["Edges"].to_string())).collect();
        assert_eq!(
            said,
            [
                ("AWS::Lambda", true, r#"[{"ReferenceId":1}]"#.to_owned()),
                ("AWS::Lambda::Function", false, r#"[{"ReferenceId":2}]"#.to_owned()),
                ("AWS::DynamoDB::Table", false, "[]".to_owned()),
            ]
        );
    }
}
