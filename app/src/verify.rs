//! `verify`: flags, progress, and where the report goes. What it does is in its own crate.

mod flags;
mod progress;

pub use flags::VerifyArgs;

use crate::compose;
use flags::FlagError;
use progress::Spinner;
use sse_verify::{aws::Endpoints, collect, report::Report};
use std::{fs, io, path::PathBuf, process::ExitCode, time::Duration};

/// Of the metrics of a canary, where the variables say nothing else.
const NAMESPACE: &str = "SseStreaming";
const ENVIRONMENT: &str = "local";

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VerifyError {
    /// Flags and variables do not say enough.
    #[error(transparent)]
    Flags(#[from] FlagError),
    /// The system lacks something.
    #[error("{0}")]
    System(String),
    /// The file of the report.
    #[error("{} cannot be written", .0.display())]
    Junit(PathBuf, #[source] io::Error),
}

/// Makes a run and prints its report; says the exit code.
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
    let began = ports.clock.now();
    let evidence = collect(&options, &Endpoints::new(environment), &ports).await;
    let ended = ports.clock.now();
    let report = Report::new(&evidence, Duration::from_millis(ended.ms_since(began)));
    // The spinner goes before the report comes.
    drop(ports);
    if let Some(file) = &args.junit {
        fs::write(file, report.junit()).map_err(|error| VerifyError::Junit(file.clone(), error))?;
    }
    if args.canary {
        let set = |name: &str, default: &str| environment(name).unwrap_or_else(|| default.to_owned());
        let namespace = set("SSE_METRICS_NAMESPACE", NAMESPACE);
        println!("{}", report.emf(&namespace, &set("ENVIRONMENT", ENVIRONMENT), Duration::from_millis(ended.millis())));
    } else if args.json {
        println!("{:#}", report.json());
    } else {
        print!("{}", report.human());
    }
    Ok(ExitCode::from(report.exit_code()))
}
