//! Finds the files of the workspace. Knows nothing of what is in them.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The root of the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A file of the workspace, as text.
///
/// # Errors
/// If it cannot be read; the error names it.
pub fn read(path: impl AsRef<Path>) -> io::Result<String> {
    let path = root().join(path);
    fs::read_to_string(&path).map_err(|e| io::Error::new(e.kind(), format!("{}: {e}", path.display())))
}

/// All files below a folder of the workspace whose names end so, with their paths from the root, in order.
///
/// # Errors
/// If a folder or file cannot be read.
pub fn below(folder: impl AsRef<Path>, suffix: &str) -> io::Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.as_ref().to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder))? {
            let entry = entry?;
            let path = folder.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().ends_with(suffix) {
                found.push((path.to_string_lossy().into_owned(), read(&path)?));
            }
        }
    }
    found.sort();
    Ok(found)
}
