//! The AWS clients' common ground, loaded only where something needs it: a service in memory needs no region.

use crate::config::{Config, Front, MetricsSink, Problems, Store};
use sse_adapters::aws::{Aws, Roots};

pub(super) struct Cloud(Option<Aws>);

impl Cloud {
    pub(super) async fn load(config: &Config, problems: &mut Problems) -> Self {
        let is_needed =
            config.store != Store::Memory || config.users_table.is_some() || config.metrics == MetricsSink::CloudWatch;
        if !is_needed {
            return Self(None);
        }
        let roots = if config.front == Front::Local { Roots::Native } else { Roots::Bundled };
        Self(load(roots, problems).await)
    }

    pub(super) const fn aws(&self) -> Option<&Aws> {
        self.0.as_ref()
    }
}

pub(super) async fn load(roots: Roots, problems: &mut Problems) -> Option<Aws> {
    let aws = Aws::load(roots).await.ok();
    if aws.is_none() {
        problems.note_by_name("AWS_REGION", "is not set, nor is a region in the AWS profile");
    }
    aws
}
