//! Which crate may depend on which.
//! Rule: Layers.

use sse_policy::crates::{Crate, crates};
use sse_policy::generated;
use std::fmt::Write;

/// Layers of the product, from below. A crate depends on crates of lower layers, and within its own.
const LAYERS: [&str; 4] = ["core/trace", "core", "adapters", "app"];

fn layer(krate: &Crate) -> Option<usize> {
    LAYERS.iter().position(|layer| krate.folder == *layer || krate.folder.starts_with(&format!("{layer}/")))
}

#[test]
fn dependencies_point_down() {
    let crates = crates().unwrap();
    println!("{} crates", crates.len());
    assert!(crates.len() >= 12, "{} crates", crates.len());
    for krate in crates.iter().filter(|k| layer(k).is_some()) {
        for other in crates.iter().filter(|other| krate.ours.contains(&other.name)) {
            let points_down = layer(other).is_some_and(|other| Some(other) <= layer(krate));
            assert!(points_down, "{} depends on {}", krate.name, other.name);
        }
    }
}

/// What others can take knows nothing of this service.
#[test]
fn crates_for_others_know_lambda_trace_and_nothing_else_of_ours() {
    let crates = crates().unwrap();
    let for_others: Vec<_> = crates.iter().filter(|k| k.name.starts_with("lambda-") && layer(k).is_some()).collect();
    assert!(for_others.len() >= 4, "{} crates", for_others.len());
    for krate in for_others {
        let known: Vec<_> = krate.ours.iter().filter(|name| *name != "lambda-trace").collect();
        assert!(known.is_empty(), "{} depends on {known:?}", krate.name);
    }
}

#[test]
fn the_core_depends_on_no_vendor_and_no_runtime() {
    let crates = crates().unwrap();
    let core: Vec<_> = crates.iter().filter(|k| ["sse-core", "lambda-trace"].contains(&k.name.as_str())).collect();
    assert_eq!(core.len(), 2);
    for krate in core {
        assert!(!krate.others.is_empty(), "the dependencies of {} were not read", krate.name);
        for foreign in ["aws", "opentelemetry", "http", "hyper", "tokio", "lambda_"] {
            let found = krate.others.iter().find(|name| name.starts_with(foreign));
            assert_eq!(found, None, "a dependency of {}", krate.name);
        }
    }
}

#[test]
fn architecture_prints_the_graph() {
    let mut table = "| crate | folder | is | depends on |\n|---|---|---|---|\n".to_owned();
    for krate in crates().unwrap().iter().filter(|k| layer(k).is_some()) {
        let ours: Vec<String> = krate.ours.iter().map(|name| format!("`{name}`")).collect();
        let ours = if ours.is_empty() { "-".to_owned() } else { ours.join(", ") };
        let description = krate.description.trim_end_matches('.');
        writeln!(table, "| `{}` | `{}/` | {description} | {ours} |", krate.name, krate.folder).unwrap();
    }
    generated::check("ARCHITECTURE.md", "crates", &table).unwrap();
}
