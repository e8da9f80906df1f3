//! The environment and the fakes with sockets and processes, all on loopback: `cargo test -p lambda-env --test emulated_environment`.

mod aws;
mod ending;
mod freeze;
mod function_url;
mod managed;
mod official;
mod otlp;
mod protocol;
mod responses;
mod session;
mod stale;
mod telemetry;
mod xray;

use std::time::Duration;

use lambda_env::environment::EnvironmentBuilder;
use lambda_env::{Environment, Freeze, Invocation, Response};

/// Far more than any step takes; a step that hangs fails instead.
const LIMIT: Duration = Duration::from_secs(20);

async fn within<T>(step: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, step).await.expect("a step hangs")
}

fn fixture() -> EnvironmentBuilder {
    Environment::builder(env!("CARGO_BIN_EXE_fixture-function")).seed(1)
}

/// An environment that does not freeze, for what has nothing to do with freezing.
async fn awake() -> Environment {
    within(fixture().freeze(Freeze::Never).start()).await.unwrap()
}

async fn call(environment: &Environment, invocation: impl Into<Invocation> + Send) -> Response {
    within(async { environment.invoke(invocation).await.unwrap().finish().await }).await
}

/// The fixture under the name that makes it an extension.
fn extension() -> std::path::PathBuf {
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("extension-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("fixture-extension");
    if !path.exists() {
        // Linked, not copied: a copy that another test is about to run would be "text file busy".
        let _ = std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_fixture-function"), &path);
    }
    path
}

/// A GET request by hand, so that nothing lies between the wire and the test: the head, and the body as it came, in chunks.
/// The connection is closed by the server.
async fn get(address: std::net::SocketAddr, target: &str) -> String {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let mut socket = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET {target} HTTP/1.1\r\nhost: test\r\nconnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // A connection that breaks is an end, too.
    let _ = within(socket.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}
