//! `verify`: flags, progress, and where the report goes. What it does is in its own crate.

pub(crate) mod canary;
mod emf;
mod flags;
mod progress;

pub use flags::VerifyArgs;

use crate::{compose, stop::Stop};
use flags::FlagError;
use lambda_trace::Timestamp;
use progress::Spinner;
use sse_verify::{Options, aws::Endpoints, collect, ports::Ports, report::Report};
use std::{fs, io, path::PathBuf, process::ExitCode};

/// The exit code of a run that was interrupted, as shells know it from Ctrl-C.
const INTERRUPTED: u8 = 130;

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VerifyError {
    /// Flags and variables do not say enough.
    #[error(transparent)]
    Flags(#[from] FlagError),
    /// The system lacks something.
    #[error("{0}")]
    System(String),
    /// The system has no way to hear signals.
    #[error("signals cannot be heard")]
    Signals(#[source] io::Error),
    /// The file of the report.
    #[error("{} cannot be written", .0.display())]
    Junit(PathBuf, #[source] io::Error),
}

/// Makes a run and prints its report; says the exit code. Ctrl-C and SIGTERM end it without a report.
///
/// # Errors
/// There could be no run, or its report could not be written.
pub(crate) async fn run(
    args: &VerifyArgs,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<ExitCode, VerifyError> {
    if args.print_policy {
        println!("{:#}", args.policy());
        return Ok(ExitCode::SUCCESS);
    }
    let options = args.options(environment)?;
    let ports = compose::ports(environment, Spinner::new).map_err(VerifyError::System)?;
    let mut stop = Stop::new().map_err(VerifyError::Signals)?;
    let endpoints = Endpoints::new(environment);
    let judged = stop.unless_asked(Box::pin(judge(&options, &endpoints, &ports))).await;
    // The spinner goes before anything else is printed.
    drop(ports);
    let Some((report, ended)) = judged else {
        eprintln!("verify: interrupted, there is no report");
        return Ok(ExitCode::from(INTERRUPTED));
    };
    if let Some(file) = &args.junit {
        fs::write(file, report.junit()).map_err(|error| VerifyError::Junit(file.clone(), error))?;
    }
    if args.canary {
        println!("{}", emf::Target::new(environment).line(&report, ended));
    } else if args.json {
        println!("{:#}", report.json());
    } else {
        print!("{}", report.human());
    }
    Ok(ExitCode::from(report.exit_code()))
}

/// Makes a run; says what it came to, and when it ended.
async fn judge(options: &Options, endpoints: &Endpoints, ports: &Ports) -> (Report, Timestamp) {
    let began = ports.clock.now();
    let evidence = collect(options, endpoints, ports).await;
    let ended = ports.clock.now();
    (Report::new(&evidence, ended.since(began)), ended)
}
