//! The rights that a run needs: each call names its own, and `--print-policy` prints them.

use serde_json::{Value, json};

/// What a right is needed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// The API knows no resources.
    Everything,
    /// The function, with its aliases.
    Function,
    /// The log group of the function.
    LogGroup,
}

/// A right: an IAM action, and what it is needed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    /// Such as `xray:BatchGetTraces`.
    pub action: &'static str,
    /// On what.
    pub on: Resource,
}

const fn right(action: &'static str, on: Resource) -> Permission {
    Permission { action, on }
}

pub(crate) const GET_DESTINATION: Permission = right("xray:GetTraceSegmentDestination", Resource::Everything);
pub(crate) const GET_TRACES: Permission = right("xray:BatchGetTraces", Resource::Everything);
pub(crate) const START_RETRIEVAL: Permission = right("xray:StartTraceRetrieval", Resource::Everything);
pub(crate) const LIST_RETRIEVED: Permission = right("xray:ListRetrievedTraces", Resource::Everything);
pub(crate) const GET_FUNCTION: Permission = right("lambda:GetFunctionConfiguration", Resource::Function);
pub(crate) const GET_URL: Permission = right("lambda:GetFunctionUrlConfig", Resource::Function);
pub(crate) const LIST_ALIASES: Permission = right("lambda:ListAliases", Resource::Function);
pub(crate) const GET_POLICY: Permission = right("lambda:GetPolicy", Resource::Function);
pub(crate) const GET_CONCURRENCY: Permission = right("lambda:GetFunctionConcurrency", Resource::Function);
pub(crate) const FILTER_LOG: Permission = right("logs:FilterLogEvents", Resource::LogGroup);
pub(crate) const DESCRIBE_ALARMS: Permission = right("cloudwatch:DescribeAlarms", Resource::Everything);
/// To call a URL that asks for signatures; both since October 2025.
const INVOKE: [Permission; 2] =
    [right("lambda:InvokeFunctionUrl", Resource::Function), right("lambda:InvokeFunction", Resource::Function)];

/// The right of each call that a run makes.
pub const PERMISSIONS: [Permission; 11] = [
    GET_DESTINATION,
    GET_TRACES,
    START_RETRIEVAL,
    LIST_RETRIEVED,
    GET_FUNCTION,
    GET_URL,
    LIST_ALIASES,
    GET_POLICY,
    GET_CONCURRENCY,
    FILTER_LOG,
    DESCRIBE_ALARMS,
];

/// An IAM policy with these rights. `function` is a name, or `*`; region and account are left open.
pub fn policy(function: &str) -> Value {
    let actions = |on: Resource| -> Vec<_> {
        PERMISSIONS.iter().filter(|permission| permission.on == on).map(|permission| permission.action).collect()
    };
    let arn = format!("arn:aws:lambda:*:*:function:{function}");
    let of_function = [arn.clone(), format!("{arn}:*")];
    // The group of the function by Lambda's default, and the one that Transaction Search writes.
    let groups = [
        format!("arn:aws:logs:*:*:log-group:/aws/lambda/{function}:*"),
        "arn:aws:logs:*:*:log-group:aws/spans:*".into(),
    ];
    json!({
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Traces", "Effect": "Allow", "Action": actions(Resource::Everything), "Resource": "*"},
            {"Sid": "Function", "Effect": "Allow", "Action": actions(Resource::Function), "Resource": of_function},
            {"Sid": "Log", "Effect": "Allow", "Action": actions(Resource::LogGroup), "Resource": groups},
            {"Sid": "SignedUrl", "Effect": "Allow", "Action": INVOKE.map(|permission| permission.action), "Resource": of_function},
        ],
    })
}
