//! A function to test the environment with: a correct runtime on hyper's client, which does what the event's path says.
//! Under another name (`fixture-extension`) it is an extension. It knows nothing of the package beside it.

mod extension;
mod handler;
mod http;
mod runtime;

use std::process::ExitCode;

use tokio::signal::unix::{SignalKind, signal};

/// A variable of the environment, empty if it is not set.
#[expect(clippy::disallowed_methods, reason = "a test program, configured by variables as functions are")]
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

fn milliseconds(name: &str) -> std::time::Duration {
    std::time::Duration::from_millis(variable(name).parse().unwrap_or(0))
}

#[tokio::main]
async fn main() -> ExitCode {
    let is_extension = std::env::args().next().is_some_and(|name| name.ends_with("fixture-extension"));
    let ended = async { if is_extension { extension::run().await } else { runtime::run().await } };
    let terminated = async {
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            terminated.recv().await;
            println!("SIGTERM");
            tokio::time::sleep(milliseconds("FIXTURE_TERM_MS")).await;
        }
    };
    tokio::select! {
        ended = ended => match ended {
            Ok(code) => code,
            Err(error) => {
                println!("failed: {error}");
                ExitCode::FAILURE
            }
        },
        () = terminated, if !is_extension => ExitCode::SUCCESS,
    }
}
