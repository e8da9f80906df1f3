//! The AWS clients' common ground, loaded only where something needs it: a service in memory needs no region.

use crate::config::{Config, ConfigErrors, MetricsSink, Mode, Store};
use sse_adapters::aws::{Aws, TrustRoots};

pub(super) struct AwsContext(Option<Aws>);

impl AwsContext {
    pub(super) async fn load(config: &Config, errors: &mut ConfigErrors) -> Self {
        let is_needed =
            config.store != Store::Memory || config.users_table.is_some() || config.metrics == MetricsSink::CloudWatch;
        if !is_needed {
            return Self(None);
        }
        let roots = if config.front == Mode::Local { TrustRoots::Native } else { TrustRoots::Bundled };
        Self(load(roots, errors).await)
    }

    pub(super) const fn aws(&self) -> Option<&Aws> {
        self.0.as_ref()
    }
}

pub(super) async fn load(roots: TrustRoots, errors: &mut ConfigErrors) -> Option<Aws> {
    let aws = Aws::load(roots).await.ok();
    if aws.is_none() {
        errors.note_by_name("AWS_REGION", "is not set, nor is a region in the AWS profile");
    }
    aws
}
