//! What a run needs from outside: time, the network, credentials, randomness, and somebody to tell how it goes.

mod credentials;
mod progress;
mod transport;

pub use credentials::{CredentialSource, EnvironmentCredentials, NoCredentials};
pub use progress::{Progress, Silent};
pub use transport::{Answer, ChunkReader, Transport, TransportError};

use lambda_trace::Clock;
use std::{fmt, sync::Arc};

/// All of it.
#[derive(Clone)]
pub struct Ports {
    /// The present, and waiting.
    pub clock: Arc<dyn Clock>,
    /// Requests to AWS and to the URL.
    pub http: Arc<dyn Transport>,
    /// Who signs.
    pub credentials: Arc<dyn CredentialSource>,
    /// 128 random bits, for trace ids.
    pub random: Arc<dyn Fn() -> u128 + Send + Sync>,
    /// Who is told what is being waited for.
    pub progress: Arc<dyn Progress>,
}

impl fmt::Debug for Ports {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ports")
    }
}
