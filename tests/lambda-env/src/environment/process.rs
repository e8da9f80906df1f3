//! One child process in a group of its own: started with exactly the variables it is given, signalled as a group, its
//! output read to the end. It knows no API and no invocation.

mod stopped;

use std::{
    collections::BTreeMap,
    io,
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use tokio::{io::AsyncRead, process::Command, sync::watch};

use super::{
    log::{Log, Stream},
    memory::Memory,
};
use crate::clock::Stamp;

/// How long output is read after the end: a grandchild that holds the pipe must not hold the test.
const OUTPUT_TIME: Duration = Duration::from_millis(500);
/// How often the kernel is asked whether all threads have stopped.
const STOP_LOOK: Duration = Duration::from_micros(200);

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit {
    /// When its end was seen.
    pub at: Stamp,
    /// The exit code, unless a signal ended it.
    pub code: Option<i32>,
    /// The signal that ended it.
    pub signal: Option<i32>,
}

impl Exit {
    fn of(status: ExitStatus, at: Stamp) -> Self {
        Self { at, code: status.code(), signal: status.signal() }
    }
}

#[derive(Debug)]
pub(super) struct Process {
    pub(super) name: String,
    group: Pid,
    exit: watch::Receiver<Option<Exit>>,
}

impl Process {
    pub(super) fn start(
        (program, arguments): (&Path, &[String]),
        directory: Option<&Path>,
        variables: &BTreeMap<String, String>,
        log: &Arc<Log>,
        generation: u64,
    ) -> io::Result<Self> {
        let mut command = Command::new(program);
        command.args(arguments).env_clear().envs(variables).process_group(0).kill_on_drop(true);
        if let Some(directory) = directory {
            command.current_dir(directory);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn()?;
        let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).ok_or(io::ErrorKind::NotFound)?;
        let (sender, exit) = watch::channel(None);
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let name = program.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let readers = [
            tokio::spawn(read(stdout, Stream::Stdout, generation, Arc::clone(log), name.clone())),
            tokio::spawn(read(stderr, Stream::Stderr, generation, Arc::clone(log), name.clone())),
        ];
        tokio::spawn(async move {
            let status = child.wait().await;
            let at = Stamp::now();
            // Whoever learns of the exit finds the last lines in the log. Running out of time is allowed.
            let _ = tokio::time::timeout(OUTPUT_TIME, futures::future::join_all(readers)).await;
            sender.send_replace(Some(
                status.map_or(Exit { at, code: None, signal: None }, |status| Exit::of(status, at)),
            ));
        });
        Ok(Self { name, group: Pid::from_raw(pid), exit })
    }

    /// Signals the whole group; nothing happens once the process is gone.
    pub(super) fn signal(&self, signal: Signal) {
        if self.exited().is_none() {
            // The group may have ended a moment ago.
            let _ = killpg(self.group, signal);
        }
    }

    /// Stops the group and waits until every thread of it stands still.
    pub(super) async fn stop(&self) {
        self.signal(Signal::SIGSTOP);
        while self.exited().is_none() && !self.is_stopped() {
            tokio::time::sleep(STOP_LOOK).await;
        }
    }

    /// Whether the kernel says of every thread that it is stopped: of the process, and of those in its group that it started.
    pub(super) fn is_stopped(&self) -> bool {
        stopped::is_stopped(self.group.as_raw(), self.group.as_raw()) == Some(true)
    }

    pub(super) fn exited(&self) -> Option<Exit> {
        *self.exit.borrow()
    }

    /// Waits for the end.
    pub(super) async fn exit(&self) -> Exit {
        let mut exit = self.exit.clone();
        let seen = exit.wait_for(Option::is_some).await.ok().and_then(|exit| *exit);
        // The task that watches the process ends only after it has sent.
        seen.unwrap_or_else(|| Exit { at: Stamp::now(), code: None, signal: None })
    }

    /// Waits for the end, and kills once `limit` is over. Says whether it had to.
    pub(super) async fn exit_within(&self, limit: Duration) -> (Exit, bool) {
        if let Ok(exit) = tokio::time::timeout(limit, self.exit()).await {
            return (exit, false);
        }
        self.signal(Signal::SIGKILL);
        (self.exit().await, true)
    }

    pub(super) fn memory(&self) -> Option<Memory> {
        Memory::of(self.pid())
    }

    pub(super) fn pid(&self) -> u32 {
        self.group.as_raw().unsigned_abs()
    }
}

async fn read(source: Option<impl AsyncRead + Unpin>, stream: Stream, generation: u64, log: Arc<Log>, program: String) {
    if let Some(source) = source {
        log.read(source, stream, generation, &program).await;
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.signal(Signal::SIGKILL);
    }
}
