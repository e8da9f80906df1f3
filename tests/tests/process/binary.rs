//! Where the program under test is: `SSE_BINARY`, else the binary that is deployed (profile `deploy`), built if it is not there
//! or not fresh. It starts none.

use std::{path::PathBuf, process::Command, sync::OnceLock};

/// The program, found once for the whole run.
pub(crate) fn binary() -> &'static PathBuf {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    FOUND.get_or_init(|| {
        let found = find();
        println!("the program: {}", found.display());
        found
    })
}

fn find() -> PathBuf {
    if let Some(named) = std::env::var_os("SSE_BINARY") {
        let named = PathBuf::from(named);
        assert!(named.is_file(), "SSE_BINARY names no file: {}", named.display());
        return std::path::absolute(&named).unwrap();
    }
    // This test is `<target>/<profile>/deps/process-<hash>`; `deploy` is beside the profile, whichever it is.
    let this = std::env::current_exe().unwrap();
    let target = this.ancestors().nth(3).unwrap();
    // A binary of yesterday would be judged by the tests of today; cargo knows, and does nothing if it is fresh.
    let manifest = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.toml");
    let arguments =
        ["build", "--quiet", "--profile", "deploy", "--package", "sse-streaming", "--manifest-path", manifest];
    let built = Command::new(env!("CARGO")).args(arguments).arg("--target-dir").arg(target).status();
    assert!(built.unwrap().success(), "the binary does not build");
    target.join("deploy").join("sse-streaming")
}
