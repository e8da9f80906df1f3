//! What else can take spans: nothing at all, standard output, and both phases' pipelines side by side.

mod composite;
mod off;
mod stdout;

pub use composite::Composite;
pub use off::Off;
pub use stdout::StdoutTelemetry;
