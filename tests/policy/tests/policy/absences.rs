//! Invariants that are stated as what is not there; see ARCHITECTURE.md, "Absences". What the dependencies of the crates rule out by themselves is in `crates.rs`.
//! Rule: Absences.

use sse_policy::files;

/// The code of the product: all crates, without tests, benches and examples.
const PRODUCT: [&str; 8] = [
    "core/src",
    "core/trace/src",
    "adapters/src",
    "adapters/otlp/src",
    "adapters/xray/src",
    "app/src",
    "app/lambda/src",
    "app/verify/src",
];
/// Files of the product, all crates together: fewer than this, and a path is wrong.
const AT_LEAST: usize = 180;

/// The sources below folders, each with its code up to its tests. Files of tests and of test support are left out.
fn code(folders: &[&str]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for folder in folders {
        let before = found.len();
        for (path, text) in files::below(folder, ".rs").unwrap() {
            let below = &path[folder.len()..];
            let is_test = ["/tests.rs", "_tests.rs", "/testing.rs"].iter().any(|end| below.ends_with(end));
            let is_test = is_test || ["/tests/", "/testing/"].iter().any(|folder| below.contains(folder));
            if !is_test {
                let code = text.split("#[cfg(test)]").next().unwrap_or_default().to_owned();
                found.push((path, code));
            }
        }
        assert!(found.len() > before, "no sources in {folder}");
    }
    found
}

/// Lines of code, without comments, that contain a word.
fn lines_with<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = &'a str> {
    code.lines().filter(|l| !l.trim_start().starts_with("//")).filter(move |l| l.contains(word))
}

/// Checks that no word is in the code of any file, but for the files named in `but`, each of which must be there and contain one.
fn check_absent(files: &[(String, String)], at_least: usize, words: &[&str], but: &[&str]) {
    println!("{} files read for {words:?}", files.len());
    assert!(files.len() >= at_least, "only {} files were read", files.len());
    for name in but {
        let exception = files.iter().find(|(path, _)| path == name);
        let (_, code) = exception.unwrap_or_else(|| panic!("{name}, which is an exception, was not read"));
        assert!(words.iter().any(|word| lines_with(code, word).next().is_some()), "{name} is no exception any more");
    }
    for (path, code) in files.iter().filter(|(path, _)| !but.contains(&path.as_str())) {
        for word in words {
            assert_eq!(lines_with(code, word).next(), None, "{word} in {path}");
        }
    }
}

/// Rule: FR-025. Rule: FR-037.
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
    check_absent(&code(&PRODUCT), AT_LEAST, &words, &[]);
}

#[test]
fn domain_files_hold_no_span_and_no_log_line() {
    let mut files = code(&["core/src"]);
    let domain = ["session", "window", "shared_reader", "outbox", "digest", "snapshot", "event", "sse", "plan", "item"];
    let is_domain = |path: &str| {
        let below = path.trim_start_matches("core/src/");
        domain.iter().any(|d| below == format!("{d}.rs") || below.starts_with(&format!("{d}/")))
    };
    files.retain(|(path, _)| is_domain(path));
    let words = [".span(", "SpanKind", "tracing::", "println!", "eprintln!", "Measurement"];
    check_absent(&files, 15, &words, &[]);
}

#[test]
fn no_sdk_batch_processor_and_no_tracing_layer() {
    check_absent(&code(&PRODUCT), AT_LEAST, &["BatchSpanProcessor", "tracing_opentelemetry", "force_flush"], &[]);
}

#[test]
fn nothing_is_asked_of_the_environment_outside_main_and_the_libraries() {
    check_absent(&code(&PRODUCT), AT_LEAST, &["env::var"], &["app/src/main.rs"]);
}

#[test]
fn adapters_are_named_where_they_are_composed_and_nowhere_else() {
    let mut files = code(&["app/src"]);
    files.retain(|(path, _)| path != "app/src/compose.rs" && !path.starts_with("app/src/compose/"));
    // Addresses are read by the pipeline's own parser, so that the configuration takes what the pipeline takes.
    let but = ["app/src/config/aws.rs", "app/src/config/otlp.rs"];
    check_absent(&files, 30, &["sse_adapters", "lambda_trace_otlp::", "lambda_trace_xray::"], &but);
}

/// An error here is its type and its text, because in a release build the frames of a stack say little and cost much.
/// Rule: FR-058.
#[test]
fn no_stack_is_recorded() {
    check_absent(&code(&PRODUCT), AT_LEAST, &["stacktrace", "Backtrace", "\"stack\""], &[]);
}

#[test]
fn crates_for_others_hold_no_word_of_this_service() {
    let files = code(&["core/trace/src", "adapters/otlp/src", "adapters/xray/src", "app/lambda/src"]);
    let names = files::read("core/src/names.rs").unwrap();
    let mut words: Vec<&str> = names.split('"').skip(1).step_by(2).collect();
    assert!(words.len() >= 6, "{words:?}");
    words.extend(["SSE_", "sentiment", "event_type", "connection_id", "sse_", "sse-"]);
    check_absent(&files, 60, &words, &[]);
}

#[test]
fn no_sink_but_the_one_of_both_phases() {
    check_absent(&code(&PRODUCT), AT_LEAST, &[" Telemetry for "], &["core/trace/src/phases.rs"]);
}
