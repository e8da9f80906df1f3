//! The serving process, as the one that measures sees it: its address, its processor time, its memory.

use std::{
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    process::{Child, ChildStdin, Command, Stdio},
    time::Duration,
};

pub(crate) struct Server {
    child: Child,
    stdin: ChildStdin,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts this very program as a server.
    pub(crate) fn start(subject: &str, variables: &[(&str, &str)]) -> Self {
        let exe = std::env::current_exe().expect("a path");
        let mut child = Command::new(exe)
            .args(["--serve", subject])
            .env_clear()
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it starts");
        let stdin = child.stdin.take().expect("piped");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let first = lines.next().expect("a line").expect("text");
        let address =
            first.rsplit_once("//").map_or(first.as_str(), |(_, address)| address).parse().expect("an address");
        // Ledger lines and the like: read, so that the server never waits for its pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, stdin, address }
    }

    /// Has it send one burst of events.
    pub(crate) fn burst(&mut self) {
        writeln!(self.stdin, "burst").expect("it listens");
    }

    /// Processor time so far, of all its threads, in seconds.
    pub(crate) fn cpu_s(&self) -> f64 {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).expect("it runs");
        let ran = tasks.filter_map(|task| {
            let schedstat = std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok()?;
            schedstat.split(' ').next()?.parse::<u64>().ok()
        });
        Duration::from_nanos(ran.sum()).as_secs_f64()
    }

    /// Resident memory, in KiB.
    pub(crate) fn rss_kib(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("Linux");
        line.trim().trim_end_matches(" kB").parse().expect("a number")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lines of standard input, from a thread of their own.
pub(crate) fn orders() -> tokio::sync::mpsc::UnboundedReceiver<String> {
    let (sender, orders) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    orders
}
