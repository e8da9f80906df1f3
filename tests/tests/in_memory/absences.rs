//! Invariants that are stated as what is not there. Reads the sources; see ARCHITECTURE.md, "Absences".

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Rust sources below a folder, with their text up to the tests in them.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())).flatten() {
            let path = entry.path();
            let is_source = path.components().any(|part| part.as_os_str() == "src");
            if path.is_dir() {
                folders.push(path);
            } else if is_source && path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).expect("readable");
                let code = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
                found.push((path.display().to_string(), code));
            }
        }
    }
    assert!(found.len() > 5, "sources of {folder}");
    found
}

/// Lines of code, without comments, that contain a word.
fn lines_with<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = &'a str> {
    code.lines().filter(|l| !l.trim_start().starts_with("//")).filter(move |l| l.contains(word))
}

fn check_absent(folders: &[&str], words: &[&str], but: &[&str]) {
    for (path, code) in folders.iter().flat_map(|f| sources(f)) {
        if but.iter().any(|b| path.ends_with(b)) {
            continue;
        }
        for word in words {
            assert_eq!(lines_with(&code, word).next(), None, "{word} in {path}");
        }
    }
}

#[test]
fn the_core_depends_on_no_vendor_and_no_runtime() {
    for folder in ["core", "core/trace"] {
        let manifest = std::fs::read_to_string(root().join(folder).join("Cargo.toml")).expect("readable");
        let dependencies =
            manifest.split("[dependencies]").nth(1).and_then(|d| d.split('[').next()).expect("a section");
        for foreign in ["aws", "opentelemetry", "http", "hyper", "tokio", "lambda_", "lambda-trace-"] {
            assert!(!dependencies.contains(foreign), "{foreign} in the dependencies of {folder}");
        }
    }
}

#[test]
fn no_trace_context_lives_in_a_thread_a_task_or_the_process() {
    let words = [
        "thread_local!",
        "task_local!",
        "_X_AMZN_TRACE_ID",
        "set_var",
        "Context::current",
        "set_global",
        "global::",
        "set_tracer_provider",
    ];
    check_absent(&["core", "adapters", "app"], &words, &[]);
}

#[test]
fn domain_files_hold_no_span_and_no_log_line() {
    let domain = ["window", "shared_reader", "outbox"].map(|m| format!("core/src/{m}"));
    let files = sources("core/src").into_iter().filter(|(path, _)| {
        ["session.rs", "digest.rs", "snapshot.rs", "event.rs", "sse.rs", "plan.rs"].iter().any(|f| path.ends_with(f))
            || domain.iter().any(|d| path.contains(d))
    });
    for (path, code) in files {
        for word in [".span(", "SpanKind", "tracing::", "println!", "eprintln!", "Measurement"] {
            assert_eq!(lines_with(&code, word).next(), None, "{word} in {path}");
        }
    }
}

#[test]
fn no_sdk_batch_processor_and_no_tracing_layer() {
    check_absent(&["adapters", "app"], &["BatchSpanProcessor", "tracing_opentelemetry", "force_flush"], &[]);
}

#[test]
fn nothing_is_asked_of_the_environment_outside_main_and_the_libraries() {
    check_absent(&["core", "adapters", "app"], &["env::var"], &["app/src/main.rs"]);
}

#[test]
fn adapters_are_named_where_they_are_composed_and_nowhere_else() {
    let elsewhere =
        sources("app/src").into_iter().filter(|(path, _)| !path.contains("/compose") && !path.contains("/tests"));
    for (path, code) in elsewhere {
        assert_eq!(lines_with(&code, "sse_adapters").next(), None, "{path}");
    }
}

#[test]
fn no_stack_is_recorded() {
    // FR-058 bounds stacks; an error here is its type and its text, because in a release build frames say little and cost much.
    check_absent(&["core", "adapters", "app"], &["stacktrace", "Backtrace", "\"stack\""], &[]);
}
