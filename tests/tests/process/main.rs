//! The real binary as a process: as the function in an environment that freezes, and from the command line:
//! `cargo test --workspace --test process -- --nocapture`.
//!
//! Properties over a thousand random invocations (`soak`), memory, interleaving; and one example for each promise about
//! clients, collectors, shutdown and misconfiguration. `SSE_BINARY` names the program; without it it is the release
//! binary, which is built if it is missing or stale. A soak: `PROCESS_INVOCATIONS=20000 cargo test --workspace --test process soak`,
//! with `PROCESS_SEED` to see a run again. `UPDATE_RELIABILITY=1` rewrites `docs/reliability.md`.

mod audit;
mod binary;
mod clients;
mod collectors;
mod configurations;
mod dice;
mod doctored;
mod doors;
mod evidence;
mod feed;
mod fixture;
mod foreign;
mod function;
mod interleaved;
mod ledger;
mod local;
mod many;
mod memory;
mod misconfiguration;
mod profiles;
mod program;
mod reliability;
mod replay;
mod shutdown;
mod soak;
mod streams;
mod tracing;
mod turns;
mod verify;
mod waterfall;
mod xray;
