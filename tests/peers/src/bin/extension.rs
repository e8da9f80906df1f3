//! The program of `opentelemetry-lambda-extension`, which cannot be built as a dependency: what its own `main` does.
//!
//! - <https://docs.rs/crate/opentelemetry-lambda-extension/0.2.0/source/src/main.rs>

use opentelemetry_lambda_extension::{Config, ExtensionRuntime};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    tracing_subscriber::fmt().without_time().init();
    ExtensionRuntime::new(Config::load()?).run().await?;
    Ok(())
}
