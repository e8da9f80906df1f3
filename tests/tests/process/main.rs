//! The program as a process: as the function in an execution environment, and as the server on loopback. Builds it first,
//! opens sockets on loopback and waits on the real clock: `cargo test -p sse-tests --test process`, for the release build
//! with `--release`.

mod configurations;
mod feed;
mod function;
mod local;
mod program;
