//! The shared configuration of the AWS clients, loaded only if something needs it: a service in memory needs no region.

use crate::config::{Config, ConfigErrors, MetricsSink, Mode, Store, TelemetrySink, proxy};
use sse_adapters::aws::{Aws, CaBundle, TrustRoots};

pub(super) struct AwsContext(Option<Aws>);

impl AwsContext {
    pub(super) async fn load(config: &Config, errors: &mut ConfigErrors) -> Self {
        let is_needed = config.store != Store::Memory
            || config.users_table.is_some()
            || config.metrics == MetricsSink::CloudWatch
            || config.telemetry == TelemetrySink::Xray;
        if !is_needed {
            return Self(None);
        }
        Self(load(config, errors).await)
    }

    pub(super) const fn aws(&self) -> Option<&Aws> {
        self.0.as_ref()
    }
}

/// The trusted certificate authorities: those that the operator names, or else the system's, except on Lambda, where
/// loading them takes longer.
fn roots(config: &Config, errors: &mut ConfigErrors) -> TrustRoots {
    let usual = if config.front == Mode::Local { TrustRoots::Native } else { TrustRoots::Bundled };
    let Some(path) = &config.ca_bundle else { return usual };
    let text = std::fs::read_to_string(path).map_err(|error| error.to_string());
    match text.and_then(|pem| CaBundle::parse(&pem).map_err(|error| error.to_string())) {
        Ok(bundle) => TrustRoots::Own(bundle),
        Err(error) => {
            errors.note_by_name("AWS_CA_BUNDLE", format!("is {path:?}: {error}"));
            usual
        }
    }
}

pub(super) async fn load(config: &Config, errors: &mut ConfigErrors) -> Option<Aws> {
    if let Some(name) = config.unusable_proxy {
        errors.note_by_name(name, proxy::UNUSABLE);
    }
    let roots = roots(config, errors);
    let aws = Aws::load(roots).await.ok();
    if aws.is_none() {
        errors.note_by_name("AWS_REGION", "is not set, nor is a region in the AWS profile");
    }
    aws
}
