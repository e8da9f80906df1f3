//! The crates of the workspace and what they depend on, as `cargo metadata` tells it.

use crate::files;
use serde_json::Value;
use std::collections::BTreeSet;
use std::{io, process::Command};

/// One crate of the workspace.
pub struct Crate {
    /// Its name.
    pub name: String,
    /// What its manifest says that it is.
    pub description: String,
    /// Its folder, from the root of the workspace.
    pub folder: String,
    /// Crates of this workspace that it cannot be built without.
    pub ours: BTreeSet<String>,
    /// Crates of others that it cannot be built without.
    pub others: BTreeSet<String>,
}

/// All crates of the workspace, in the order of their folders.
///
/// # Errors
/// If cargo cannot be run, or fails.
pub fn crates() -> io::Result<Vec<Crate>> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let arguments = ["metadata", "--format-version", "1", "--no-deps", "--locked", "--offline"];
    let output = Command::new(cargo).args(arguments).current_dir(files::root()).output()?;
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    Ok(of(&metadata))
}

fn of(metadata: &Value) -> Vec<Crate> {
    let root = format!("{}/", text(&metadata["workspace_root"]));
    let packages = metadata["packages"].as_array().cloned().unwrap_or_default();
    let names: BTreeSet<String> = packages.iter().map(|package| text(&package["name"])).collect();
    let mut crates: Vec<Crate> = packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().into_iter().flatten();
            let needed = dependencies.filter(|d| d["kind"].is_null()).map(|d| text(&d["name"]));
            let (ours, others) = needed.partition(|name| names.contains(name));
            let manifest = text(&package["manifest_path"]);
            let folder = manifest.trim_start_matches(&root).trim_end_matches("/Cargo.toml").to_owned();
            Crate { name: text(&package["name"]), description: text(&package["description"]), folder, ours, others }
        })
        .collect();
    crates.sort_by(|a, b| a.folder.cmp(&b.folder));
    crates
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
