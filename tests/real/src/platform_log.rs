//! A function's log group as Lambda fills it: the lines of its processes, each environment in a log stream of its own, and Lambda's
//! own lines around them, in either form. What Lambda reports as memory is that of the function and its extensions.

use crate::{
    plan::{LogFormat, Plan},
    tool::peak_mb,
};
use fake_aws_control::FakeAwsControl;
use lambda_env::{
    Stamp, UrlServer,
    notice::{Ended, Event},
};
use serde_json::json;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

const KIB_PER_MB: u64 = 1_024;

/// A log group, and what wrote to it.
#[derive(Clone, Debug)]
pub(crate) struct PlatformLog {
    control: FakeAwsControl,
    group: String,
    format: LogFormat,
    is_managed: bool,
    line: fn(String) -> String,
    /// The collector's process.
    collector: Option<u32>,
    violations: Arc<Mutex<Vec<String>>>,
}

impl PlatformLog {
    pub(crate) fn new(control: FakeAwsControl, plan: &Plan, collector: Option<u32>) -> Self {
        let group = format!("/aws/lambda/{}", plan.name);
        let is_managed = plan.workers.is_some();
        Self { control, group, format: plan.format, is_managed, line: plan.line, collector, violations: Arc::default() }
    }

    pub(crate) fn violations(&self) -> Vec<String> {
        self.violations.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Writes down what happens behind the URL, for as long as the server lives.
    pub(crate) async fn follow(self, mut server: UrlServer) {
        let mut cold = BTreeSet::new();
        while let Some(notice) = server.notice().await {
            let Some(environment) = notice.environment else { continue };
            match notice.event {
                Event::Line(line) => self.put(environment, line.text),
                Event::Invoked(invoked) => {
                    if self.format == LogFormat::Text {
                        self.put(environment, format!("START RequestId: {} Version: $LATEST", invoked.request_id));
                    }
                    if invoked.is_cold {
                        cold.insert(invoked.request_id);
                    }
                }
                Event::Ended(ended) => {
                    let init = server.init_duration(environment).filter(|_| cold.contains(&ended.request_id));
                    let function = server.memory(environment).await.map_or(0, |memory| memory.peak_kib / KIB_PER_MB);
                    let used = function + self.collector.and_then(peak_mb).unwrap_or_default();
                    self.put(environment, self.report(&ended, used, init));
                }
                Event::Violation(violation) => {
                    let mut violations = self.violations.lock().unwrap_or_else(PoisonError::into_inner);
                    violations.push(format!("{violation:?}"));
                }
                _ => {}
            }
        }
    }

    fn put(&self, environment: usize, text: String) {
        let stream = format!("2026/11/25/[live]{environment:032x}");
        self.control.put_line(&self.group, &stream, Stamp::now().unix_ms(), &(self.line)(text));
    }

    fn report(&self, ended: &Ended, used: u64, init: Option<Duration>) -> String {
        let id = &ended.request_id;
        let millis = |time: Duration| time.as_secs_f64() * 1e3;
        let duration = millis(ended.duration);
        match self.format {
            LogFormat::Text => {
                let init = init.map(|init| format!("\tInit Duration: {:.2} ms", millis(init))).unwrap_or_default();
                let trace = ended.trace.as_ref().map(|trace| {
                    format!(
                        "\nXRAY TraceId: {}\tSegmentId: {}\tSampled: {}\t\n",
                        trace.root, trace.parent, trace.sampled
                    )
                });
                format!(
                    "REPORT RequestId: {id}\tDuration: {duration:.2} ms\tBilled Duration: {duration:.0} ms\tMemory Size: 512 MB\tMax Memory Used: {used} MB{init}\t{}",
                    trace.unwrap_or_default()
                )
            }
            LogFormat::Json => {
                let mut metrics = json!({"durationMs": duration, "billedDurationMs": duration.ceil(), "memorySizeMB": 512, "maxMemoryUsedMB": used});
                if self.is_managed {
                    metrics = json!({"durationMs": duration});
                } else if let Some(init) = init {
                    metrics["initDurationMs"] = millis(init).into();
                }
                let mut record = json!({"requestId": id, "metrics": metrics, "status": "success"});
                if let Some(trace) = &ended.trace {
                    record["tracing"] =
                        json!({"spanId": trace.parent, "type": "X-Amzn-Trace-Id", "value": trace.to_string()});
                }
                json!({"time": "2026-11-25T08:00:00.000Z", "type": "platform.report", "record": record}).to_string()
            }
        }
    }
}
