//! What must hold between the Terraform files and the code. Each test reads both sides, and fails when one changes alone.

mod absences;
mod alarms;
mod canary;
mod circles;
mod collector;
mod cost;
mod crates;
mod environment;
mod front_doors;
mod function;
mod package;
mod rights;
mod rules;
mod tables;

use sse_policy::files;
use sse_policy::terraform::Module;

const MODULE: &str = "terraform/module";
const SETTINGS: &str = "terraform/module/settings";

fn module() -> Module {
    Module::read(MODULE).unwrap()
}

fn settings() -> Module {
    Module::read(SETTINGS).unwrap()
}

/// All Rust sources below a folder, with their paths.
fn sources(folder: &str) -> Vec<(String, String)> {
    let files = files::below(folder, ".rs").unwrap();
    assert!(!files.is_empty(), "no sources in {folder}");
    files
}
