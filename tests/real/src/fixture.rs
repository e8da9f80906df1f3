//! The function in its environment, with the collector outside of it: never frozen, and not registered as an extension. What is done with
//! it is the tests' business.

use crate::{
    backend::Backend,
    collector::Collector,
    daemon::Daemon,
    fake_xray::FakeXray,
    otlp_tee::OtlpTee,
    xray_validator::{Record, XrayValidator},
};
use lambda_env::environment::EnvironmentBuilder;
use std::{io, ops::Deref};

/// Everything behind one function, its collector beside it.
#[derive(Debug)]
pub struct Fixture {
    backend: Backend,
    /// Stores what the collector makes of the handler phase's documents.
    pub second: FakeXray,
    /// Makes most of the documents.
    pub collector: Collector,
    /// Saw the spans.
    pub tee: OtlpTee,
    daemon: Daemon,
}

impl Fixture {
    /// Starts all of it.
    ///
    /// # Errors
    /// A part does not start.
    pub async fn start(judge: XrayValidator) -> io::Result<Self> {
        let backend = Backend::start(judge).await?;
        let second = FakeXray::start().await?;
        let collector = Collector::start(backend.proxy.address(), second.address()).await?;
        let daemon = Daemon::start(backend.proxy.address(), Some(collector.daemon())).await?;
        let tee = OtlpTee::start(collector.otlp()).await?;
        Ok(Self { backend, second, collector, tee, daemon })
    }

    /// The function, as if the collector were an extension of it.
    pub fn function(&self) -> EnvironmentBuilder {
        self.backend.function().beside(&self.collector).beside(&self.tee).beside(&self.daemon).extension_present()
    }

    /// Documents that are larger than the service reckoned, and how many there were to compare.
    pub fn underestimated(&self) -> (Vec<String>, usize) {
        let judge = self.proxy.judge();
        let sent = self.tee.sent();
        let pairs: Vec<_> = (sent.iter())
            .filter_map(|sent| Some((sent, judge.records().iter().find(|r| r.text("id") == sent.id())?)))
            .collect();
        let larger = |(sent, record): &(&_, &Record)| {
            let sent: &crate::otlp_tee::Sent = sent;
            let is_larger = record.bytes > sent.estimate;
            is_larger.then(|| format!("{} of {} bytes, reckoned {}", sent.span.name, record.bytes, sent.estimate))
        };
        (pairs.iter().filter_map(larger).collect(), pairs.len())
    }
}

impl Deref for Fixture {
    type Target = Backend;

    fn deref(&self) -> &Backend {
        &self.backend
    }
}
