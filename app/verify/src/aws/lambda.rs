//! Lambda: the function's configuration, URL, policy and reserved concurrency.

use super::{
    CallError,
    client::{Aws, Operation},
    endpoint::Service,
    permission::{GET_CONCURRENCY, GET_FUNCTION, GET_POLICY, GET_URL, LIST_ALIASES, Permission},
};
use crate::evidence::{AuthType, FunctionConfig, InvokeMode, Policy, Statement, UrlConfig, VARIABLES_READ};
use serde_json::Value;
use std::time::Duration;

async fn get(aws: &Aws, permission: Permission, path: String, qualifier: Option<&str>) -> Result<Value, CallError> {
    let query = qualifier.map(|qualifier| format!("?Qualifier={qualifier}")).unwrap_or_default();
    aws.call(&Operation::get(Service::Lambda, permission, format!("{path}{query}"))).await
}

pub(crate) async fn function(aws: &Aws, name: &str, qualifier: Option<&str>) -> Result<FunctionConfig, CallError> {
    let json = get(aws, GET_FUNCTION, format!("/2015-03-31/functions/{name}/configuration"), qualifier).await?;
    let environment = &json["Environment"];
    let variables = match environment["Error"]["Message"].as_str() {
        Some(why) => Err(why.to_owned()),
        None => Ok(VARIABLES_READ
            .into_iter()
            .filter_map(|name| Some((name.to_owned(), environment["Variables"][name].as_str()?.to_owned())))
            .collect()),
    };
    let name = json["FunctionName"].as_str().unwrap_or(name).to_owned();
    let layers = json["Layers"].as_array().into_iter().flatten();
    Ok(FunctionConfig {
        memory_mb: json["MemorySize"].as_u64().unwrap_or_default(),
        timeout: Duration::from_secs(json["Timeout"].as_u64().unwrap_or_default()),
        tracing_mode: json["TracingConfig"]["Mode"].as_str().unwrap_or("PassThrough").to_owned(),
        variables,
        layers: layers.filter_map(|layer| layer["Arn"].as_str().map(str::to_owned)).collect(),
        log_group: json["LoggingConfig"]["LogGroup"]
            .as_str()
            .map_or_else(|| format!("/aws/lambda/{name}"), str::to_owned),
        is_managed_instances: json["CapacityProviderConfig"].is_object(),
        name,
    })
}

/// The configuration of the URL with this host: the function's own, or that of one of its aliases.
pub(crate) async fn url(aws: &Aws, name: &str, qualifier: Option<&str>, host: &str) -> Result<UrlConfig, CallError> {
    let path = format!("/2021-10-31/functions/{name}/url");
    let first = get(aws, GET_URL, path.clone(), qualifier).await;
    match first {
        Ok(json) if is_of(&json, host) => return Ok(url_config(&json, qualifier)),
        Err(error) if !error.is_not_found() => return Err(error),
        _ => {}
    }
    for alias in aliases(aws, name).await? {
        match get(aws, GET_URL, path.clone(), Some(&alias)).await {
            Ok(json) if is_of(&json, host) => return Ok(url_config(&json, Some(&alias))),
            Err(error) if !error.is_not_found() => return Err(error),
            _ => {}
        }
    }
    let text = format!("neither {name} nor one of its aliases has the URL {host}");
    Err(CallError::NotFound { action: GET_URL.action, region: aws.region.clone(), text })
}

fn is_of(json: &Value, host: &str) -> bool {
    let url = json["FunctionUrl"].as_str().unwrap_or_default();
    url.split_once("://").is_some_and(|(_, rest)| rest.trim_end_matches('/') == host)
}

fn url_config(json: &Value, qualifier: Option<&str>) -> UrlConfig {
    UrlConfig {
        auth: if json["AuthType"] == "AWS_IAM" { AuthType::AwsIam } else { AuthType::None },
        invoke_mode: if json["InvokeMode"] == "RESPONSE_STREAM" {
            InvokeMode::ResponseStream
        } else {
            InvokeMode::Buffered
        },
        qualifier: qualifier.map(str::to_owned),
    }
}

async fn aliases(aws: &Aws, name: &str) -> Result<Vec<String>, CallError> {
    let path = format!("/2015-03-31/functions/{name}/aliases");
    let mut names = Vec::new();
    let mut marker = String::new();
    loop {
        let query = if marker.is_empty() { String::new() } else { format!("?Marker={}", encode(&marker)) };
        let page = aws.call(&Operation::get(Service::Lambda, LIST_ALIASES, format!("{path}{query}"))).await?;
        names.extend(
            page["Aliases"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|alias| Some(alias["Name"].as_str()?.to_owned())),
        );
        match page["NextMarker"].as_str() {
            Some(next) if !next.is_empty() && next != marker => next.clone_into(&mut marker),
            _ => return Ok(names),
        }
    }
}

/// Percent-encoded for a query.
fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// The resource policy; without one it has no statements.
pub(crate) async fn policy(aws: &Aws, name: &str, qualifier: Option<&str>) -> Result<Policy, CallError> {
    let answer = match get(aws, GET_POLICY, format!("/2015-03-31/functions/{name}/policy"), qualifier).await {
        Err(error) if error.is_not_found() => return Ok(Policy::default()),
        answer => answer?,
    };
    let text = answer["Policy"].as_str().unwrap_or_default();
    let json: Value = serde_json::from_str(text).unwrap_or_default();
    let statements =
        json["Statement"].as_array().into_iter().flatten().filter(|statement| statement["Effect"] == "Allow");
    Ok(Policy { statements: statements.map(statement).collect() })
}

fn statement(json: &Value) -> Statement {
    let texts = |value: &Value| -> Vec<String> {
        let list = value.as_array().map_or_else(|| vec![value], |list| list.iter().collect());
        list.into_iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
    };
    let principal = &json["Principal"];
    let everybody = |value: &Value| texts(value).iter().any(|who| who == "*");
    // The key stands under an operator; a simulator of AWS writes it plainly beside the action.
    let condition = |key: &str| {
        let operators = json["Condition"].as_object().into_iter().flat_map(|operators| operators.values());
        operators.filter_map(|operator| operator.get(key)).flat_map(&texts).next()
    };
    Statement {
        actions: texts(&json["Action"]),
        is_public: everybody(principal) || everybody(&principal["AWS"]),
        function_url_auth_type: condition("lambda:FunctionUrlAuthType"),
        is_via_function_url: condition("lambda:InvokedViaFunctionUrl").map(|value| value == "true"),
    }
}

/// `None`: nothing is reserved.
pub(crate) async fn concurrency(aws: &Aws, name: &str) -> Result<Option<u32>, CallError> {
    let json = get(aws, GET_CONCURRENCY, format!("/2019-09-30/functions/{name}/concurrency"), None).await?;
    Ok(json["ReservedConcurrentExecutions"].as_u64().and_then(|reserved| u32::try_from(reserved).ok()))
}
