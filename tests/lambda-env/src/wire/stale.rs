//! Connections that a client still believes in, as it finds them after a freeze: the other end, or a device on the way, has
//! given them up meanwhile.

use super::Peer;

/// What has become of connections from before a freeze. New ones are as good as ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StaleConnections {
    /// They were reset: a client that is awake finds out before it writes.
    Reset,
    /// They look whole, and are reset by the first byte that comes over them.
    ResetOnUse,
    /// They look whole, take everything and never answer: a black hole.
    Silent,
}

impl StaleConnections {
    /// Plays the end of one connection, until the client ends its own side.
    pub(super) async fn play(self, peer: &Peer) {
        match self {
            Self::Reset => peer.reset(),
            Self::ResetOnUse => {
                if peer.swallow().await > 0 {
                    peer.reset();
                }
            }
            Self::Silent => while peer.swallow().await > 0 {},
        }
    }
}
