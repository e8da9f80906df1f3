//! What else can take spans: nothing at all, standard output, and both phases' pipelines side by side.

mod composite;

pub use composite::Composite;
