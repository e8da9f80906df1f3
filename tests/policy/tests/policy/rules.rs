//! Each rule of `docs/rules.md` has a test in each ring that must show it; the table in `docs/testing.md` says which.

use sse_policy::rules::{Marker, Ring, markers, rules};
use sse_policy::{files, generated};
use std::collections::BTreeSet;
use std::fmt::Write;

/// Every file that can hold a test: how its name ends, below which folder.
const PLACES: [(&str, &str); 6] = [
    ("core", ".rs"),
    ("adapters", ".rs"),
    ("app", ".rs"),
    ("tests", ".rs"),
    ("tests/real/parts", ""),
    ("terraform", ".tftest.hcl"),
];

fn all_markers() -> Vec<Marker> {
    let mut read = 0;
    let mut found = BTreeSet::new();
    for (folder, ending) in PLACES {
        let files = files::below(folder, ending).unwrap();
        assert!(!files.is_empty(), "no files in {folder}");
        read += files.len();
        // What reads markers names some in its own tests.
        for (path, text) in files.iter().filter(|(path, _)| !path.starts_with("tests/policy/src/")) {
            found.extend(markers(path, text).unwrap());
        }
    }
    println!("{read} files read, {} markers", found.len());
    assert!(read > 300 && found.len() > 60, "{read} files, {} markers", found.len());
    found.into_iter().collect()
}

#[test]
fn every_rule_is_shown_in_its_rings() {
    let rules = rules(&files::read("docs/rules.md").unwrap()).unwrap();
    let markers = all_markers();
    println!("{} rules", rules.len());
    assert!(rules.len() >= 30, "{} rules", rules.len());
    for marker in &markers {
        assert!(
            rules.iter().any(|rule| rule.id == marker.rule),
            "{} shows {}, which docs/rules.md has not",
            marker.name(),
            marker.rule
        );
        assert!(marker.ring().is_some(), "{} is in no ring", marker.name());
    }
    let shows = |rule: &str, ring: Ring| markers.iter().any(|m| m.rule == rule && m.ring() == Some(ring));
    let wanting: Vec<String> = rules
        .iter()
        .flat_map(|rule| {
            rule.rings
                .iter()
                .filter(|ring| !shows(&rule.id, **ring))
                .map(|ring| format!("{} ({})", rule.id, ring.name()))
        })
        .collect();
    assert!(wanting.is_empty(), "rules without a test in a ring that must show them: {}", wanting.join(", "));
}

#[test]
fn the_table_of_rules_and_tests_is_theirs() {
    let rules = rules(&files::read("docs/rules.md").unwrap()).unwrap();
    let markers = all_markers();
    let patches = files::below("tests/mutations", ".patch").unwrap();
    let mut table = "| rule | ring | tests |\n|---|---|---|\n".to_owned();
    for rule in &rules {
        let mut name = format!("[{}](rules.md#{})", rule.id, anchor(&rule.id));
        for ring in Ring::ALL {
            let tests: Vec<String> =
                markers.iter().filter(|m| m.rule == rule.id && m.ring() == Some(ring)).map(link).collect();
            if !tests.is_empty() {
                writeln!(table, "| {name} | {} | {} |", ring.name(), tests.join("<br>")).unwrap();
                name.clear();
            }
        }
        let caught = patches.iter().filter(|(_, text)| text.lines().any(|line| line == format!("Rule: {}", rule.id)));
        let caught: Vec<String> = caught.map(|(path, _)| format!("`{}`", stem(path))).collect();
        if !caught.is_empty() {
            writeln!(table, "| {name} | kept changes | {} |", caught.join("<br>")).unwrap();
        }
    }
    generated::check("docs/testing.md", "rules", &table).unwrap();
}

/// A link to the file, named by the test, or by the file where all of it shows the rule.
fn link(marker: &Marker) -> String {
    let name = marker.test.as_deref().unwrap_or_else(|| stem(&marker.file));
    let all = if marker.test.is_none() && !marker.file.starts_with("tests/compile_fail/") { " (all)" } else { "" };
    format!("[`{name}`](../{}){all}", marker.file)
}

fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.split('.').next().unwrap_or(name)
}

/// How a heading is addressed on the pages of repository hosts.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}
