//! What must not compile: `cargo test --workspace --test compile_fail`. See `compile_fail/README.md`.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    process::Command,
};

/// Libraries of this very build: a test's executable lies beside what it was linked from.
fn deps() -> PathBuf {
    let exe = std::env::current_exe().expect("a path");
    exe.parent().expect("a folder").to_owned()
}

/// The builds of a library, newest first: other features or profiles leave theirs in the same folder.
fn builds(deps: &Path, name: &str) -> Vec<PathBuf> {
    let prefix = format!("lib{name}-");
    let of_library = |p: &PathBuf| {
        let file = p.file_name().and_then(|f| f.to_str()).unwrap_or_default();
        file.starts_with(&prefix) && p.extension().is_some_and(|e| e == "rlib")
    };
    let paths = std::fs::read_dir(deps).expect("the folder of this executable").filter_map(|e| Some(e.ok()?.path()));
    let mut builds: Vec<_> = paths.filter(of_library).collect();
    builds.sort_by_key(|p| std::cmp::Reverse(p.metadata().and_then(|m| m.modified()).ok()));
    assert!(!builds.is_empty(), "no {prefix}*.rlib beside this test");
    builds
}

/// One build of each library, such that they fit together: those with which the control compiles.
fn fitting(control: &Path, deps: &Path) -> Vec<(&'static str, PathBuf)> {
    let mut newest = None;
    for stream in builds(deps, "lambda_stream") {
        for core in builds(deps, "sse_core") {
            for trace in builds(deps, "lambda_trace") {
                for futures in builds(deps, "futures") {
                    let externs = vec![
                        ("lambda_trace", trace.clone()),
                        ("sse_core", core.clone()),
                        ("lambda_stream", stream.clone()),
                        ("futures", futures),
                    ];
                    let codes = codes(control, deps, &externs);
                    if codes.is_empty() {
                        return externs;
                    }
                    newest.get_or_insert(codes);
                }
            }
        }
    }
    panic!("the control compiles with no builds that lie beside this test; with the newest: {newest:?}");
}

/// The error codes that rustc gives for a file; empty if it compiles.
fn codes(file: &Path, deps: &Path, externs: &[(&str, PathBuf)]) -> BTreeSet<String> {
    let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
    rustc.args(["--edition", "2024", "--crate-type", "bin", "--emit", "metadata", "--error-format", "json", "-o"]);
    rustc.arg(deps.join("compile_fail.rmeta"));
    for (name, path) in externs {
        rustc.arg("--extern").arg(format!("{name}={}", path.display()));
    }
    let output = rustc.arg("-L").arg(deps).arg(file).output().expect("rustc runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    let messages = stderr.lines().filter_map(|l| serde_json::from_str::<serde_json::Value>(l).ok());
    let mut codes: BTreeSet<String> = messages
        .filter(|m| m["level"] == "error")
        .filter_map(|m| m["code"]["code"].as_str().map(str::to_owned))
        .collect();
    if codes.is_empty() && !output.status.success() {
        codes.insert(format!("no code: {stderr}"));
    }
    codes
}

#[test]
fn every_misuse_is_refused_for_its_own_reason() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("compile_fail");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the cases").filter_map(|e| Some(e.ok()?.path())).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "rs"));
    files.sort();
    assert!(files.len() > 20, "the cases are there");
    let deps = deps();
    let externs = fitting(&files[0], &deps);
    let mut wrong = Vec::new();
    for file in &files {
        let text = std::fs::read_to_string(file).expect("readable");
        let (expected, what) =
            text.lines().next().and_then(|l| l.strip_prefix("// expect: ")?.split_once(" | ")).expect("a first line");
        let got = codes(file, &deps, &externs);
        let right = if expected == "ok" { got.is_empty() } else { got.iter().eq([expected]) };
        let name = file.file_stem().unwrap_or_default().display().to_string();
        println!("{} {name:<40} {expected:<6} {what}", if right { " " } else { "!" });
        if !right {
            wrong.push(format!("{name}: expected {expected}, got {got:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
