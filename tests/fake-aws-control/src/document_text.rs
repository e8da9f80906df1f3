//! How X-Ray writes a document that it hands out: numbers with an exponent, as `1.681574430822835E9`.

use serde::Serialize;
use serde_json::{
    Value,
    ser::{Formatter, Serializer},
};
use std::io;

struct Exponents;

impl Formatter for Exponents {
    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        write!(writer, "{}", exponent(value))
    }
}

/// With a fraction, also where there is none.
fn exponent(value: f64) -> String {
    let text = format!("{value:E}");
    match text.split_once('E') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
        _ => text,
    }
}

pub(crate) fn document_text(document: &Value) -> String {
    let mut text = Vec::new();
    let written = document.serialize(&mut Serializer::with_formatter(&mut text, Exponents));
    // JSON in memory has text for its keys, and a vector takes all that is written.
    written.map_or_else(|_| document.to_string(), |()| String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn numbers_have_an_exponent_and_stay_what_they_are() {
        let document = json!({"start_time": 1_681_574_430.822_835, "end_time": 2.0, "count": 3, "zero": 0.0});
        let text = document_text(&document);
        assert_eq!(text, r#"{"count":3,"end_time":2.0E0,"start_time":1.681574430822835E9,"zero":0.0E0}"#);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), document);
    }
}
