//! Parts of documents that a test writes: between `<!-- NAME: …` and `<!-- /NAME -->`.

use crate::files;
use std::{fs, io};

/// Compares a part with what it should be, and writes it if `UPDATE_DOCS` is set.
///
/// # Errors
/// If the document cannot be read or written, has no such part, or differs; the error says which command writes it anew.
pub fn check(document: &str, name: &str, expected: &str) -> io::Result<()> {
    let text = files::read(document)?;
    let missing = || io::Error::other(format!("{document} has no part {name}"));
    let begin = text.find(&format!("<!-- {name}:")).ok_or_else(missing)?;
    let begin = begin + text[begin..].find("-->\n").ok_or_else(missing)? + "-->\n".len();
    let end = text.find(&format!("<!-- /{name} -->")).ok_or_else(missing)?;
    if text[begin..end] == *expected {
        return Ok(());
    }
    if std::env::var_os("UPDATE_DOCS").is_some() {
        return fs::write(files::root().join(document), format!("{}{expected}{}", &text[..begin], &text[end..]));
    }
    Err(io::Error::other(format!(
        "{document} differs in its part {name}: `just tables` writes it anew. It should be\n{expected}"
    )))
}
