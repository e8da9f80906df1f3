//! The identity of a client, as far as traces contain it.

use std::{fmt, sync::Arc};

/// One connection of one client: 16 hex digits, random.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConnectionId(Arc<str>);

impl ConnectionId {
    /// From 64 random bits.
    pub fn from_random(bits: u64) -> Self {
        Self(format!("{bits:016x}").into())
    }

    /// The 16 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ConnectionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The identity of a client, as spans contain it. It is validated: printable ASCII of bounded length.
#[derive(Clone, Debug)]
pub struct StreamIdentity {
    /// The id of this connection.
    pub connection_id: ConnectionId,
    /// The client's session, which extends over several connections.
    pub session_id: Option<String>,
    /// The trace of the client's previous connection.
    pub previous_trace_id: Option<String>,
    /// The client's own count of its connections.
    pub connection_sequence: Option<String>,
}

impl StreamIdentity {
    /// A client that sent nothing about itself.
    pub const fn new(connection_id: ConnectionId) -> Self {
        Self { connection_id, session_id: None, previous_trace_id: None, connection_sequence: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_has_sixteen_digits() {
        assert_eq!(ConnectionId::from_random(1).as_str(), "0000000000000001");
    }
}
