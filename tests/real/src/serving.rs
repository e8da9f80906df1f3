//! `sse-streaming serve` with its demo feed, as a process on loopback.

use crate::tool::service;
use std::{io, net::SocketAddr, process::Stdio};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// A running server. Dropping it kills it.
#[derive(Debug)]
pub struct Serving {
    _child: Child,
    address: SocketAddr,
}

impl Serving {
    /// Starts it with these variables and nothing of the caller's.
    ///
    /// # Errors
    /// It does not start, or says no address.
    pub async fn start(variables: &[(&str, &str)]) -> io::Result<Self> {
        let mut command = Command::new(service());
        command.args(["serve", "--listen", "127.0.0.1:0"]).env_clear().envs(variables.iter().copied());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true).spawn()?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).await?;
        }
        let address = line.trim().rsplit("http://").next().and_then(|address| address.parse().ok());
        let address = address.ok_or_else(|| io::Error::other(format!("the server said {line:?}, not its address")))?;
        Ok(Self { _child: child, address })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}
