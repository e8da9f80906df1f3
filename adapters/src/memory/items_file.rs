//! Items from a file: one JSON object a line, named as the table's attributes are.

use crate::item_fields::{ItemFields, updated_at};
use lambda_trace::Timestamp;
use serde::Deserialize;
use sse_core::item::Item;
use std::fmt;

/// A line that is no item.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct BadLine {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: String,
}

/// Every line that is no item; never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLines(pub Vec<BadLine>);

impl fmt::Display for BadLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for BadLines {}

/// A line as it is written. Further names are let be: items carry texts that this service does not read.
#[derive(Deserialize)]
struct Line {
    source_id: String,
    updated_at: Option<String>,
    sentiment: String,
    score: f64,
    matched_tickers: Vec<String>,
    ttl_timestamp: Option<f64>,
}

/// Reads a whole file; blank lines are nothing, and an item without `updated_at` was written `now`.
///
/// # Errors
/// Every line that is no item, by number.
pub fn read_items(file: &[u8], now: Timestamp) -> Result<Vec<Item>, BadLines> {
    let (mut items, mut bad) = (Vec::new(), Vec::new());
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    for (index, line) in file.split(|byte| *byte == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        match read_line(line, now) {
            Ok(item) => items.push(item),
            Err(problem) => bad.push(BadLine { line: index + 1, problem }),
        }
    }
    if bad.is_empty() { Ok(items) } else { Err(BadLines(bad)) }
}

fn read_line(line: &[u8], now: Timestamp) -> Result<Item, String> {
    let line: Line = serde_json::from_slice(line).map_err(|error| problem(&error))?;
    let updated_at = match line.updated_at.as_deref() {
        None => now,
        Some(text) => updated_at(text).ok_or("updated_at is no date like 2026-11-22T08:00:00.000Z")?,
    };
    let fields = ItemFields {
        source_id: &line.source_id,
        updated_at,
        sentiment: &line.sentiment,
        score: line.score,
        tickers: line.matched_tickers.iter().map(String::as_str),
        ttl_seconds: line.ttl_timestamp,
    };
    fields.check().map_err(|problem| problem.to_string())
}

/// The reader's words without its own count of lines, which is always 1 here.
fn problem(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let end = text.rfind(" at line ").unwrap_or(text.len());
    format!("{} (column {})", &text[..end], error.column())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    #[test]
    fn reads_items_and_lets_blank_lines_be() {
        let file = concat!(
            "\u{feff}{\"source_id\":\"a\",\"updated_at\":\"2026-11-22T08:00:00.000Z\",\"sentiment\":\"positive\",",
            "\"score\":0.5,\"matched_tickers\":[\"aapl\"],\"headline\":\"x\"}\r\n",
            "\n  \n",
            "{\"source_id\":\"b\",\"sentiment\":\"neutral\",\"score\":0,\"matched_tickers\":[],\"ttl_timestamp\":7}",
        );
        let items = read_items(file.as_bytes(), NOW).unwrap();
        assert_eq!(items.len(), 2);
        assert_eq!(items[0].updated_at.to_string(), "2026-11-22T08:00:00.000Z");
        assert_eq!(items[0].tickers[0].as_str(), "AAPL");
        assert_eq!((items[1].updated_at, items[1].tickers.len()), (NOW, 0));
        assert_eq!(items[1].expires_at, Some(Timestamp::from_millis(7_000)));
    }

    #[test]
    fn says_every_bad_line_by_its_number() {
        let file = concat!(
            "nonsense\n",
            "{\"source_id\":\"a\",\"sentiment\":\"positive\",\"score\":0,\"matched_tickers\":[]}\n",
            "{\"source_id\":\"a\",\"sentiment\":\"positive\",\"score\":2,\"matched_tickers\":[]}\n",
            "\n",
            "{\"source_id\":\"a\",\"sentiment\":\"positive\",\"score\":0}\n",
            "{\"source_id\":\"a\",\"sentiment\":\"positive\",\"score\":0,\"matched_tickers\":[],\"updated_at\":\"today\"}\n",
        );
        let mut file = file.as_bytes().to_vec();
        file.extend(b"\xff\xfe\n");
        let bad = read_items(&file, NOW).unwrap_err();
        let lines: Vec<_> = bad.0.iter().map(|b| b.line).collect();
        assert_eq!(lines, [1, 3, 5, 6, 7], "{bad}");
        let text = bad.to_string();
        assert!(text.contains("line 3: score is not within -1 and 1"), "{text}");
        assert!(text.contains("line 5: missing field `matched_tickers`"), "{text}");
    }
}
