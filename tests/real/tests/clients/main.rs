//! Client libraries that others wrote, and a browser, against the service. Between them stands a gate that remembers every
//! byte: what a client says it saw is compared with what it was sent.

mod lenient;
mod page;
mod program;
mod reconnecting;

/// Short everything, and one slot, so that a second stream finds the server full.
const SERVER: [(&str, &str); 6] = [
    ("SSE_MAX_CONNECTIONS", "1"),
    ("SSE_STREAM_MAX_MS", "2500"),
    ("SSE_RETRY_MS", "600"),
    ("SSE_POLL_INTERVAL_MS", "200"),
    ("SSE_HEARTBEAT_INTERVAL_MS", "300"),
    ("RUST_LOG", "error"),
];

/// So many events of the first stream come whole; the next one is cut in two.
const CUT_AFTER: usize = 31;
