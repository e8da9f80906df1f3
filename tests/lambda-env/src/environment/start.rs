//! The init phase: external extensions first, then the runtime, until everybody has asked for a first event.

use std::{io, sync::Arc};

use super::{
    log::LogLine,
    process::{Exit, Process},
    state::{Inner, Running},
    timeline::Phase,
    variables,
};
use crate::runtime_api::{InitError, InvocationQueue};

/// How long a process may still live after it reported an init error.
const AFTER_INIT_ERROR: std::time::Duration = std::time::Duration::from_secs(2);

/// Why an environment did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartFailure {
    /// No port, or the program cannot be run.
    #[error("cannot be run")]
    Spawn(#[source] io::Error),
    /// The runtime reported it on `/init/error`.
    #[error("init error {}: {}", error.kind, String::from_utf8_lossy(&error.body))]
    Init {
        /// What it reported.
        error: InitError,
        /// How it ended then.
        exit: Exit,
        /// Whether it had to be killed, having gone on for 2 s.
        killed: bool,
    },
    /// It ended before it asked for its first event.
    #[error("ended before its first event: {0:?}")]
    Exited(Exit),
    /// It did not ask for its first event in time.
    #[error("no first event asked for within the init phase")]
    TimedOut,
}

/// An environment that did not start, with what its processes wrote.
#[derive(Debug, thiserror::Error)]
#[error("the environment did not start: {}", tail(log))]
pub struct StartError {
    /// Why.
    #[source]
    pub failure: StartFailure,
    /// Every line written until then.
    pub log: Vec<LogLine>,
}

/// The last lines: a failing test shows why.
fn tail(log: &[LogLine]) -> String {
    let lines = log.iter().rev().take(5).rev().map(|line| line.text.as_str());
    lines.collect::<Vec<_>>().join(" | ")
}

impl Inner {
    /// Starts all processes. The gate is held by the caller.
    pub(super) async fn boot(&self, running: &mut Running) -> Result<(), StartError> {
        let started = self.try_boot(running).await;
        if let Err(failure) = started {
            *running = Running { generation: running.generation, ..Running::default() };
            return Err(StartError { failure, log: self.log.lines() });
        }
        self.timeline.mark(Phase::Ready);
        self.wake.notify_one();
        Ok(())
    }

    async fn try_boot(&self, running: &mut Running) -> Result<(), StartFailure> {
        let queue = self.api.queue();
        running.generation += 1;
        queue.begin_init();
        self.timeline.mark(Phase::Started(running.generation));
        let deadline = tokio::time::Instant::now() + self.config.init_timeout;
        for program in &self.config.extensions {
            running.extensions.push(Arc::new(self.spawn((program, &[]), running.generation, true)?));
        }
        let expected = self.config.extension_names();
        let registered = |queue: &InvocationQueue| {
            let names = queue.extension_names();
            expected.iter().all(|name| names.contains(name))
        };
        let timed_out = |_| StartFailure::TimedOut;
        tokio::time::timeout_at(deadline, queue.until(registered)).await.map_err(timed_out)?;
        let program = (self.config.program.as_path(), self.config.arguments.as_slice());
        let process = Arc::new(self.spawn(program, running.generation, false)?);
        queue.set_process(process.pid());
        running.runtime = Some(Arc::clone(&process));
        let ended = tokio::time::timeout_at(deadline, async {
            tokio::select! {
                biased;
                error = self.api.init_error() => Some(Err(error)),
                () = queue.until(InvocationQueue::is_ready) => None,
                exit = process.exit() => Some(Ok(exit)),
            }
        });
        match ended.await.map_err(timed_out)? {
            None => Ok(()),
            Some(Ok(exit)) => match queue.init_error() {
                Some(error) => Err(StartFailure::Init { error, exit, killed: false }),
                None => Err(StartFailure::Exited(exit)),
            },
            Some(Err(error)) => {
                let (exit, killed) = process.exit_within(AFTER_INIT_ERROR).await;
                Err(StartFailure::Init { error, exit, killed })
            }
        }
    }

    fn spawn(
        &self,
        program: (&std::path::Path, &[String]),
        generation: u64,
        is_extension: bool,
    ) -> Result<Process, StartFailure> {
        let function = &self.api.queue().function;
        let mut all = variables::lambda(function, self.api.address());
        let of_extensions = self.config.extension_variables.iter().filter(|_| is_extension);
        for (name, value) in self.config.variables.iter().chain(of_extensions) {
            match value {
                Some(value) => all.insert(name.clone(), value.clone()),
                None => all.remove(name),
            };
        }
        if function.is_managed() {
            variables::as_managed(&mut all, is_extension);
        }
        Process::start(program, self.config.directory.as_deref(), &all, &self.log, generation)
            .map_err(StartFailure::Spawn)
    }
}
