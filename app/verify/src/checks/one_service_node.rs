//! The service map shows one node for the function: the only segments are Lambda's own. A span of kind SERVER, or without a
//! parent, would be a segment and so a node of its own.

use super::{Check, Finding, Judgement};
use crate::evidence::Evidence;

pub(super) const CHECK: Check = Check {
    id: "one-service-node",
    title: "the function is one node of the service map: no segment but Lambda's own",
    judge,
};

fn judge(evidence: &Evidence) -> Finding {
    let mut judgement = Judgement::default();
    let function = evidence.function.as_ref().ok().map(|function| function.name.as_str());
    for (_, trace) in judgement.traces(evidence) {
        // The span format need not say the origin; Lambda's segments bear the function's name there too.
        let is_lambda = |name: &str, origin: Option<&str>| match origin {
            Some(origin) => origin.starts_with("AWS::Lambda"),
            None => trace.store == crate::evidence::TraceStore::TransactionSearch && function == Some(name),
        };
        let foreign: Vec<_> = trace.segments().filter(|(node, origin)| !is_lambda(&node.name, *origin)).collect();
        let own = trace.segments().count() - foreign.len();
        for (node, origin) in &foreign {
            let origin = origin.unwrap_or("none");
            judgement.fail(format!(
                "trace {}: {} {} is a segment of its own (origin {origin})",
                trace.id, node.name, node.id
            ));
        }
        if own > 2 {
            judgement.fail(format!("trace {}: {own} segments of Lambda's, two are one invocation", trace.id));
        } else if foreign.is_empty() {
            judgement.saw(format!("trace {}: {own} segments, all Lambda's", trace.id));
        }
    }
    judgement.finding()
}
