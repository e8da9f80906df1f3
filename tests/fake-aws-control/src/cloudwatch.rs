//! CloudWatch: `DescribeAlarms`.

use crate::{
    control::{Asked, Reply},
    page::{next, offset},
};
use serde_json::{Value, json};

pub(crate) fn describe(body: Value) -> Asked {
    Asked {
        action: "cloudwatch:DescribeAlarms",
        answer: Box::new(move |state, _| {
            let from = offset(&body["NextToken"]);
            let page: Vec<_> = state.alarms.iter().skip(from).take(state.page_size).collect();
            Reply::Ok(json!({"MetricAlarms": page, "NextToken": next(from, state.page_size, state.alarms.len())}))
        }),
    }
}
