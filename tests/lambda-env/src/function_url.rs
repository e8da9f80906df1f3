//! The function's URL over plain HTTP: each request becomes an invocation (payload format 2.0) of an environment that is free
//! or has to be started, and the caller gets the answer chunk by chunk. 429 when every environment is taken, 502 when the
//! function fails before the first byte of its answer, a connection that breaks when it fails after that.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use lambda_env::{Environment, UrlOptions, UrlServer};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let environment = Environment::builder("/path/to/bootstrap").timeout(Duration::from_secs(30));
//! let options = UrlOptions { environments: 3, faults: vec!["kill@1s#2".parse()?], ..UrlOptions::default() };
//! let mut server = UrlServer::start(environment, options).await?;
//! println!("http://{}", server.address()); // for any HTTP client
//! while let Some(notice) = server.notice().await {
//!     println!("{:?}", notice.event);
//! }
//! # Ok(())
//! # }
//! ```

mod answer;
mod caller;
mod request;
mod service;

use std::{io, net::SocketAddr, sync::Arc, time::Duration};

use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
    task::{JoinHandle, JoinSet},
};

use crate::{
    environment::{EnvironmentBuilder, Memory, Shutdown, StartError},
    fleet::{Fleet, Notices},
    ids::Ids,
    notice::Notice,
    otlp_receiver::OtlpReceiver,
    scenario::Fault,
};
use service::Service;

/// How long no connection is accepted after a failure.
const ACCEPT_PAUSE: Duration = Duration::from_millis(10);

/// How the function is offered. Take the default and change what matters.
#[derive(Debug)]
pub struct UrlOptions {
    /// The address to listen on; port 0 means any free one. There is no access control, so it should be loopback.
    pub listen: SocketAddr,
    /// The maximum number of environments; they start when a request needs them.
    pub environments: usize,
    /// Starts them all at once and before the first request, as Managed Instances does.
    pub start_at_once: bool,
    /// The faults, and the invocations that they concern.
    pub faults: Vec<Fault>,
    /// The collector that faults of the collector are meant for.
    pub collector: Option<OtlpReceiver>,
    /// Seed of all ids; random without one.
    pub seed: Option<u64>,
}

impl Default for UrlOptions {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            environments: 1,
            start_at_once: false,
            faults: Vec::new(),
            collector: None,
            seed: None,
        }
    }
}

/// Why a function is not offered.
#[derive(Debug, thiserror::Error)]
pub enum UrlError {
    /// The address is taken, or is none of this machine.
    #[error("cannot listen on {0}")]
    Listen(SocketAddr, #[source] io::Error),
    /// An environment that had to be there at once did not start.
    #[error(transparent)]
    Start(#[from] StartError),
}

/// A function behind its URL.
#[derive(Debug)]
pub struct UrlServer {
    address: SocketAddr,
    service: Arc<Service>,
    notices: mpsc::UnboundedReceiver<Notice>,
    accepting: JoinHandle<()>,
}

impl UrlServer {
    /// Listens. The builder describes each environment.
    ///
    /// # Errors
    /// The address cannot be listened on, or an environment that has to be there at once does not start.
    pub async fn start(builder: EnvironmentBuilder, options: UrlOptions) -> Result<Self, UrlError> {
        let no_port = |error| UrlError::Listen(options.listen, error);
        let listener = TcpListener::bind(options.listen).await.map_err(no_port)?;
        let address = listener.local_addr().map_err(no_port)?;
        let (sender, receiver) = mpsc::unbounded_channel();
        let notices = Notices(sender);
        let fleet = Fleet::new(builder, options.environments, options.seed, notices.clone());
        if options.start_at_once {
            fleet.start_all().await?;
        }
        let ids = options.seed.map_or_else(Ids::random, Ids::seeded);
        let service = Arc::new(Service::new(fleet, ids, (options.faults, options.collector), notices));
        let accepting = tokio::spawn(accept(listener, Arc::clone(&service)));
        Ok(Self { address, service, notices: receiver, accepting })
    }

    /// The address that it listens on.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next thing that happened. Safe to cancel.
    pub async fn notice(&mut self) -> Option<Notice> {
        self.notices.recv().await
    }

    /// Memory of the function's process in an environment, by its number, while it runs.
    pub async fn memory(&self, environment: usize) -> Option<Memory> {
        self.service.fleet.member(environment)?.environment()?.memory().await
    }

    /// How long an environment, by its number, last took from the start of its process to its first `next`.
    pub fn init_duration(&self, environment: usize) -> Option<Duration> {
        self.service.fleet.member(environment)?.environment()?.init_duration()
    }

    /// Takes no more requests, and shuts every environment down as Lambda does with what it needs no more: how each ended, by
    /// its number. Notices of that can be read afterwards.
    pub async fn shut_down(&self) -> Vec<(usize, Shutdown)> {
        self.accepting.abort();
        self.service.fleet.shut_down().await
    }
}

impl Drop for UrlServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, service: Arc<Service>) {
    let mut connections = JoinSet::new();
    loop {
        match listener.accept().await {
            Ok((stream, _)) => drop(connections.spawn(serve(stream, Arc::clone(&service)))),
            // A connection that was gone before it was accepted is no reason to stop; where sockets run out, waiting helps.
            Err(_) => tokio::time::sleep(ACCEPT_PAUSE).await,
        }
        while connections.try_join_next().is_some() {}
    }
}

async fn serve(stream: TcpStream, service: Arc<Service>) {
    // Without it chunks wait for the caller's delayed ACK; failing to set it only costs time.
    drop(stream.set_nodelay(true));
    let respond = service_fn(|request| answer::respond(Arc::clone(&service), request));
    // A connection that breaks is the caller's affair, or the fault that was asked for.
    let _ = http1::Builder::new().header_read_timeout(None).serve_connection(TokioIo::new(stream), respond).await;
}
