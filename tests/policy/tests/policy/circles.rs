//! No source file imports one that imports it, directly or through others.
//! Rule: No circles.

use sse_policy::circles::circles;
use sse_policy::modules::Crate;
use std::collections::{BTreeMap, BTreeSet};

/// The crates of the product and of the emulated environment.
const CRATES: [&str; 10] = [
    "core/trace/src",
    "core/src",
    "adapters/otlp/src",
    "adapters/xray/src",
    "adapters/src",
    "app/src",
    "app/lambda/src",
    "app/lines/src",
    "app/verify/src",
    "tests/lambda-env/src",
];

#[test]
fn no_file_imports_one_that_imports_it() {
    let mut files = 0;
    let mut imports = 0;
    let mut found = Vec::new();
    for folder in CRATES {
        let of_crate = Crate::read(folder).unwrap();
        let graph = of_crate.imports();
        assert!(of_crate.files() > 2, "{} files in {folder}", of_crate.files());
        files += of_crate.files();
        imports += graph.values().map(BTreeSet::len).sum::<usize>();
        found.extend(circles(&graph).into_iter().map(|circle| edges(&circle, &graph)));
    }
    println!("{files} files of {} crates read, {imports} imports between them, {} circles", CRATES.len(), found.len());
    assert!(files > 400 && imports > 1_000, "{files} files, {imports} imports");
    assert!(found.is_empty(), "files that import each other:\n  {}", found.join("\n\n  "));
}

/// Who imports whom in a circle.
fn edges(circle: &[String], graph: &BTreeMap<String, BTreeSet<String>>) -> String {
    let within = |file: &String| {
        let imported = graph[file].iter().filter(|imported| circle.contains(imported)).cloned().collect::<Vec<_>>();
        format!("{file} imports {}", imported.join(", "))
    };
    circle.iter().map(within).collect::<Vec<_>>().join("\n  ")
}

/// Files of a made-up crate.
fn made_up(files: &[(&str, &str)]) -> Crate {
    let sources: BTreeMap<String, (String, String)> =
        files.iter().map(|(name, text)| ((*name).to_owned(), ((*name).to_owned(), (*text).to_owned()))).collect();
    Crate::of(&sources).unwrap()
}

#[test]
fn an_import_is_found_through_re_exports_paths_and_macros() {
    let found = made_up(&[
        ("lib.rs", "pub mod a; pub mod b; mod c; pub use c::C;"),
        ("a.rs", "use crate::C; pub struct A(C);"),
        ("b.rs", "mod d; pub fn b() { println!(\"{}\", crate::a::made()); d::f() }"),
        ("b/d.rs", "use super::super::a::*; pub fn f(_: A) {}\n#[cfg(test)] mod tests { use crate::b::b; }"),
        ("c.rs", "pub struct C;"),
    ]);
    let names = |file: &str| found.imports()[file].iter().cloned().collect::<Vec<_>>();
    assert_eq!(names("lib.rs"), Vec::<String>::new());
    assert_eq!(names("a.rs"), ["c.rs"]);
    assert_eq!(names("b.rs"), ["b/d.rs"]);
    assert_eq!(found.files(), 5);
}
