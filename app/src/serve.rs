//! The server on loopback: the same handler behind plain HTTP, each request an invocation with its own deadline and trace.
//!
//! Knows HTTP, and nothing of what is streamed. The session runs as a task of its own, beside the body that reads from
//! it.

mod body;
mod connection;
mod cors;
mod host;
mod respond;
mod site;
mod trace_header;

use crate::{cli::ServeArgs, compose::Wiring, stop::Stop};
use site::Site;
use std::{
    io::{self, Write},
    net::SocketAddr,
    sync::Arc,
    time::Duration,
};
use tokio::net::TcpListener;

/// Beyond the flush, streams and connections have this long to end when the process is stopped.
const STOP: Duration = Duration::from_millis(1_500);
/// After an `accept` that failed (no file handles left), in milliseconds.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Why the server does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is in use, or not available.
    #[error("cannot listen on {0}")]
    Listen(SocketAddr, #[source] io::Error),
    /// Signals cannot be received.
    #[error("cannot wait for signals")]
    Signals(#[source] io::Error),
}

/// Serves until Ctrl-C or SIGTERM.
///
/// # Errors
/// It could not start.
pub async fn run(args: &ServeArgs, composed: Wiring) -> Result<(), ServeError> {
    let Wiring { service, background, warm_up, spans, .. } = composed;
    let mut stop = Stop::new().map_err(ServeError::Signals)?;
    let listen = |error| ServeError::Listen(args.listen, error);
    let listener = TcpListener::bind(args.listen).await.map_err(listen)?;
    announce(listener.local_addr().map_err(listen)?);
    background.into_iter().chain(warm_up).for_each(|task| drop(tokio::spawn(task)));
    let (site, all_done) = Site::new(service, Duration::from_secs(args.timeout_s), spans);
    let site = Arc::new(site);
    tokio::select! {
        () = accept(&listener, &site) => {}
        () = stop.asked() => {}
    }
    drop(listener);
    let ports = site.service.ports.clone();
    let tracing = site.service.tracing.clone();
    let limit_after = tracing.shutdown_flush + STOP;
    ports.shutdown.ask();
    drop(site);
    let limit = ports.clock.sleep_until(ports.clock.now().plus(limit_after));
    tokio::select! {
        () = all_done.wait() => {}
        () = limit => tracing::warn!("streams were still open after {} ms", limit_after.as_millis()),
        // Somebody is in a hurry.
        () = stop.asked() => {}
    }
    tracing.telemetry.shutdown().await;
    Ok(())
}

async fn accept(listener: &TcpListener, site: &Arc<Site>) {
    loop {
        match listener.accept().await {
            Ok((socket, _)) => drop(tokio::spawn(connection::serve(site.clone(), socket))),
            Err(error) => {
                tracing::warn!("cannot accept a connection: {error}");
                let clock = &site.service.ports.clock;
                clock.sleep_until(clock.now().plus(ACCEPT_PAUSE)).await;
            }
        }
    }
}

/// The first line of stdout, for people and for programs that start this one.
fn announce(address: SocketAddr) {
    let mut out = io::stdout().lock();
    // The program that started it may not read; serving goes on all the same.
    let _ = writeln!(out, "listening on http://{address}").and_then(|()| out.flush());
}
