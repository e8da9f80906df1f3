//! What the kernel says of a process's memory.

use std::fs;

/// Memory of a process, in KiB, from `/proc/<pid>/status`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Memory {
    /// `VmRSS`: what it has in memory now.
    pub rss_kib: u64,
    /// `VmHWM`: the most it ever had.
    pub peak_kib: u64,
}

impl Memory {
    /// Of this process; `None` if there is none.
    pub(crate) fn of(pid: u32) -> Option<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
            line.split_whitespace().next()?.parse().ok()
        };
        Some(Self { rss_kib: field("VmRSS")?, peak_kib: field("VmHWM")? })
    }
}
