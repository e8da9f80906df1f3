//! The command line. Exit codes: 2 bad flags, 1 bad configuration or a failure, 0 otherwise.

mod help;

pub use crate::{
    feed::FeedArgs,
    lines::{ReplayArgs, TraceArgs},
    verify::VerifyArgs,
};

use clap::{Args, Parser, Subcommand};
use std::{
    net::{SocketAddr, ToSocketAddrs},
    path::PathBuf,
};

/// Streams live sentiment as Server-Sent Events: on AWS Lambda, or behind plain HTTP on loopback.
#[derive(Debug, Parser)]
#[command(name = "sse-streaming", version, propagate_version = true, after_long_help = help::variables(), after_help = help::SHORT)]
pub struct Cli {
    /// What to do; nothing said: `serve`.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What the program does where it is not a Lambda function.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Serve streams behind plain HTTP on loopback: the very handler of the function, each request an invocation with its
    /// own deadline and trace.
    ///
    /// Without `SENTIMENTS_TABLE` the store is in memory, fed once from --items or else by a demo feed. The address is the
    /// first line on stdout; logs go to stderr; `/` is a page that shows the stream. Ctrl-C and SIGTERM end streams with
    /// `done`, flush telemetry and exit with 0.
    #[command(after_long_help = help::variables(), after_help = help::SHORT)]
    Serve(ServeArgs),

    /// Write demo items into a DynamoDB table, on AWS or on a local server (`AWS_ENDPOINT_URL`), with progress.
    #[command(after_long_help = help::variables(), after_help = help::SHORT)]
    Feed(FeedArgs),

    /// Send given-up spans to a collector again, with their ids, at most 50 a request.
    ///
    /// What the function could not deliver it prints as OTLP/JSON lines. They are found in files, pipes and CloudWatch's own
    /// JSON; lines of other kinds are passed over and counted. Exit code 1 if any span was not accepted.
    Replay(ReplayArgs),

    /// Draw OTLP/JSON lines as a waterfall in the terminal, one trace after the other: both phases told apart, failed spans
    /// with their errors, how many spans were folded, and the ledger if its line is there.
    Trace(TraceArgs),

    /// Prove a deployment: open streams at its URL, read back what they left in X-Ray, Logs and Lambda, and judge it, check by
    /// check. It changes nothing.
    ///
    /// Exit code 0: nothing failed and everything could be judged. 1: something failed. 3: something could not be judged. 130: it was
    /// interrupted. A stream is read to its end, so a run takes as long as the streams do (`SSE_STREAM_MAX_MS`), and a few minutes for X-Ray and
    /// Logs. Credentials and region are the AWS SDK's; the region of a Function URL is its own. `AWS_ENDPOINT_URL` and
    /// `AWS_ENDPOINT_URL_XRAY`, `_LAMBDA`, `_LOGS` and `_CLOUDWATCH` put the services elsewhere. docs/verify.md says what each
    /// failure means.
    Verify(VerifyArgs),
}

/// Flags of `serve`.
#[derive(Clone, Debug, Args)]
pub struct ServeArgs {
    /// Where to listen, on loopback only; port 0: any free one.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9000", value_parser = loopback)]
    pub listen: SocketAddr,

    /// Feed the store in memory from this file instead of the demo feed: one JSON item a line with `source_id`,
    /// `sentiment`, `score`, `matched_tickers`, and optionally `updated_at` (default: now) and `ttl_timestamp`.
    #[arg(long, value_name = "FILE.jsonl")]
    pub items: Option<PathBuf>,

    /// The deadline of each request, in seconds from its arrival; Lambda's longest is 900.
    #[arg(long, value_name = "SECONDS", default_value_t = 900, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    pub timeout_s: u64,
}

impl Default for ServeArgs {
    fn default() -> Self {
        Self { listen: SocketAddr::from(([127, 0, 0, 1], 9_000)), items: None, timeout_s: 900 }
    }
}

/// There is no TLS and no access control here, so nothing but this machine may connect.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let mut addresses = text.to_socket_addrs().map_err(|error| error.to_string())?;
    addresses.find(|address| address.ip().is_loopback()).ok_or_else(|| "not an address on loopback".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn serve(args: &[&str]) -> Result<ServeArgs, clap::Error> {
        let cli = Cli::try_parse_from(["sse-streaming", "serve"].iter().chain(args))?;
        let Some(Command::Serve(args)) = cli.command else { panic!("not serve") };
        Ok(args)
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn defaults_are_those_of_no_command() {
        let (said, unsaid) = (serve(&[]).unwrap(), ServeArgs::default());
        assert_eq!((said.listen, said.timeout_s), (unsaid.listen, unsaid.timeout_s));
        assert!(Cli::try_parse_from(["sse-streaming"]).unwrap().command.is_none());
    }

    #[test]
    fn every_command_tells_the_version() {
        for args in [
            &["--version"][..],
            &["serve", "--version"],
            &["feed", "--version"],
            &["feed", "-V"],
            &["replay", "--version"],
            &["trace", "-V"],
            &["verify", "--version"],
        ] {
            let said = Cli::try_parse_from(["sse-streaming"].iter().chain(args)).unwrap_err();
            assert_eq!(said.exit_code(), 0, "{args:?}");
            assert!(said.to_string().trim().ends_with(env!("CARGO_PKG_VERSION")), "{said}");
        }
    }

    #[test]
    fn it_listens_on_loopback_only() {
        assert_eq!(serve(&["--listen", "[::1]:0"]).unwrap().listen.port(), 0);
        for bad in ["0.0.0.0:9000", "127.0.0.1", "127.0.0.1:99999", "nonsense"] {
            assert_eq!(serve(&["--listen", bad]).unwrap_err().exit_code(), 2, "{bad}");
        }
        assert!(serve(&["--timeout-s", "0"]).is_err());
    }

    #[test]
    fn help_names_every_variable() {
        let help = Cli::command().render_long_help().to_string();
        for variable in crate::config::VARIABLES {
            assert!(help.contains(variable.name), "{}", variable.name);
        }
    }
}
