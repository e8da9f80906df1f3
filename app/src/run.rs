//! Selects the front end from arguments and environment. The only place that prints the chain of an error.

use crate::{
    cli::{Cli, Command, ServeArgs},
    compose::compose,
    config::{self, Config, ConfigErrors, Mode},
    feed, function, lines,
    logging::{self, Form},
    serve, verify,
};
use clap::Parser;
use lambda_trace::with_causes;
use std::{ffi::OsString, io, process::ExitCode};
use tokio::runtime::{Builder, Runtime};

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Runs the program: the function, or its canary, if the Runtime API is named, otherwise what the command line says.
///
/// `environment` gives the value of a variable, `names` those that are set.
pub fn run(
    args: impl IntoIterator<Item = OsString>,
    environment: &dyn Fn(&str) -> Option<String>,
    names: impl IntoIterator<Item = String>,
) -> ExitCode {
    let (config, errors) = config::read(environment);
    let outcome = match &config.front {
        Mode::Lambda { runtime_api, max_concurrency } => {
            logging::begin(Form::Json, &config.log);
            if let Some(flags) = environment(verify::canary::FLAGS).filter(|flags| !flags.is_empty()) {
                // The service's own variables do not apply to it.
                canary(runtime_api, &flags, environment)
            } else {
                tell_unknown(names);
                on_lambda(runtime_api, *max_concurrency, &config, errors)
            }
        }
        Mode::Local => {
            let cli = Cli::parse_from(args);
            logging::begin(Form::Text, &config.log);
            if matches!(cli.command, None | Some(Command::Serve(_))) {
                tell_unknown(names);
            }
            match cli.command {
                None => local_server(&ServeArgs::default(), &config, errors),
                Some(Command::Serve(args)) => local_server(&args, &config, errors),
                Some(Command::Feed(args)) => feeding(&args, &config, errors),
                // Only AWS's variables apply to it, and only if X-Ray is the target.
                Some(Command::Replay(args)) => replaying(&args, &config),
                Some(Command::Trace(args)) => {
                    let no_color = environment("NO_COLOR").is_some_and(|value| !value.is_empty());
                    lines::trace(&args, no_color).map_err(Into::into)
                }
                // Its exit code says more than success or failure. Variables of the service mean nothing to it.
                Some(Command::Verify(args)) => match verifying(&args, environment) {
                    Ok(code) => return code,
                    Err(error) => Err(error),
                },
            }
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&*error, &config.front);
            ExitCode::FAILURE
        }
    }
}

/// A slip of the pen in a name would be without effect, and without a word.
fn tell_unknown(names: impl IntoIterator<Item = String>) {
    let unknown = config::unknown(names);
    if !unknown.is_empty() {
        let names = unknown.join(", ");
        tracing::warn!(
            "variables that are not known here have no effect: {names}; `serve --help` lists those that have one"
        );
    }
}

fn on_lambda(runtime_api: &str, workers: usize, config: &Config, errors: ConfigErrors) -> Result<(), Failure> {
    runtime(workers)?.block_on(async {
        let composed = compose(config, errors, None).await;
        function::run(runtime_api, workers, composed).await
    })?;
    Ok(())
}

fn canary(runtime_api: &str, flags: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<(), Failure> {
    Ok(runtime(1)?.block_on(verify::canary::run(runtime_api, flags, environment))?)
}

fn local_server(args: &ServeArgs, config: &Config, errors: ConfigErrors) -> Result<(), Failure> {
    runtime(1)?.block_on(async {
        let composed = compose(config, errors, args.items.as_deref()).await?;
        serve::run(args, composed).await?;
        Ok(())
    })
}

fn feeding(args: &feed::FeedArgs, config: &Config, errors: ConfigErrors) -> Result<(), Failure> {
    runtime(1)?.block_on(feed::run(args, config, errors))?;
    Ok(())
}

fn replaying(args: &lines::ReplayArgs, config: &Config) -> Result<(), Failure> {
    runtime(1)?.block_on(lines::replay(args, config))?;
    Ok(())
}

fn verifying(args: &verify::VerifyArgs, environment: &dyn Fn(&str) -> Option<String>) -> Result<ExitCode, Failure> {
    Ok(runtime(1)?.block_on(verify::run(args, environment))?)
}

/// One thread, unless several invocations run at once: a session is microseconds of work between waits, and a process
/// with one thread starts sooner. With several invocations, a large read of one must not delay the heartbeats of the
/// others.
fn runtime(workers: usize) -> io::Result<Runtime> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(workers);
    if threads > 1 {
        Builder::new_multi_thread().worker_threads(threads).enable_all().build()
    } else {
        Builder::new_current_thread().enable_all().build()
    }
}

fn complain(error: &(dyn std::error::Error + 'static), front: &Mode) {
    let text = with_causes(error);
    match front {
        Mode::Lambda { .. } => logging::tell(&text, None),
        Mode::Local => eprintln!("sse-streaming: {text}"),
    }
}
