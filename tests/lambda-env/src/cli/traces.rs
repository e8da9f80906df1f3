//! The spans of each trace as they come in, from the X-Ray daemon's port and from the collector, and which of them came too
//! late: after the environment had been frozen or was gone. It prints nothing.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::{
    clock::Stamp,
    otlp_receiver::{ReceivedSpan, Span},
    xray_receiver::XrayDocument,
};

/// One span, segment or subsegment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bar {
    /// 16 hex digits.
    pub(super) id: String,
    /// The same of what it hangs under, if it says so.
    pub(super) parent: Option<String>,
    /// 32 hex digits.
    pub(super) trace: String,
    pub(super) name: String,
    /// `AWS::Lambda` and so on for Lambda's own, `subsegment`, or `span` for one that came by OTLP.
    pub(super) origin: String,
    /// Nanoseconds since 1970.
    pub(super) start_ns: u64,
    /// The same; `None` while it goes on.
    pub(super) end_ns: Option<u64>,
    pub(super) is_error: bool,
    /// When it came in.
    pub(super) at: Stamp,
}

/// What became of a trace.
#[derive(Debug, Default)]
struct Trace {
    bars: Vec<Bar>,
    /// It has been shown: what comes now came too late.
    is_closed: bool,
}

/// All traces of a run, and their figures.
#[derive(Debug, Default)]
pub(super) struct Traces {
    traces: BTreeMap<String, Trace>,
    pub(super) counts: Counts,
}

/// Figures of a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counts {
    /// Lambda's own segments, with what is nested in them.
    pub(super) segments: usize,
    /// Subsegments that the function sent.
    pub(super) subsegments: usize,
    /// Spans that the collector took.
    pub(super) spans: usize,
    /// Spans that it did not take, because a fault was to happen.
    pub(super) refused: usize,
    /// Those that came after their environment had been frozen or was gone.
    pub(super) late: usize,
}

impl Traces {
    /// Takes in what has come. Returns the bars that came too late.
    pub(super) fn add(&mut self, documents: &[XrayDocument], spans: &[ReceivedSpan]) -> Vec<Bar> {
        let mut bars = Vec::new();
        for document in documents {
            collect(&document.json, None, document, &mut bars);
        }
        let lambda_s = |bar: &Bar| bar.origin.starts_with("AWS::Lambda");
        self.counts.segments += bars.iter().filter(|bar| lambda_s(bar)).count();
        self.counts.subsegments += bars.iter().filter(|bar| bar.origin == "subsegment").count();
        self.counts.spans += spans.iter().filter(|span| span.accepted).count();
        self.counts.refused += spans.iter().filter(|span| !span.accepted).count();
        bars.extend(spans.iter().filter(|span| span.accepted).map(|received| of_span(&received.span, received.at)));
        let mut late = Vec::new();
        for bar in bars {
            let trace = self.traces.entry(bar.trace.clone()).or_default();
            if trace.is_closed {
                self.counts.late += 1;
                late.push(bar.clone());
            }
            // A segment that is still going on is sent again when it is over.
            trace.bars.retain(|other| other.id != bar.id);
            trace.bars.push(bar);
        }
        late
    }

    /// The bars of a trace whose environment does nothing more for it.
    pub(super) fn close(&mut self, trace: &str) -> &[Bar] {
        let trace = self.traces.entry(trace.to_owned()).or_default();
        trace.is_closed = true;
        &trace.bars
    }
}

/// A document and everything nested in it.
fn collect(json: &Value, parent: Option<&str>, document: &XrayDocument, bars: &mut Vec<Bar>) {
    let text = |name: &str| json[name].as_str().map(str::to_owned);
    let id = text("id").unwrap_or_default();
    let is_lambda_s = document.json["origin"].as_str().is_some_and(|origin| origin.starts_with("AWS::Lambda"));
    let origin =
        text("origin").unwrap_or_else(|| if is_lambda_s { "AWS::Lambda phase" } else { "subsegment" }.to_owned());
    bars.push(Bar {
        parent: parent.map(str::to_owned).or_else(|| text("parent_id")),
        trace: document.trace_id(),
        name: text("name").unwrap_or_default(),
        origin,
        start_ns: nanoseconds(&json["start_time"]).unwrap_or_default(),
        end_ns: nanoseconds(&json["end_time"]),
        is_error: ["fault", "error", "throttle"].iter().any(|kind| json[kind] == true),
        at: document.at,
        id: id.clone(),
    });
    for nested in json["subsegments"].as_array().into_iter().flatten() {
        collect(nested, Some(&id), document, bars);
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "X-Ray's own format: a float of seconds")]
fn nanoseconds(value: &Value) -> Option<u64> {
    value.as_f64().filter(|seconds| *seconds >= 0.0).map(|seconds| (seconds * 1e6) as u64 * 1_000)
}

fn of_span(span: &Span, at: Stamp) -> Bar {
    Bar {
        id: span.span_id.clone(),
        parent: Some(span.parent_id.clone()).filter(|parent| !parent.is_empty()),
        trace: span.trace_id.clone(),
        name: span.name.clone(),
        origin: "span".to_owned(),
        start_ns: span.start_ns,
        end_ns: Some(span.end_ns),
        is_error: span.status == 2,
        at,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn document(json: Value) -> XrayDocument {
        XrayDocument { at: Stamp::now(), bytes: 0, json }
    }

    #[test]
    fn nested_subsegments_hang_under_what_holds_them() {
        let mut traces = Traces::default();
        let segment = json!({"id": "a", "parent_id": "z", "trace_id": "1-67891233-abcdef012345678912345678", "name": "f",
            "origin": "AWS::Lambda::Function", "start_time": 1.5, "end_time": 2.5,
            "subsegments": [{"id": "b", "name": "Invocation", "start_time": 1.5, "end_time": 2.0, "fault": true}]});
        assert_eq!(traces.add(&[document(segment)], &[]), []);
        let bars = traces.close("67891233abcdef012345678912345678");
        let [segment, phase] = bars else { panic!("{bars:?}") };
        assert_eq!((segment.parent.as_deref(), phase.parent.as_deref()), (Some("z"), Some("a")));
        assert_eq!((phase.start_ns, phase.end_ns, phase.is_error), (1_500_000_000, Some(2_000_000_000), true));
        assert_eq!(traces.counts, Counts { segments: 2, ..Counts::default() });
    }

    #[test]
    fn what_comes_to_a_closed_trace_is_late() {
        let mut traces = Traces::default();
        let subsegment = |id: &str| json!({"id": id, "trace_id": "1-6-a", "name": "x", "start_time": 1.0});
        assert_eq!(traces.add(&[document(subsegment("a"))], &[]), []);
        assert_eq!(traces.close("6a").len(), 1);
        assert_eq!(traces.add(&[document(subsegment("b"))], &[])[0].id, "b");
        assert_eq!((traces.counts.late, traces.counts.subsegments), (1, 2));
    }
}
