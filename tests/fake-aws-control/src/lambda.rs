//! Lambda: what `GetFunctionConfiguration` and its relatives say of a function whose URL belongs to an alias.

use crate::control::{Asked, Reply, State};
use http::Uri;
use serde_json::{Value, json};

/// A function.
#[derive(Clone, Debug)]
pub struct FakeFunction {
    /// As `GetFunctionConfiguration` says it.
    pub configuration: Value,
    /// As `GetFunctionUrlConfig` says it; `Null`: there is none.
    pub url: Value,
    /// The alias that URL and policy belong to; without one they are the function's own.
    pub alias: Option<String>,
    /// The policy document; `Null`: there is none.
    pub policy: Value,
    /// Reserved concurrency.
    pub reserved: Option<u32>,
}

pub(crate) fn asked(uri: &Uri) -> Option<Asked> {
    let parts: Vec<_> = uri.path().trim_matches('/').split('/').collect();
    let [_, "functions", name, what] = parts[..] else { return None };
    let qualifier = uri.query().and_then(|query| query.split('&').find_map(|pair| pair.strip_prefix("Qualifier=")));
    let (name, qualifier) = (name.to_owned(), qualifier.map(str::to_owned));
    let answer: fn(&FakeFunction, Option<&str>) -> Option<Value> = match what {
        "configuration" => |function, _| Some(function.configuration.clone()),
        "url" => |function, qualifier| of_alias(function, qualifier, &function.url),
        "policy" => |function, qualifier| {
            let policy = of_alias(function, qualifier, &function.policy)?;
            Some(json!({"Policy": policy.to_string(), "RevisionId": "1"}))
        },
        "concurrency" => |function, _| {
            Some(
                function
                    .reserved
                    .map_or_else(|| json!({}), |reserved| json!({"ReservedConcurrentExecutions": reserved})),
            )
        },
        "aliases" => |function, _| {
            let names = function.alias.iter().map(|alias| json!({"Name": alias, "FunctionVersion": "1"}));
            Some(json!({"Aliases": names.collect::<Vec<_>>()}))
        },
        _ => return None,
    };
    let action = match what {
        "configuration" => "lambda:GetFunctionConfiguration",
        "url" => "lambda:GetFunctionUrlConfig",
        "policy" => "lambda:GetPolicy",
        "concurrency" => "lambda:GetFunctionConcurrency",
        _ => "lambda:ListAliases",
    };
    Some(Asked { action, answer: Box::new(move |state, _| reply(state, &name, qualifier.as_deref(), answer)) })
}

fn of_alias(function: &FakeFunction, qualifier: Option<&str>, value: &Value) -> Option<Value> {
    (function.alias.as_deref() == qualifier && !value.is_null()).then(|| value.clone())
}

fn reply(
    state: &State,
    name: &str,
    qualifier: Option<&str>,
    answer: impl Fn(&FakeFunction, Option<&str>) -> Option<Value>,
) -> Reply {
    let not_found = |what: &str| Reply::Error(404, "ResourceNotFoundException", format!("{what} not found: {name}"));
    match state.functions.get(name) {
        None => not_found("Function"),
        Some(function) => answer(function, qualifier)
            .map_or_else(|| not_found("The resource you requested does not exist"), Reply::Ok),
    }
}
