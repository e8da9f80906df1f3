//! From a deployment to evidence: opens streams, then reads back what they left until nothing is missing, or patience is over.

mod deployment;
mod read_back;
mod settled;
mod sse;
mod stream;
mod streams;

use crate::{
    aws::{Endpoints, client::Aws},
    evidence::{Evidence, Unread},
    options::{Options, host},
    ports::Ports,
};
use std::collections::BTreeMap;

/// Makes one run.
pub async fn collect(options: &Options, endpoints: &Endpoints, ports: &Ports) -> Evidence {
    let began = ports.clock.now();
    let aws = Aws { ports: ports.clone(), region: options.region.clone(), endpoints: endpoints.clone() };
    let mut evidence = nothing_yet(options);
    evidence.streams = streams::open_all(&aws, options).await;
    read_back::read(&aws, options, began, &mut evidence).await;
    evidence
}

fn nothing_yet(options: &Options) -> Evidence {
    let unread = || Unread("the function is not known: name it with --function".to_owned());
    Evidence {
        // Credentials may stand before the host of an address, and tokens in its query.
        target: format!("https://{}", host(&options.url).rsplit('@').next().unwrap_or_default()),
        limits: options.limits.clone(),
        streams: Vec::new(),
        traces: BTreeMap::new(),
        function: Err(unread()),
        url: Err(unread()),
        policy: Err(unread()),
        reserved_concurrency: Err(unread()),
        alarms: Err(unread()),
        log: Err(unread()),
        comparison: None,
    }
}
