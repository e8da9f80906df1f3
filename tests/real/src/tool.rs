//! Programs that others wrote, as processes on loopback. It knows where they are kept and when they listen, not what they do.

use std::{
    env,
    io::{self, ErrorKind},
    net::{Ipv4Addr, SocketAddr, TcpListener},
    path::PathBuf,
    process::Stdio,
    time::Duration,
};
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time::{Instant, sleep, timeout, timeout_at},
};

/// A Python server that imports everything takes this long on a machine with much to do.
const START_LIMIT: Duration = Duration::from_mins(1);
const STOP_LIMIT: Duration = Duration::from_secs(10);
const RETRY_PAUSE: Duration = Duration::from_millis(50);

/// Where `run` installs things, `target/tools`.
pub fn tools() -> PathBuf {
    target().join("tools")
}

/// The service's binary: `SSE_REAL_BINARY`, else the release build.
pub fn service() -> PathBuf {
    variable("SSE_REAL_BINARY").map_or_else(|| target().join("release/sse-streaming"), PathBuf::from)
}

/// Where cargo builds: `CARGO_TARGET_DIR`, else `target`.
pub fn target() -> PathBuf {
    let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target");
    variable("CARGO_TARGET_DIR").map_or(beside, PathBuf::from)
}

#[expect(clippy::disallowed_methods, reason = "tests are told by their caller where things are")]
fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// What a tool wrote so far, by the name of its log.
///
/// # Errors
/// There is no such log.
pub fn log(name: &str) -> io::Result<String> {
    Ok(String::from_utf8_lossy(&std::fs::read(target().join("real-logs").join(name))?).into_owned())
}

/// A port that nobody listens on: for a program that has to be told one.
///
/// # Errors
/// None is left.
pub fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

/// The largest resident set that a process had, in MB.
pub fn peak_mb(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok()? / 1_024)
}

/// A running program. Dropping it kills it.
#[derive(Debug)]
pub struct Tool {
    child: Child,
}

impl Tool {
    /// Starts `command` and waits until `listens` answers. Its output goes to `log` below `target/real-logs`.
    ///
    /// # Errors
    /// It cannot be started, ends, or does not listen in time.
    pub async fn start(mut command: Command, listens: SocketAddr, log: &str) -> io::Result<Self> {
        let folder = target().join("real-logs");
        std::fs::create_dir_all(&folder)?;
        let file = std::fs::File::create(folder.join(log))?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).kill_on_drop(true);
        let mut child = command.spawn()?;
        let limit = Instant::now() + START_LIMIT;
        while !matches!(timeout_at(limit, TcpStream::connect(listens)).await, Ok(Ok(_))) {
            if let Some(status) = child.try_wait()? {
                return Err(io::Error::other(format!("{command:?} ended with {status}; see {log} in real-logs")));
            }
            if Instant::now() >= limit {
                return Err(io::Error::new(ErrorKind::TimedOut, format!("{command:?} does not listen on {listens}")));
            }
            sleep(RETRY_PAUSE).await;
        }
        Ok(Self { child })
    }

    /// Asks it to end (SIGINT), as Ctrl-C does, and waits for that.
    ///
    /// # Errors
    /// It is gone already, or does not end in time.
    pub async fn stop(mut self) -> io::Result<()> {
        let pid = self.pid().ok_or(ErrorKind::NotFound)?;
        Command::new("kill").args(["-INT", &pid.to_string()]).status().await?;
        timeout(STOP_LIMIT, self.child.wait()).await.map_err(|_| ErrorKind::TimedOut)??;
        Ok(())
    }

    /// Its process id, while it runs.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }
}
