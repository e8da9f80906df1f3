//! FR-047: both phases name one service, in the configuration and in what they recorded.

use super::{Check, Finding, Judgement};
use crate::evidence::{Evidence, FunctionConfig};

pub(super) const CHECK: Check = Check { id: "service-names", title: "both phases name the same service", judge };

const NAMES: [&str; 2] = ["OTEL_SERVICE_NAME", "POWERTOOLS_SERVICE_NAME"];
const DEFAULT: &str = "sse-streaming";

fn judge(evidence: &Evidence) -> Finding {
    let mut judgement = Judgement::default();
    if let Some(function) = judgement.need(&evidence.function) {
        match &function.variables {
            Err(why) => judgement.unknown(format!("Lambda does not say the variables of {}: {why}", function.name)),
            Ok(_) => compare(&mut judgement, function),
        }
    }
    let expected = evidence.function.as_ref().ok().and_then(service_name);
    for (_, trace) in judgement.traces(evidence) {
        let Some(service) = trace.handler().and_then(|handler| handler.text("Service")) else { continue };
        if expected.is_some_and(|expected| expected != service) {
            judgement.fail(format!("trace {}: the handler's subsegment names the service {service}", trace.id));
        }
    }
    judgement.finding()
}

fn compare(judgement: &mut Judgement, function: &FunctionConfig) {
    let set: Vec<_> = NAMES.iter().filter_map(|name| Some((*name, function.variable(name)?))).collect();
    if let [(_, one), (_, other)] = set[..]
        && one != other
    {
        return judgement.fail(format!("OTEL_SERVICE_NAME is {one}, POWERTOOLS_SERVICE_NAME {other}"));
    }
    let name = service_name(function).unwrap_or(DEFAULT);
    let attributes = function.variable("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default();
    let resource = attributes.split(',').find_map(|pair| pair.trim().strip_prefix("service.name="));
    match resource {
        Some(resource) if resource != name => {
            judgement.fail(format!("service.name is {resource} in OTEL_RESOURCE_ATTRIBUTES, the service {name}"));
        }
        _ => judgement.saw(format!("the service is {name}")),
    }
}

fn service_name(function: &FunctionConfig) -> Option<&str> {
    function.variables.as_ref().ok()?;
    Some(NAMES.iter().find_map(|name| function.variable(name)).unwrap_or(DEFAULT))
}
