//! CloudWatch: the metric alarms of the account in a region.

use super::{
    CallError,
    client::{Aws, Operation},
    endpoint::Service,
    permission::DESCRIBE_ALARMS,
};
use crate::evidence::Alarm;
use serde_json::{Value, json};

/// Alarms that are read, in pages of 100.
const PAGES_MAX: usize = 50;
const TARGET: (&str, &str) = ("application/x-amz-json-1.0", "GraniteServiceVersion20100801.DescribeAlarms");

pub(crate) async fn alarms(aws: &Aws) -> Result<Vec<Alarm>, CallError> {
    let mut alarms = Vec::new();
    let mut token = Value::Null;
    for _ in 0..PAGES_MAX {
        let mut body = json!({"AlarmTypes": ["MetricAlarm"], "MaxRecords": 100});
        if token.is_string() {
            body["NextToken"] = token;
        }
        let page = aws.call(&Operation::json(Service::CloudWatch, DESCRIBE_ALARMS, TARGET, body)).await?;
        alarms.extend(page["MetricAlarms"].as_array().into_iter().flatten().map(alarm));
        token = page["NextToken"].clone();
        if !token.is_string() {
            break;
        }
    }
    Ok(alarms)
}

fn alarm(json: &Value) -> Alarm {
    let text = |member: &str| json[member].as_str().unwrap_or_default().to_owned();
    let dimensions = json["Dimensions"].as_array().into_iter().flatten();
    let pair = |d: &Value| Some((d["Name"].as_str()?.to_owned(), d["Value"].as_str()?.to_owned()));
    let has_actions = json["AlarmActions"].as_array().is_some_and(|actions| !actions.is_empty());
    Alarm {
        name: text("AlarmName"),
        namespace: text("Namespace"),
        metric: text("MetricName"),
        dimensions: dimensions.filter_map(pair).collect(),
        state: text("StateValue"),
        has_actions: has_actions && json["ActionsEnabled"] != false,
    }
}
