//! `PutMetricData`: what CloudWatch would refuse, and the data as plain values. It knows no protocol.

use std::collections::BTreeMap;

use serde_json::Value;

use super::dynamodb::ServiceError;
use crate::clock::Stamp;

/// CloudWatch's limits for one call and one datum.
const MAX_DATA: usize = 1_000;
const MAX_VALUES: usize = 150;
const MAX_DIMENSIONS: usize = 30;

/// One metric datum that was accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct MetricDatum {
    /// When its call had been read.
    pub at: Stamp,
    /// `x-amzn-requestid` of its call.
    pub request_id: String,
    /// The namespace.
    pub namespace: String,
    /// The metric's name.
    pub name: String,
    /// Values with their counts; a single value counts once, a statistic set is its sum and sample count.
    pub values: Vec<(f64, f64)>,
    /// The unit.
    pub unit: Option<String>,
    /// Dimensions by name.
    pub dimensions: BTreeMap<String, String>,
    /// `Timestamp` in seconds since 1970.
    pub timestamp: Option<f64>,
}

impl MetricDatum {
    /// Values times counts.
    pub fn sum(&self) -> f64 {
        self.values.iter().map(|(value, count)| value * count).sum()
    }
}

/// Checks a call and takes it apart.
pub(super) fn put_metric_data(
    arguments: &Value,
    at: Stamp,
    request_id: &str,
) -> Result<Vec<MetricDatum>, ServiceError> {
    let invalid = |what: &str| ServiceError::new(400, "InvalidParameterValue", what);
    let namespace = arguments["Namespace"].as_str().filter(|name| !name.is_empty());
    let namespace = namespace.ok_or_else(|| ServiceError::new(400, "MissingParameter", "Namespace"))?;
    let data = arguments["MetricData"].as_array().map_or(&[][..], Vec::as_slice);
    if data.is_empty() || data.len() > MAX_DATA {
        return Err(invalid("MetricData holds none, or more than 1000"));
    }
    let datum = |datum: &Value| {
        let dimensions = datum["Dimensions"].as_array().into_iter().flatten();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let datum = MetricDatum {
            at,
            request_id: request_id.to_owned(),
            namespace: namespace.to_owned(),
            name: text(&datum["MetricName"]),
            values: values(datum),
            unit: datum["Unit"].as_str().map(str::to_owned),
            dimensions: dimensions.map(|dimension| (text(&dimension["Name"]), text(&dimension["Value"]))).collect(),
            timestamp: datum["Timestamp"].as_f64(),
        };
        if datum.name.is_empty() || datum.values.is_empty() {
            return Err(invalid("a datum without name or value"));
        }
        if datum.values.len() > MAX_VALUES || datum.dimensions.len() > MAX_DIMENSIONS {
            return Err(invalid("a datum with more than 150 values or 30 dimensions"));
        }
        if datum.dimensions.iter().any(|(name, value)| name.is_empty() || value.is_empty()) {
            return Err(invalid("an empty dimension"));
        }
        Ok(datum)
    };
    data.iter().map(datum).collect()
}

fn values(datum: &Value) -> Vec<(f64, f64)> {
    if let Some(value) = datum["Value"].as_f64() {
        return vec![(value, 1.0)];
    }
    let statistics = &datum["StatisticValues"];
    if let (Some(sum), Some(count)) = (statistics["Sum"].as_f64(), statistics["SampleCount"].as_f64()) {
        return vec![(if count > 0.0 { sum / count } else { 0.0 }, count)];
    }
    let count = |index: usize| datum["Counts"][index].as_f64().unwrap_or(1.0);
    let values = datum["Values"].as_array().into_iter().flatten().filter_map(Value::as_f64);
    values.enumerate().map(|(index, value)| (value, count(index))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_form_of_value_has_a_sum() {
        let arguments = json!({"Namespace": "n", "MetricData": [
            {"MetricName": "a", "Value": 2.0, "Dimensions": [{"Name": "Environment", "Value": "t"}]},
            {"MetricName": "b", "Values": [1.0, 3.0], "Counts": [2.0, 1.0]},
            {"MetricName": "c", "StatisticValues": {"Sum": 6.0, "SampleCount": 3.0}},
        ]});
        let data = put_metric_data(&arguments, Stamp::now(), "r").unwrap();
        assert_eq!(data.iter().map(MetricDatum::sum).collect::<Vec<_>>(), [2.0, 5.0, 6.0]);
        assert_eq!(data[0].dimensions["Environment"], "t");
    }

    #[test]
    fn what_cloudwatch_refuses_is_refused() {
        let datum = json!({"MetricName": "a", "Value": 1.0});
        for arguments in [
            json!({"MetricData": [datum]}),
            json!({"Namespace": "n"}),
            json!({"Namespace": "n", "MetricData": vec![datum.clone(); 1_001]}),
            json!({"Namespace": "n", "MetricData": [{"MetricName": "a"}]}),
            json!({"Namespace": "n", "MetricData": [{"MetricName": "a", "Values": vec![1.0; 151]}]}),
            json!({"Namespace": "n", "MetricData": [{"MetricName": "a", "Value": 1.0, "Dimensions": [{"Name": "d", "Value": ""}]}]}),
        ] {
            assert!(put_metric_data(&arguments, Stamp::now(), "r").is_err());
        }
    }
}
