//! A scenario file: faults in TOML, one table each.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::scenario::{Fault, FaultError};

/// Why a file is no scenario.
#[derive(Debug, thiserror::Error)]
pub(super) enum ScenarioError {
    /// It cannot be read.
    #[error("cannot read {0}")]
    Read(PathBuf, #[source] std::io::Error),
    /// It is not TOML, or has other keys.
    #[error("{0} is no scenario")]
    Form(PathBuf, #[source] Box<toml::de::Error>),
    /// A fault in it is none.
    #[error("{0}, fault {1}")]
    Fault(PathBuf, usize, #[source] FaultError),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scenario {
    #[serde(default)]
    fault: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    what: String,
    at: Option<String>,
    #[serde(default)]
    requests: Vec<u64>,
}

/// Reads the faults of a file.
pub(super) fn read(path: &Path) -> Result<Vec<Fault>, ScenarioError> {
    let text = std::fs::read_to_string(path).map_err(|error| ScenarioError::Read(path.to_owned(), error))?;
    faults(path, &text)
}

fn faults(path: &Path, text: &str) -> Result<Vec<Fault>, ScenarioError> {
    let read = toml::from_str(text).map_err(|error| ScenarioError::Form(path.to_owned(), Box::new(error)));
    let Scenario { fault } = read?;
    let entries = fault.into_iter().enumerate();
    let fault = |(index, entry): (usize, Entry)| {
        let fault = Fault::of(&entry.what, entry.at.as_deref(), entry.requests);
        fault.map_err(|error| ScenarioError::Fault(path.to_owned(), index + 1, error))
    };
    entries.map(fault).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<Fault>, ScenarioError> {
        faults(Path::new("s.toml"), text)
    }

    #[test]
    fn a_file_says_what_the_command_line_says() {
        let text = "[[fault]]\nwhat = \"kill\"\nat = \"1500ms\"\nrequests = [2, 5]\n\n[[fault]]\nwhat = \"collector-status:503\"\n";
        assert_eq!(read(text).unwrap(), ["kill@1500ms#2,5".parse().unwrap(), "collector-status:503".parse().unwrap()]);
        assert_eq!(read("").unwrap(), []);
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        assert!(matches!(read("[[fault]]\nwhen = 1"), Err(ScenarioError::Form(..))));
        let error = read("[[fault]]\nwhat = \"cut\"\n[[fault]]\nwhat = \"explode\"").unwrap_err();
        assert_eq!(error.to_string(), "s.toml, fault 2");
    }
}
