//! From a deployment to evidence: opens streams, then reads back what they left until nothing is missing or the time is
//! over.

mod deployment;
mod read_back;
mod settled;
mod sse;
mod stream;
mod streams;

use crate::{
    aws::{Endpoints, client::Aws},
    evidence::{Asked, Evidence, Unread},
    options::{Options, host},
    ports::Ports,
};
use std::collections::BTreeMap;

/// The first may meet a cold environment, the others then a warm one.
const WARM_STREAMS: usize = 3;

/// Makes one run.
pub async fn collect(options: &Options, endpoints: &Endpoints, ports: &Ports) -> Evidence {
    let began = ports.clock.now();
    let aws = Aws { ports: ports.clone(), region: options.region.clone(), endpoints: endpoints.clone() };
    let mut evidence = nothing_yet(options);
    evidence.streams = streams::open_all(&aws, options).await;
    read_back::read(&aws, options, began, &mut evidence).await;
    evidence
}

/// An address without what may be secret in it: credentials in front of the host, tokens in the query.
fn target(url: &str) -> String {
    let scheme = url.split_once("://").map_or("https", |(scheme, _)| scheme);
    format!("{scheme}://{}", host(url).rsplit('@').next().unwrap_or_default())
}

fn nothing_yet(options: &Options) -> Evidence {
    let unread = || Unread("the function is not known: name it with --function".to_owned());
    Evidence {
        target: target(&options.url),
        limits: options.limits.clone(),
        asked: Asked { is_warm: options.invocations >= WARM_STREAMS, is_resume: options.is_resuming },
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
