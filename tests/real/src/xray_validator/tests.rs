use super::*;
use serde_json::json;

fn document(now: Stamp) -> Value {
    let date = now.unix_ms() / 1_000;
    json!({
        "type": "subsegment", "id": "53995c3f42cd8ad8", "parent_id": "70de5b6f19ff9a0a", "name": "DynamoDB",
        "trace_id": format!("1-{date:08x}-abcdef012345678912345678"), "start_time": 1.5, "end_time": 1.5, "namespace": "aws",
        "annotations": {"end_reason": "deadline", "cold": true},
        "subsegments": [{"id": "aaaaaaaaaaaaaaaa", "name": "a", "start_time": 1, "in_progress": true}],
    })
}

#[test]
fn every_rule_refuses_what_breaks_it_and_nothing_else() {
    let now = Stamp::now();
    XrayValidator::default().put(&document(now).to_string(), now).unwrap();
    let text = |n: usize| json!("é".repeat(n));
    let past = format!("1-{:08x}-abcdef012345678912345678", now.unix_ms() / 1_000 - 29 * 24 * 3_600);
    let ahead = format!("1-{:08x}-abcdef012345678912345678", now.unix_ms() / 1_000 + 400);
    for (pointer, bad, code) in [
        ("/trace_id", json!("1-5f-abc"), "InvalidTraceId"),
        ("/trace_id", json!(past), "InvalidTraceId"),
        ("/trace_id", json!(ahead), "InvalidTraceId"),
        ("/id", json!("53995C3F42CD8AD8"), "InvalidId"),
        ("/parent_id", json!(""), "InvalidParentId"),
        ("/type", json!("segment"), "InvalidType"),
        ("/name", json!("a,b"), "InvalidName"),
        ("/name", text(201), "InvalidName"),
        ("/end_time", json!(1.4), "InvalidTime"),
        ("/end_time", Value::Null, "InvalidTime"),
        ("/namespace", json!("local"), "InvalidNamespace"),
        ("/annotations/cold", text(1_001), "InvalidAnnotation"),
        ("/annotations/cold", json!([1]), "InvalidAnnotation"),
        ("/subsegments/0/id", json!("x"), "InvalidId"),
    ] {
        let mut broken = document(now);
        *broken.pointer_mut(pointer).unwrap() = bad;
        assert_eq!(XrayValidator::default().put(&broken.to_string(), now).unwrap_err().code, code, "{pointer}");
    }
    let mut orphan = document(now);
    orphan.as_object_mut().unwrap().remove("parent_id");
    assert_eq!(XrayValidator::default().put(&orphan.to_string(), now).unwrap_err().code, "MissingParentId");
    assert_eq!(XrayValidator::default().put("{", now).unwrap_err().code, "JSONFormatError");
}

fn large(now: Stamp, id: usize, text: usize) -> String {
    let mut large = document(now);
    large["id"] = json!(format!("{id:016x}"));
    large["metadata"] = json!("x".repeat(text));
    large.to_string()
}

#[test]
fn sizes_and_quotas_hold() {
    let now = Stamp::now();
    assert_eq!(XrayValidator::default().put(&large(now, 1, 66_000), now).unwrap_err().code, "SegmentTooLarge");
    let taken =
        |judge: &mut XrayValidator| (0..20).take_while(|id| judge.put(&large(now, *id, 49_500), now).is_ok()).count();
    assert_eq!(taken(&mut XrayValidator::default()), 10);
    assert_eq!(taken(&mut XrayValidator::new(Duration::ZERO)), 2);
}

#[test]
fn a_trace_is_complained_of_when_something_is_missing_or_came_twice() {
    let now = Stamp::now();
    let mut judge = XrayValidator::default();
    judge.put(&document(now).to_string(), now).unwrap();
    let trace = judge.records()[0].text("trace_id").to_owned();
    assert_eq!(judge.complaints(&trace), ["DynamoDB: its parent 70de5b6f19ff9a0a never came"]);
    let mut parent = document(now);
    parent["id"] = json!("70de5b6f19ff9a0a");
    parent["parent_id"] = json!("aaaaaaaaaaaaaaaa");
    judge.put(&parent.to_string(), now).unwrap();
    assert!(judge.complaints(&trace).is_empty(), "{:?}", judge.complaints(&trace));
    judge.put(&document(now).to_string(), now).unwrap();
    assert_eq!(judge.complaints(&trace), ["53995c3f42cd8ad8 came 2 times"]);
}
