//! The binary: passes arguments and environment on, and reads neither.

use std::process::ExitCode;

fn main() -> ExitCode {
    // A value that is not UTF-8 is kept in part rather than taken as absent: its variable then reports what is wrong
    // with it.
    let environment = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    // One that is no UTF-8 is none of ours.
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    sse_streaming::run(std::env::args_os(), &environment, names)
}
