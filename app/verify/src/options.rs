//! What a run is asked to do.

use crate::evidence::Limits;
use std::{fmt, time::Duration};

/// A token of a configuration's stream. It is sent, and never printed.
#[derive(Clone)]
pub struct Token(String);

impl Token {
    /// Takes it.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text, for the one header that carries it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// A function, with or without a qualifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionName {
    /// Name or ARN, as it goes into a path.
    pub name: String,
    /// Alias or version.
    pub qualifier: Option<String>,
}

impl FunctionName {
    /// `NAME`, `NAME:QUALIFIER`, or an ARN, with or without a qualifier.
    pub fn parse(text: &str) -> Self {
        let parts: Vec<_> = text.split(':').collect();
        let (name, qualifier) = match parts[..] {
            ["arn", _, "lambda", _, _, "function", name] | [name] => (name, None),
            ["arn", _, "lambda", _, _, "function", name, qualifier] | [name, qualifier] => (name, Some(qualifier)),
            _ => (text, None),
        };
        Self { name: name.to_owned(), qualifier: qualifier.map(str::to_owned) }
    }

    /// The region of an ARN.
    pub fn region(text: &str) -> Option<&str> {
        text.strip_prefix("arn:")?.split(':').nth(2)
    }
}

/// All of it.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the deployment answers: scheme, host, and a path in front of `/api` if there is one.
    pub url: String,
    /// The region of the AWS calls.
    pub region: String,
    /// The function; without it, the one that Lambda's own segment names.
    pub function: Option<FunctionName>,
    /// Streams one after another.
    pub invocations: usize,
    /// Whether to resume a stream beside a new one.
    pub is_resuming: bool,
    /// A configuration's stream: its id, and a token for it.
    pub configuration: Option<(String, Token)>,
    /// A function to compare cold starts with.
    pub compare_function: Option<FunctionName>,
    /// How far before the run the log is read.
    pub since: Duration,
    /// How long to wait for traces and log lines after the last stream.
    pub patience: Duration,
    /// A stream is not read for longer.
    pub read_limit: Duration,
    /// What the deployment is held to.
    pub limits: Limits,
}

impl Options {
    /// The region of a Function URL: it is part of the host.
    pub fn region_of_url(url: &str) -> Option<&str> {
        let host = host(url);
        let mut labels = host.split('.').skip_while(|label| *label != "lambda-url");
        labels.nth(1)
    }
}

/// Host and port of an address.
pub(crate) fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_named_in_any_of_its_ways() {
        let name = |text: &str| {
            let FunctionName { name, qualifier } = FunctionName::parse(text);
            (name, qualifier.unwrap_or_default())
        };
        assert_eq!(name("f"), ("f".into(), String::new()));
        assert_eq!(name("f:live"), ("f".into(), "live".into()));
        let arn = "arn:aws:lambda:eu-west-1:123456789012:function:f";
        assert_eq!(name(arn), ("f".into(), String::new()));
        assert_eq!(name(&format!("{arn}:3")), ("f".into(), "3".into()));
        assert_eq!(FunctionName::region(arn), Some("eu-west-1"));
    }

    #[test]
    fn the_region_is_in_the_host() {
        assert_eq!(Options::region_of_url("https://abc.lambda-url.eu-west-1.on.aws/x"), Some("eu-west-1"));
        assert_eq!(Options::region_of_url("https://example.org"), None);
    }

    #[test]
    fn a_token_is_never_shown() {
        assert_eq!(format!("{:?}", Token::new("eyJ")), "Token");
    }
}
