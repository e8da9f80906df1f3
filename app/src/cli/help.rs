//! What `--help` says of variables, made from their table.

use crate::config::{Form, VARIABLES};
use std::fmt::Write as _;

pub(super) const SHORT: &str = "--help tells more: every environment variable with its default and range.";

pub(super) fn variables() -> String {
    let mut text = String::from("Environment variables:\n");
    for variable in VARIABLES {
        // Writing to a String cannot fail.
        let _ = write!(text, "\n  {}\n      {}\n", variable.name, variable.help);
        let range = variable.range();
        let default = variable.default();
        let _ = match variable.form {
            Form::Text { .. } if range.is_empty() => writeln!(text, "      default: {default}"),
            _ => writeln!(text, "      default: {default}; {range}"),
        };
    }
    text.push_str(
        "\nAWS_ENDPOINT_URL, AWS_REGION, AWS_PROFILE and the others of the AWS SDK hold as everywhere.\n\
         \nExit codes: 0 done, 1 bad configuration or a failure, 2 bad flags.",
    );
    text
}
