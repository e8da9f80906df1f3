//! x
/// x
#[derive(Debug)]
pub struct Snapshot;
