//! Whether a process and its children stand still, as the kernel has it in `/proc`. It sends no signal.

use std::{fs, path::Path};

/// Whether every thread of this process is stopped, and of its children as far as they are in `group`; `None` if there is no such process.
pub(super) fn is_stopped(pid: i32, group: i32) -> Option<bool> {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).ok()?;
    Some(threads.flatten().all(|thread| thread_is_stopped(&thread.path(), group)))
}

/// A thread that is gone is as good as stopped.
fn thread_is_stopped(thread: &Path, group: i32) -> bool {
    let Some(state) = State::of(thread) else { return true };
    // A process that ended and was not waited for yet does nothing more; one that left the group is signalled by nobody.
    if state.group != group || state.letter == 'Z' {
        return true;
    }
    let children = fs::read_to_string(thread.join("children")).unwrap_or_default();
    let mut children = children.split_whitespace().filter_map(|pid| pid.parse().ok());
    state.letter == 'T' && children.all(|pid| is_stopped(pid, group).unwrap_or(true))
}

/// What `stat` says of a thread.
struct State {
    letter: char,
    group: i32,
}

impl State {
    fn of(thread: &Path) -> Option<Self> {
        let stat = fs::read_to_string(thread.join("stat")).ok()?;
        // The fields follow the name, which is in brackets and may hold anything: state, parent, group.
        let mut fields = stat.rsplit(')').next()?.split_whitespace();
        Some(Self { letter: fields.next()?.chars().next()?, group: fields.nth(1)?.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Read as _, os::unix::process::CommandExt as _, process::Stdio, time::Duration};

    use nix::{
        sys::signal::{Signal, kill, killpg},
        unistd::Pid,
    };

    use super::*;

    /// Waits for it, and fails if it never comes.
    fn eventually(holds: impl Fn() -> bool) {
        for _ in 0..1_000 {
            if holds() {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("it never came");
    }

    #[test]
    fn a_process_stands_still_only_with_its_children() {
        let script = "sleep 60 & echo $!; wait";
        let mut parent = std::process::Command::new("sh");
        let mut parent = parent.args(["-c", script]).process_group(0).stdout(Stdio::piped()).spawn().unwrap();
        let pid = i32::try_from(parent.id()).unwrap();
        let mut said = [0; 16];
        let count = parent.stdout.as_mut().unwrap().read(&mut said).unwrap();
        let child: i32 = String::from_utf8_lossy(&said[..count]).trim().parse().unwrap();
        assert_eq!(is_stopped(pid, pid), Some(false));
        killpg(Pid::from_raw(pid), Signal::SIGSTOP).unwrap();
        eventually(|| is_stopped(pid, pid) == Some(true));
        kill(Pid::from_raw(child), Signal::SIGCONT).unwrap();
        eventually(|| is_stopped(pid, pid) == Some(false));
        killpg(Pid::from_raw(pid), Signal::SIGKILL).unwrap();
        parent.wait().unwrap();
        assert_eq!(is_stopped(pid, pid), None);
    }
}
