//! The function's configuration and what stands around it. It does not change during a run, so it is read once.

use crate::{
    aws::{client::Aws, cloudwatch, lambda},
    evidence::{Comparison, Evidence, Log},
    options::{FunctionName, Options, host},
};

pub(super) async fn read(aws: &Aws, options: &Options, function: &FunctionName, evidence: &mut Evidence) {
    let (name, named) = (&function.name, function.qualifier.as_deref());
    evidence.url = lambda::url(aws, name, named, host(&options.url)).await.map_err(Into::into);
    // The policy of an alias is the alias's own, and so is its version's configuration.
    let found = evidence.url.as_ref().ok().and_then(|url| url.qualifier.clone());
    let qualifier = named.or(found.as_deref());
    evidence.function = lambda::function(aws, name, qualifier).await.map_err(Into::into);
    evidence.policy = lambda::policy(aws, name, qualifier).await.map_err(Into::into);
    evidence.reserved_concurrency = lambda::concurrency(aws, name).await.map_err(Into::into);
    evidence.alarms = cloudwatch::alarms(aws).await.map_err(Into::into);
    if let Some(other) = &options.compare_function {
        let function = lambda::function(aws, &other.name, other.qualifier.as_deref()).await.map_err(Into::into);
        let group =
            function.as_ref().map_or_else(|_| format!("/aws/lambda/{}", other.name), |other| other.log_group.clone());
        evidence.comparison = Some(Comparison { function, log: Ok(Log::new(&group)) });
    }
}
