//! The function's loop in this process, under a Runtime API that records every chunk: the protocol, and what it does when
//! something fails. Opens sockets on loopback and waits on the real clock: `cargo test --workspace --test lambda_loop`.

mod bench;
mod ends;
mod failures;
mod handlers;
mod protocol;
mod stubborn;
mod workers;
