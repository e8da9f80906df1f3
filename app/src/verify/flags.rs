//! Flags of `verify`.

use crate::config::proxy;
use clap::Args;
use serde_json::Value;
use sse_verify::{FunctionName, Options, Token, aws::policy, evidence::Limits};
use std::{path::PathBuf, time::Duration};

/// Streams of a canary's round.
const CANARY_STREAMS: usize = 1;
/// Streams one after another: the first may meet a cold environment.
const STREAMS: usize = 5;
/// Lambda's longest invocation, and a little.
const READ_LIMIT: Duration = Duration::from_secs(910);

/// Flags and variables do not say enough.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FlagError {
    /// No region in the host of the URL, in an ARN, in a flag or in the environment.
    #[error("no AWS region: {0} is no Function URL; name one with --region or AWS_REGION")]
    NoRegion(String),
    /// A proxy that the HTTP client would go past.
    #[error("{0} {text}", text = proxy::UNUSABLE)]
    Proxy(&'static str),
}

/// Flags of `verify`.
#[derive(Clone, Debug, Args)]
pub struct VerifyArgs {
    /// Where the deployment answers: its Function URL, or what stands before it.
    #[arg(long, value_name = "URL", value_parser = url, required_unless_present = "print_policy")]
    pub url: Option<String>,

    /// The function, as NAME, NAME:ALIAS or ARN. Without it: the one that Lambda's segment in the trace is named after.
    #[arg(long, value_name = "NAME")]
    pub function: Option<String>,

    /// The region of the AWS calls; default: that of the URL, of the ARN, `AWS_REGION`.
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,

    /// Streams one after another, each to its end; with --canary 1, else 5. Three or more show warm invocations.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=100))]
    pub invocations: Option<u16>,

    /// A token for the stream of the configuration --config. `-`: the variable `SSE_VERIFY_TOKEN` holds it, and no process
    /// list shows it.
    #[arg(long, value_name = "JWT", requires = "config", value_parser = token)]
    pub token: Option<Token>,

    /// The configuration whose stream is opened too.
    #[arg(long, value_name = "ID", requires = "token", value_parser = config_id)]
    pub config: Option<String>,

    /// Another function, without the layer: cold starts of both are compared.
    #[arg(long, value_name = "NAME")]
    pub compare_function: Option<String>,

    /// How far before the run the log is read, such as 30m or 24h: for cold starts and memory of what was before.
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
    pub since: Duration,

    /// How long to wait, after the last stream, for traces and log lines.
    #[arg(long, value_name = "DURATION", default_value = "3m", value_parser = duration)]
    pub patience: Duration,

    /// Memory of function and extensions has to stay below this, in MB.
    #[arg(long, value_name = "MB", default_value_t = 450)]
    pub memory_limit: u64,

    /// The first event has to be there after this long.
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration)]
    pub first_event_limit: Duration,

    /// So many streams have to be possible at once.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub expect_streams: u32,

    /// Print the report as JSON: the form is documented and stays.
    #[arg(long, conflicts_with = "canary")]
    pub json: bool,

    /// Write the report as `JUnit` XML, too.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,

    /// One round, without resuming; print one line in CloudWatch's embedded metric format (`SSE_METRICS_NAMESPACE`, ENVIRONMENT).
    #[arg(long)]
    pub canary: bool,

    /// Print the IAM policy that a run needs, and do nothing else.
    #[arg(long)]
    pub print_policy: bool,
}

impl VerifyArgs {
    /// The IAM policy that a run needs.
    pub(super) fn policy(&self) -> Value {
        policy(self.function.as_deref().map_or("*".to_owned(), |name| FunctionName::parse(name).name).as_str())
    }

    /// What the run is asked to do.
    pub(super) fn options(&self, environment: &dyn Fn(&str) -> Option<String>) -> Result<Options, FlagError> {
        if let Some(name) = proxy::unusable(environment) {
            return Err(FlagError::Proxy(name));
        }
        let url = self.url.clone().unwrap_or_default();
        let set = |name: &str| environment(name).filter(|value| !value.is_empty());
        let region = (self.region.clone())
            .or_else(|| Options::region_of_url(&url).map(str::to_owned))
            .or_else(|| self.function.as_deref().and_then(FunctionName::region).map(str::to_owned))
            .or_else(|| set("AWS_REGION"))
            .or_else(|| set("AWS_DEFAULT_REGION"))
            .ok_or_else(|| FlagError::NoRegion(url.clone()))?;
        let from_variable = || Token::new(set("SSE_VERIFY_TOKEN").unwrap_or_default());
        let token = self.token.clone().map(|token| if token.reveal() == "-" { from_variable() } else { token });
        let streams = if self.canary { CANARY_STREAMS } else { STREAMS };
        Ok(Options {
            url,
            region,
            function: self.function.as_deref().map(FunctionName::parse),
            invocations: self.invocations.map_or(streams, usize::from),
            is_resuming: !self.canary,
            configuration: self.config.clone().zip(token),
            compare_function: self.compare_function.as_deref().map(FunctionName::parse),
            since: self.since,
            patience: self.patience,
            read_limit: READ_LIMIT,
            limits: Limits {
                memory_mb: self.memory_limit,
                first_event: self.first_event_limit,
                streams: self.expect_streams,
                ..Limits::default()
            },
        })
    }
}

fn url(text: &str) -> Result<String, String> {
    let uri: http::Uri = text.parse().map_err(|error: http::uri::InvalidUri| error.to_string())?;
    match (uri.scheme_str(), uri.authority(), uri.query()) {
        (Some("http" | "https"), Some(authority), None) if !authority.as_str().contains('@') => {
            Ok(text.trim_end_matches('/').to_owned())
        }
        _ => Err("not http(s)://host[:port][/path], without user, query or fragment".to_owned()),
    }
}

#[expect(clippy::unnecessary_wraps, reason = "clap asks for a result")]
fn token(text: &str) -> Result<Token, String> {
    Ok(Token::new(text))
}

fn config_id(text: &str) -> Result<String, String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    if !text.is_empty() && text.bytes().all(is_plain) { Ok(text.to_owned()) } else { Err("not an id".to_owned()) }
}

/// `90s`, `3m`, `24h`.
fn duration(text: &str) -> Result<Duration, String> {
    let unit = text.chars().last().unwrap_or_default();
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        _ => return Err("not a number with s, m or h behind it".to_owned()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| "not a number with s, m or h behind it".to_owned())?;
    if number > 1_000_000 {
        return Err("too long".to_owned());
    }
    Ok(Duration::from_secs(number * seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command};
    use clap::Parser;

    fn verify(args: &[&str]) -> Result<VerifyArgs, clap::Error> {
        let cli = Cli::try_parse_from(["sse-streaming", "verify"].iter().chain(args))?;
        let Some(Command::Verify(args)) = cli.command else { panic!("not verify") };
        Ok(args)
    }

    fn options(args: &[&str]) -> Result<Options, FlagError> {
        verify(args).unwrap().options(&|name| (name == "SSE_VERIFY_TOKEN").then(|| "from-the-variable".to_owned()))
    }

    #[test]
    fn the_region_is_that_of_the_url_unless_it_is_named() {
        let url = "https://abc.lambda-url.eu-west-1.on.aws/";
        assert_eq!(options(&["--url", url]).unwrap().region, "eu-west-1");
        assert_eq!(options(&["--url", url, "--region", "us-east-1"]).unwrap().region, "us-east-1");
        let arn = "arn:aws:lambda:eu-north-1:123456789012:function:f";
        assert_eq!(options(&["--url", "https://example.org", "--function", arn]).unwrap().region, "eu-north-1");
        assert!(options(&["--url", "https://example.org"]).is_err());
    }

    #[test]
    fn a_canary_makes_one_round() {
        let url = ["--url", "https://abc.lambda-url.eu-west-1.on.aws"];
        let canary = options(&[&url[..], &["--canary"]].concat()).unwrap();
        assert_eq!((canary.invocations, canary.is_resuming), (1, false));
        let usual = options(&url).unwrap();
        assert_eq!((usual.invocations, usual.is_resuming, usual.patience), (5, true, Duration::from_mins(3)));
    }

    #[test]
    fn bad_flags_are_told() {
        for bad in [
            &[][..],
            &["--url", "ftp://x"],
            &["--url", "https://user:password@x"],
            &["--url", "https://x?user_token=t"],
            &["--url", "https://x", "--token", "t"],
            &["--url", "https://x", "--config", "c"],
            &["--url", "https://x", "--config", "../c", "--token", "t"],
            &["--url", "https://x", "--since", "1d"],
            &["--url", "https://x", "--since", "é"],
            &["--url", "https://x", "--json", "--canary"],
        ] {
            assert_eq!(verify(bad).unwrap_err().exit_code(), 2, "{bad:?}");
        }
        assert!(verify(&["--print-policy"]).unwrap().policy()["Statement"].is_array());
    }

    #[test]
    fn a_token_may_come_from_the_environment() {
        let options = options(&["--url", "https://x", "--region", "r", "--config", "c", "--token", "-"]).unwrap();
        let (id, token) = options.configuration.unwrap();
        assert_eq!((id.as_str(), token.reveal()), ("c", "from-the-variable"));
    }
}
