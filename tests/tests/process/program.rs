//! Where the program is, built as this test was.

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
    time::Duration,
};

/// Nothing here takes as long, unless it hangs.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) async fn within<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it hangs")
}

/// The binary, up to date.
pub(crate) fn path() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--package", "sse-streaming"]);
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        assert!(build.status().expect("cargo").success(), "the program does not build");
        // This test is `target/<profile>/deps/process-…`.
        let test = std::env::current_exe().expect("a path");
        test.parent().and_then(Path::parent).expect("a profile's folder").join("sse-streaming")
    })
}
