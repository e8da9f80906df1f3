//! Flags of `serve`. They are read here and carried out elsewhere.

use std::{fmt::Write as _, net::SocketAddr, path::PathBuf, time::Duration};

use clap::Args;

use crate::scenario::{self, Fault, WORDS};

/// Flags of `serve`.
#[derive(Clone, Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct ServeArgs {
    /// The program that speaks the Runtime API.
    #[arg(value_name = "PROGRAM")]
    pub program: PathBuf,

    /// Arguments for it (Lambda gives none).
    #[arg(value_name = "ARGUMENT", last = true)]
    pub arguments: Vec<String>,

    /// Where the function's URL is, on loopback; port 0: any free one.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9000", value_parser = loopback)]
    pub listen: SocketAddr,

    /// The most environments at once; a request that finds all of them taken gets 429.
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub environments: u16,

    /// Invocations that one environment takes at once. On Lambda more than one is possible on Managed Instances only.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=10_000))]
    pub concurrency: u16,

    /// Run it as Lambda Managed Instances do, with so many workers in each environment: all environments start at once, none
    /// is ever frozen, a time limit ends the caller's answer and not the process.
    #[arg(long, value_name = "WORKERS", conflicts_with_all = ["concurrency", "freeze_after", "no_freeze"],
        value_parser = clap::value_parser!(u16).range(1..=1_600))]
    pub managed_instances: Option<u16>,

    /// The function's time limit.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = scenario::duration)]
    pub timeout: Duration,

    /// The limit of the init phase.
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = scenario::duration)]
    pub init_timeout: Duration,

    /// Set a variable of the function; repeat it for more.
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    pub variables: Vec<(String, String)>,

    /// The function's memory in MB: told to it, not enforced.
    #[arg(long, value_name = "MB", default_value_t = 512)]
    pub memory: u32,

    /// The function's name.
    #[arg(long, value_name = "NAME", default_value = "function")]
    pub name: String,

    /// What `_HANDLER` says.
    #[arg(long, value_name = "HANDLER", default_value = "bootstrap")]
    pub handler: String,

    /// The region that the function believes to be in.
    #[arg(long, value_name = "REGION", default_value = "eu-central-1")]
    pub region: String,

    /// Where the program runs, and what `LAMBDA_TASK_ROOT` says. Default: the program's own directory.
    #[arg(long, value_name = "DIR")]
    pub task_root: Option<PathBuf>,

    /// Start every program of this directory (or of `extensions` in it, as in an unpacked layer) as an external extension: before
    /// the function, and frozen with it. A collector that registers as one belongs here.
    #[arg(long, visible_alias = "collector", value_name = "DIR")]
    pub extensions: Option<PathBuf>,

    /// Set a variable of the extensions, which the function does not get; repeat it for more. On Lambda the name `sandbox.localdomain` leads to
    /// the environment itself. Here it does not: the collector layers of OpenTelemetry listen without it if `AWS_SAM_LOCAL=true`.
    #[arg(long = "extension-env", value_name = "NAME=VALUE", value_parser = variable)]
    pub extension_variables: Vec<(String, String)>,

    /// Act as if an extension were registered: the runtime then gets SIGTERM in the end.
    #[arg(long)]
    pub extension_present: bool,

    /// The port of the X-Ray daemon (UDP); 0: any free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    pub xray_port: u16,

    /// Run a collector beside the function, frozen never, that takes OTLP over HTTP (protobuf) at this port; 0: any free one.
    #[arg(long, value_name = "PORT", num_args = 0..=1, require_equals = true, default_missing_value = "0")]
    pub otlp: Option<u16>,

    /// Freeze so long after an environment became idle, instead of at once.
    #[arg(long, value_name = "DURATION", value_parser = scenario::duration, conflicts_with = "no_freeze")]
    pub freeze_after: Option<Duration>,

    /// Never freeze.
    #[arg(long)]
    pub no_freeze: bool,

    /// Kill the process so long after the delivery of each event; the same as `--fault kill@DURATION`.
    #[arg(long, value_name = "DURATION", value_parser = scenario::duration)]
    pub kill_at: Option<Duration>,

    /// Let something go wrong, see below; repeat it for more.
    #[arg(long = "fault", value_name = "FAULT")]
    pub faults: Vec<Fault>,

    /// Let what this file lists go wrong, see below.
    #[arg(long, value_name = "FILE.toml")]
    pub scenario: Option<PathBuf>,

    /// Make all ids a function of this number.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// End after so many requests are over.
    #[arg(long, value_name = "N")]
    pub requests: Option<u64>,

    /// Print one JSON object a line instead of text: the form is documented in the README, and stays.
    #[arg(long)]
    pub json: bool,

    /// Leave out what the processes write.
    #[arg(long)]
    pub no_log: bool,

    /// Leave out the view of each trace.
    #[arg(long)]
    pub no_traces: bool,

    /// No colours. So does `NO_COLOR`, and an output that is no terminal.
    #[arg(long)]
    pub no_color: bool,
}

impl ServeArgs {
    /// Everything that is to go wrong, but for what a file says.
    pub(super) fn all_faults(&self) -> Vec<Fault> {
        let kill = self.kill_at.map(|time| Fault {
            kind: scenario::FaultKind::Kill,
            when: crate::When::After(time),
            invocations: Vec::new(),
        });
        kill.into_iter().chain(self.faults.iter().cloned()).collect()
    }
}

/// What `--help` says of faults.
pub(super) fn faults() -> String {
    let mut text = "Faults: WHAT[:VALUE][@WHEN][#N[,N...]]\n\n".to_owned();
    for (word, value, meaning) in WORDS {
        let name = if value.is_empty() { word.to_owned() } else { format!("{word}:{value}") };
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  {name:<24}{meaning}");
    }
    text.push_str(
        "\n  @WHEN is a duration (250ms, 2s), chunk:N or byte:N of the answer, counted from its head; for kill and shut-down a duration
  from the delivery of the event. Without it: at once. #N: only in the Nth request. A fault of the collector needs --otlp and lasts
  until the next request.

  A scenario file says the same in TOML:

    [[fault]]
    what = \"kill\"
    at = \"1500ms\"
    requests = [2, 5]

Examples:
  lambda-env serve ./bootstrap --environments 3 --timeout 30s --otlp
  lambda-env serve ./bootstrap --fault 'stand-still@chunk:5#2' --fault 'collector-hang#3' --otlp
  lambda-env serve ./bootstrap --collector ./layer --json

Exit codes: 0 ended by Ctrl-C, SIGTERM or --requests; 1 it could not start; 2 bad flags.",
    );
    text
}

/// There is no access control here, so nothing but this machine may connect.
fn loopback(text: &str) -> Result<SocketAddr, String> {
    let address: SocketAddr = text.parse().map_err(|_| "not an address with a port".to_owned())?;
    if address.ip().is_loopback() { Ok(address) } else { Err("not an address on loopback".to_owned()) }
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| "not NAME=VALUE".to_owned())?;
    if name.is_empty() { Err("without a name".to_owned()) } else { Ok((name.to_owned(), value.to_owned())) }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::super::{Cli, Command};
    use super::*;

    fn serve(flags: &[&str]) -> Result<Box<ServeArgs>, clap::Error> {
        let Command::Serve(arguments) = Cli::try_parse_from(["lambda-env", "serve"].iter().chain(flags))?.command;
        Ok(arguments)
    }

    #[test]
    fn the_command_line_is_consistent_and_tells_of_every_fault() {
        Cli::command().debug_assert();
        let mut command = Cli::command();
        let help = command.find_subcommand_mut("serve").unwrap().render_long_help().to_string();
        for (word, ..) in WORDS {
            assert!(help.contains(word), "{word}");
        }
    }

    #[test]
    fn the_flags_of_the_readme_are_understood() {
        let flags = [
            "./bootstrap",
            "--listen",
            "127.0.0.1:9000",
            "--environments",
            "3",
            "--concurrency",
            "1",
            "--timeout",
            "30s",
        ];
        let read = serve(&flags).unwrap();
        assert_eq!((read.environments, read.concurrency, read.timeout), (3, 1, Duration::from_secs(30)));
        let read =
            serve(&["./b", "--otlp", "--kill-at", "2s", "--fault", "cut#2", "--env", "A=b=c", "--", "x"]).unwrap();
        assert_eq!((read.otlp, read.all_faults().len(), read.arguments.len()), (Some(0), 2, 1));
        assert_eq!(read.variables, [("A".to_owned(), "b=c".to_owned())]);
        assert_eq!(serve(&["./b", "--collector", "dir"]).unwrap().extensions, Some("dir".into()));
    }

    #[test]
    fn bad_flags_are_told() {
        for bad in [
            &[][..],
            &["./b", "--listen", "0.0.0.0:9000"],
            &["./b", "--environments", "0"],
            &["./b", "--timeout", "30"],
            &["./b", "--env", "A"],
            &["./b", "--fault", "explode"],
            &["./b", "--managed-instances", "4", "--concurrency", "2"],
            &["./b", "--freeze-after", "1s", "--no-freeze"],
        ] {
            assert_eq!(serve(bad).unwrap_err().exit_code(), 2, "{bad:?}");
        }
    }
}
