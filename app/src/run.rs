//! From arguments and environment to the front end that is meant. The only place that prints an error's chain.

use crate::{
    cli::{Cli, Command, ServeArgs},
    compose::{Composed, compose},
    config::{self, Config, Front, Problems, Store},
    lambda,
    logging::{self, Form},
    serve,
};
use clap::Parser;
use sse_adapters::{memory::read_items, system::SystemClock};
use sse_core::ports::Clock;
use std::{ffi::OsString, io, path::Path, process::ExitCode};
use tokio::runtime::{Builder, Runtime};

type Environment<'e> = dyn Fn(&str) -> Option<String> + 'e;

/// Runs the program: the function if the Runtime API is named, else what the command line says.
pub fn run(args: impl IntoIterator<Item = OsString>, environment: &Environment<'_>) -> ExitCode {
    let (config, problems) = config::read(environment);
    let outcome = match &config.front {
        Front::Lambda { runtime_api, max_concurrency } => {
            logging::begin(Form::Json, &config.log);
            function(runtime_api, *max_concurrency, &config, problems)
        }
        Front::Local => {
            let cli = Cli::parse_from(args);
            logging::begin(Form::Text, &config.log);
            match cli.command {
                None => local_server(&ServeArgs::default(), &config, problems),
                Some(Command::Serve(args)) => local_server(&args, &config, problems),
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

type Failure = Box<dyn std::error::Error + Send + Sync>;

fn function(runtime_api: &str, loops: usize, config: &Config, problems: Problems) -> Result<(), Failure> {
    runtime(loops)?.block_on(async {
        let composed = compose(config, problems, None);
        lambda::run(runtime_api, loops, composed).await
    })?;
    Ok(())
}

fn local_server(args: &ServeArgs, config: &Config, mut problems: Problems) -> Result<(), Failure> {
    let items = match &args.items {
        None => None,
        Some(_) if config.store != Store::Memory => {
            problems.note_by_name("--items", "is for the store in memory, and SSE_STORE is dynamodb");
            None
        }
        Some(path) => Some(read_file(path, &mut problems)),
    };
    runtime(1)?.block_on(async {
        let Composed { service, background, warm_up } = compose(config, problems, items.flatten())?;
        serve::run(args, service, [background, warm_up].into_iter().flatten()).await?;
        Ok(())
    })
}

fn read_file(path: &Path, problems: &mut Problems) -> Option<Vec<sse_core::item::Item>> {
    let read = std::fs::read(path).map_err(|error| error.to_string());
    let items = read.and_then(|file| read_items(&file, SystemClock.now()).map_err(|bad| bad.to_string()));
    items.map_err(|error| problems.note_by_name("--items", format!("{}: {error}", path.display()))).ok()
}

/// One thread, unless several invocations come at once: a session is microseconds of work between waits, and what has one
/// thread starts sooner. With several, a large read of one must not hold up the heartbeats of the others.
fn runtime(loops: usize) -> io::Result<Runtime> {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get).min(loops);
    if threads > 1 {
        Builder::new_multi_thread().worker_threads(threads).enable_all().build()
    } else {
        Builder::new_current_thread().enable_all().build()
    }
}

fn complain(error: &(dyn std::error::Error + 'static), front: &Front) {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    match front {
        Front::Lambda { .. } => tracing::error!("{text}"),
        Front::Local => eprintln!("sse-streaming: {text}"),
    }
}
