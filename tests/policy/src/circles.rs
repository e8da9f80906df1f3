//! Circles in a graph of imports.

use std::collections::{BTreeMap, BTreeSet};

/// Groups of files that import each other, directly or through others. Each group is in order.
pub fn circles(imports: &BTreeMap<String, BTreeSet<String>>) -> BTreeSet<Vec<String>> {
    let reached: BTreeMap<&String, BTreeSet<&String>> =
        imports.keys().map(|file| (file, reached_from(file, imports))).collect();
    let in_a_circle = imports.keys().filter(|file| reached[file].contains(file));
    let group = |file: &String| {
        let both_ways =
            |other: &&String| reached[file].contains(other) && reached.get(other).is_some_and(|r| r.contains(file));
        imports.keys().filter(both_ways).cloned().collect()
    };
    in_a_circle.map(group).collect()
}

fn reached_from<'a>(file: &String, imports: &'a BTreeMap<String, BTreeSet<String>>) -> BTreeSet<&'a String> {
    let mut reached = BTreeSet::new();
    let mut next: Vec<&String> = imports[file].iter().collect();
    while let Some(file) = next.pop() {
        if reached.insert(file) {
            next.extend(imports.get(file).into_iter().flatten());
        }
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_found_whole_and_nothing_beside_it() {
        let edges = [("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("e", "a"), ("f", "f")];
        let mut imports: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (from, to) in edges {
            imports.entry(from.to_owned()).or_default().insert(to.to_owned());
        }
        imports.entry("d".to_owned()).or_default();
        let expected = BTreeSet::from([vec!["a".to_owned(), "b".to_owned(), "c".to_owned()], vec!["f".to_owned()]]);
        assert_eq!(circles(&imports), expected);
    }
}
