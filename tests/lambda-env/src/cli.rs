//! The command line: `lambda-env serve ./bootstrap` offers a function behind its URL and tells what happens. Exit codes: 0
//! when it was ended by Ctrl-C, SIGTERM or its own limit; 1 when it could not start; 2 for bad flags.

mod flags;
mod json;
mod palette;
mod scenario_file;
mod session;
mod setup;
mod summary;
mod text;
mod traces;
mod waterfall;

use std::{error::Error, io::Write as _, process::ExitCode};

use clap::{Parser, Subcommand};

pub use flags::ServeArgs;

/// A Lambda execution environment on loopback that streams, freezes and fails.
#[derive(Debug, Parser)]
#[command(name = "lambda-env", version, propagate_version = true)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the program does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Offer a function behind its URL, in environments that start, stream, freeze, time out and end as on Lambda.
    ///
    /// PROGRAM is any custom runtime: a program that speaks the Runtime API, as `bootstrap` does on provided.al2023. Requests
    /// to the address become events (payload format 2.0), and answers are handed over chunk by chunk. 429: every environment is
    /// taken. 502: the function failed before the first byte of its answer; after that, the connection breaks.
    ///
    /// An environment starts when a request needs it, and is frozen (SIGSTOP) when runtime and extensions wait for their next
    /// event. One that passes its time limit is killed, and started anew by the next request. In the end each is shut down as
    /// on Lambda: SIGTERM and 300 ms where an extension is registered, SIGKILL at once where none is, 2 s for extensions.
    ///
    /// There are the Runtime API, the Extensions API, the Telemetry API by HTTP and the X-Ray daemon's UDP port, and with --otlp a
    /// collector. The program gets Lambda's variables and those of --env, and nothing of yours.
    #[command(after_long_help = flags::faults())]
    Serve(Box<ServeArgs>),
}

/// Runs the program.
pub fn main() -> ExitCode {
    let Command::Serve(arguments) = Cli::parse().command;
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    match runtime.block_on(session::run(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(error.as_ref()),
    }
}

/// Says what went wrong, with its causes.
fn failed(error: &dyn Error) -> ExitCode {
    let causes = std::iter::successors(Some(error), |error| (*error).source()).map(ToString::to_string);
    let text = causes.collect::<Vec<_>>().join(": ");
    // Where standard error is closed nobody reads it.
    let _ = writeln!(std::io::stderr(), "lambda-env: {text}");
    ExitCode::FAILURE
}
