//! Where the program is, for those who start it from the command line.

use std::{path::Path, time::Duration};

use crate::binary::binary;

/// Nothing here takes as long, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it hangs")
}

/// The binary.
pub(crate) fn path() -> &'static Path {
    binary()
}

/// Asks a program to end: SIGTERM.
pub(crate) fn terminate(child: &tokio::process::Child) {
    let pid = child.id().expect("running").to_string();
    assert!(std::process::Command::new("kill").args(["-TERM", &pid]).status().expect("kill").success());
}
