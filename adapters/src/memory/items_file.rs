//! Items from a file: one JSON object a line, named as the table's attributes are, under the same rules.

use crate::item_fields::{ItemFields, updated_at};
use lambda_trace::Timestamp;
use serde::Deserialize;
use sse_core::item::{Item, ItemProblem, latest_date};
use std::fmt;

/// This many invalid lines are reported in full; a file of another kind has only invalid ones.
const TOLD_MAX: usize = 10;

/// A line that is not a valid item.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct BadLine {
    /// Counted from 1.
    pub line: usize,
    /// What is wrong with it.
    pub problem: String,
}

/// The lines that are not valid items: the first ten, and the total number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BadLines {
    /// The first of them, in order.
    pub first: Vec<BadLine>,
    /// The total number.
    pub count: usize,
}

impl BadLines {
    fn add(&mut self, line: usize, problem: String) {
        self.count += 1;
        if self.first.len() < TOLD_MAX {
            self.first.push(BadLine { line, problem });
        }
    }
}

impl fmt::Display for BadLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.first.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))?;
        match self.count - self.first.len() {
            0 => Ok(()),
            more => write!(f, "\nand {more} more lines that are no items"),
        }
    }
}

impl std::error::Error for BadLines {}

/// A line as it is written. Other members are ignored: items contain texts that this service does not read.
#[derive(Deserialize)]
struct Line {
    source_id: String,
    updated_at: Option<String>,
    sentiment: String,
    score: f64,
    /// A null entry names nothing, as in the table.
    matched_tickers: Vec<Option<String>>,
    ttl_timestamp: Option<f64>,
}

/// Reads a whole file. Blank lines are ignored, and an item without `updated_at` counts as written `now`.
///
/// # Errors
/// The lines that are not valid items, by number.
pub fn read_items(file: &[u8], now: Timestamp) -> Result<Vec<Item>, BadLines> {
    let (mut items, mut bad) = (Vec::new(), BadLines::default());
    let file = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    for (index, line) in file.split(|byte| *byte == b'\n').enumerate() {
        if line.trim_ascii().is_empty() {
            continue;
        }
        match read_line(line, now) {
            Ok(item) => items.push(item),
            Err(problem) => bad.add(index + 1, problem),
        }
    }
    if bad.count == 0 { Ok(items) } else { Err(bad) }
}

fn read_line(line: &[u8], now: Timestamp) -> Result<Item, String> {
    let line: Line = serde_json::from_slice(line).map_err(|error| problem(&error))?;
    let updated_at = match line.updated_at.as_deref() {
        None => now,
        Some(text) => updated_at(text).ok_or_else(|| ItemProblem::UpdatedAt.to_string())?,
    };
    let fields = ItemFields {
        source_id: &line.source_id,
        updated_at,
        sentiment: &line.sentiment,
        score: line.score,
        tickers: line.matched_tickers.iter().flatten().map(String::as_str),
        ttl_seconds: line.ttl_timestamp,
    };
    fields.check(latest_date(now)).map_err(|problem| problem.to_string())
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
    use std::time::Duration;

    const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);

    #[test]
    fn reads_items_and_lets_blank_lines_be() {
        let file = concat!(
            "\u{feff}{\"source_id\":\"a\",\"updated_at\":\"2026-11-12T08:00:00.000Z\",\"sentiment\":\"positive\",",
            "\"score\":0.5,\"matched_tickers\":[\"aapl\"],\"headline\":\"x\"}\r\n",
            "\n  \n",
            "{\"source_id\":\"b\",\"sentiment\":\"neutral\",\"score\":0,\"matched_tickers\":[],\"ttl_timestamp\":7}",
        );
        let items = read_items(file.as_bytes(), NOW).unwrap();
        assert_eq!(items.len(), 2);
        assert_eq!(items[0].updated_at.to_string(), "2026-11-12T08:00:00.000Z");
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
        let lines: Vec<_> = bad.first.iter().map(|b| b.line).collect();
        assert_eq!((lines, bad.count), (vec![1, 3, 5, 6, 7], 5), "{bad}");
        let text = bad.to_string();
        assert!(text.contains("line 3: score is not within -1 and 1"), "{text}");
        assert!(text.contains("line 5: missing field `matched_tickers`"), "{text}");
    }

    /// A file of another kind was seen to print 20,000 problems, a megabyte.
    #[test]
    fn many_bad_lines_are_the_first_ten_and_a_count() {
        let bad = read_items("{\"Item\":{}}\n".repeat(20_000).as_bytes(), NOW).unwrap_err();
        let text = bad.to_string();
        assert_eq!((bad.count, text.lines().count()), (20_000, 11), "{text}");
        assert!(text.ends_with("\nand 19990 more lines that are no items"), "{text}");
    }

    #[test]
    fn the_rules_are_those_of_the_table() {
        let line = |updated_at: &str, rest: &str| {
            let text =
                format!(r#"{{"source_id":"a","updated_at":{updated_at},"sentiment":"neutral","score":0,{rest}}}"#);
            read_items(text.as_bytes(), NOW).map_err(|bad| bad.to_string())
        };
        let nulls = line(r#""2026-11-18T10:00:00""#, r#""matched_tickers":["A",null],"ttl_timestamp":null"#).unwrap();
        assert_eq!((nulls[0].tickers.len(), nulls[0].expires_at), (1, None));
        assert_eq!(line("null", r#""matched_tickers":[]"#).unwrap()[0].updated_at, NOW);
        let ahead = format!("\"{}\"", NOW.plus(Duration::from_millis(300_001)));
        for (updated_at, rest, problem) in [
            (r#""2026-11-18T10:00:00+05:30""#, r#""matched_tickers":[]"#, ItemProblem::UpdatedAt),
            (&ahead, r#""matched_tickers":[]"#, ItemProblem::UpdatedAtAhead),
            ("null", r#""matched_tickers":["A,B"]"#, ItemProblem::TickerComma),
        ] {
            assert_eq!(line(updated_at, rest), Err(format!("line 1: {problem}")));
        }
    }
}
