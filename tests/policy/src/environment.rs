//! Compares the variables that the binary reads with those that a deployment decides on. Knows no variable by name.

use crate::terraform::{Module, object};
use std::collections::{BTreeMap, BTreeSet};

/// The maps of the settings module in which each variable must stand once.
pub const MAPS: [&str; 5] = ["set", "set_if_given", "defaulted", "platform", "refused"];

/// What a deployment decides about variables: for each map, the names in it.
#[derive(Debug, Default)]
pub struct Decisions(BTreeMap<&'static str, BTreeSet<String>>);

impl Decisions {
    /// Reads them from the settings module. A map that is absent, or no object, is absent here too and so disagrees.
    pub fn of(settings: &Module) -> Self {
        let maps = MAPS.iter().filter_map(|map| {
            let names = object(settings.local(map)?)?.into_keys().collect();
            Some((*map, names))
        });
        Self(maps.collect())
    }

    fn maps_with(&self, name: &str) -> Vec<&'static str> {
        let with = self.0.iter().filter(|(_, names)| names.contains(name));
        with.map(|(map, _)| *map).collect()
    }
}

/// Where code and decisions disagree, in words; empty if they agree.
///
/// Names that begin with `AWS_` may be decided on without being in the code's list: the SDK and the platform read them.
pub fn disagreements<'a>(read_by_code: impl IntoIterator<Item = &'a str>, decisions: &Decisions) -> Vec<String> {
    let read: BTreeSet<&str> = read_by_code.into_iter().collect();
    let mut found = Vec::new();
    for map in MAPS {
        if !decisions.0.contains_key(map) {
            found.push(format!("local.{map} is missing"));
        }
    }
    for name in &read {
        match decisions.maps_with(name).as_slice() {
            [] => found.push(format!("{name} is read by the binary; Terraform neither sets, defaults nor refuses it")),
            [_] => {}
            several => found.push(format!("{name} stands in {}", several.join(" and "))),
        }
    }
    for (map, names) in &decisions.0 {
        for name in names.iter().filter(|n| !read.contains(n.as_str()) && !n.starts_with("AWS_")) {
            found.push(format!("{name} stands in {map}; the binary does not read it"));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: &str = r#"
        locals {
          set          = { A = var.a }
          set_if_given = { B = var.b }
          defaulted    = { C = "why" }
          platform     = { AWS_REGION = "why" }
          refused      = { D = "why" }
        }
    "#;

    fn check(code: &[&str], settings: &str, expected: &[&str]) {
        let decisions = Decisions::of(&Module::parse(settings).unwrap());
        assert_eq!(disagreements(code.iter().copied(), &decisions), expected);
    }

    #[test]
    fn agreement() {
        check(&["A", "B", "C", "D"], SETTINGS, &[]);
    }

    #[test]
    fn the_code_alone_gains_a_variable() {
        let expected = "E is read by the binary; Terraform neither sets, defaults nor refuses it";
        check(&["A", "B", "C", "D", "E"], SETTINGS, &[expected]);
    }

    #[test]
    fn the_code_alone_loses_a_variable() {
        check(&["A", "B", "C"], SETTINGS, &["D stands in refused; the binary does not read it"]);
    }

    #[test]
    fn a_deployment_alone_gains_a_variable() {
        let settings = SETTINGS.replace("B = var.b", "B = var.b, F = var.f");
        check(&["A", "B", "C", "D"], &settings, &["F stands in set_if_given; the binary does not read it"]);
    }

    #[test]
    fn a_variable_decided_twice() {
        let settings = SETTINGS.replace("C = \"why\"", "C = \"why\", A = \"why\"");
        check(&["A", "B", "C", "D"], &settings, &["A stands in defaulted and set"]);
    }

    #[test]
    fn a_map_that_went_away() {
        let settings = SETTINGS.replace("refused ", "forbidden ");
        let expected = "D is read by the binary; Terraform neither sets, defaults nor refuses it";
        check(&["A", "B", "C", "D"], &settings, &["local.refused is missing", expected]);
    }
}
