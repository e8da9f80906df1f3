//! The loop over the Runtime API.

use crate::{compose::Composed, config::Problems};
/// run
pub async fn run(_api: &str, _loops: usize, composed: Result<Composed, Problems>) -> Result<(), Problems> {
    composed?;
    Ok(())
}
