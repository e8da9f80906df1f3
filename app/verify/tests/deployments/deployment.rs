//! What a healthy deployment leaves of a run: three streams one after another in one environment, one that resumes in a second,
//! a new one beside it, and a configuration's.

use crate::invocation::{FUNCTION, Form, Invocation};
use fake_aws_control::{as_spans, as_xray_shows};
use serde_json::Value;
use sse_verify::evidence::{
    Alarm, Asked, AuthType, Comparison, Event, Evidence, FunctionConfig, InvokeMode, Limits, Log, Policy, Purpose,
    Statement, StreamEnd, StreamRecord, Trace, TraceStore, UrlConfig,
};
use std::{collections::BTreeMap, time::Duration};

/// What was left, before it is read.
pub(crate) struct Deployment {
    pub(crate) form: Form,
    pub(crate) evidence: Evidence,
    pub(crate) invocations: Vec<Invocation>,
    /// What we sent, by trace; X-Ray hands it out in the form.
    pub(crate) ours: BTreeMap<String, Vec<Value>>,
    /// Lines of the log, with their log stream.
    pub(crate) log: Vec<(String, String)>,
    /// Traces that are over their quota.
    pub(crate) exceeded: Vec<String>,
}

impl Deployment {
    pub(crate) fn healthy(form: Form) -> Self {
        let purposes = [
            (Purpose::Sequential, "environment-1"),
            (Purpose::Sequential, "environment-1"),
            (Purpose::Sequential, "environment-1"),
            (Purpose::Resumed { from: 2, events: 5 }, "environment-2"),
            (Purpose::Fresh, "environment-3"),
            (Purpose::Configuration, "environment-1"),
        ];
        let mut deployment = Self {
            form,
            evidence: evidence(),
            invocations: Vec::new(),
            ours: BTreeMap::new(),
            log: Vec::new(),
            exceeded: Vec::new(),
        };
        for (number, (purpose, environment)) in (1_u32..).zip(purposes) {
            let invocation = Invocation {
                number,
                trace: format!("1-6b02a10{number}-0123456789abcdef01234567"),
                request_id: format!("00000000-0000-4000-8000-{number:012}"),
                start: 1_795_334_400.0 + f64::from(number) * 10.0,
                seconds: 3.0,
                is_cold: number == 1 || number == 4 || number == 5,
                has_lookup: purpose == Purpose::Configuration,
                is_resumed: matches!(purpose, Purpose::Resumed { .. }),
            };
            deployment.evidence.streams.push(stream(&invocation, purpose));
            deployment.ours.insert(invocation.trace.clone(), invocation.ours());
            let lines = invocation.log_lines();
            deployment.log.extend(lines.into_iter().map(|line| (environment.to_owned(), line)));
            deployment.invocations.push(invocation);
        }
        deployment
    }

    /// What we sent of an invocation.
    pub(crate) fn ours(&mut self, invocation: usize) -> &mut Vec<Value> {
        let trace = &self.invocations[invocation].trace;
        self.ours.get_mut(trace).unwrap()
    }

    /// The first of what we sent with this name.
    pub(crate) fn document(&mut self, invocation: usize, name: &str) -> &mut Value {
        self.ours(invocation).iter_mut().find(|document| document["name"] == name).unwrap()
    }

    /// A variable of the function.
    pub(crate) fn variable(&mut self, name: &str, value: &str) {
        let function = self.evidence.function.as_mut().unwrap();
        function.variables.as_mut().unwrap().insert(name.into(), value.into());
    }

    /// Replaces text in the log's lines.
    pub(crate) fn rewrite_log(&mut self, from: &str, to: &str) {
        self.log.iter_mut().for_each(|(_, line)| *line = line.replace(from, to));
    }

    /// Reads it.
    pub(crate) fn evidence(mut self) -> Evidence {
        let mut log = Log::new("/aws/lambda/sse-prod");
        self.log.iter().for_each(|(stream, line)| log.push(stream, line));
        self.evidence.log = Ok(log);
        let store = if self.form == Form::Spans { TraceStore::TransactionSearch } else { TraceStore::XRay };
        for invocation in &self.invocations {
            let ours = self.ours.remove(&invocation.trace).unwrap_or_default();
            let sent = [invocation.lambda_segments(self.form), ours].concat();
            let shown = if self.form == Form::Spans { as_spans(&sent) } else { as_xray_shows(&sent) };
            let documents: Vec<_> = shown.iter().map(Value::to_string).collect();
            // Every document comes in two pages.
            let twice = documents.iter().chain(&documents).map(String::as_str);
            let mut trace = Trace::new(&invocation.trace, store, twice);
            trace.is_limit_exceeded = self.exceeded.contains(&invocation.trace);
            self.evidence.traces.insert(invocation.trace.clone(), Ok(trace));
        }
        self.evidence
    }
}

fn stream(invocation: &Invocation, purpose: Purpose) -> StreamRecord {
    let at = Duration::from_millis;
    let events = invocation.events().into_iter().map(|(ms, name, data, id)| Event {
        at: at(ms),
        name: name.into(),
        id: id.map(str::to_owned),
        data,
    });
    StreamRecord {
        purpose,
        sent_trace: invocation.trace.clone(),
        status: Ok(200),
        content_type: "text/event-stream".into(),
        detail: None,
        events: events.collect(),
        ended: at(3_010),
        end: StreamEnd::Complete,
    }
}

fn function(name: &str) -> FunctionConfig {
    FunctionConfig {
        name: name.into(),
        memory_mb: 512,
        timeout: Duration::from_secs(30),
        tracing_mode: "Active".into(),
        variables: Ok([("ENVIRONMENT".into(), "prod".into())].into()),
        layers: vec!["arn:aws:lambda:eu-central-1:901920570463:layer:aws-otel-collector-arm64-ver-0-156-0:1".into()],
        log_group: format!("/aws/lambda/{name}"),
        is_managed_instances: false,
    }
}

fn evidence() -> Evidence {
    let alarm = |metric: &str, namespace: &str, dimension: (&str, &str)| Alarm {
        name: format!("sse-{metric}"),
        namespace: namespace.into(),
        metric: metric.into(),
        dimensions: [(dimension.0.to_owned(), dimension.1.to_owned())].into(),
        state: "OK".into(),
        has_actions: true,
    };
    let everybody = |action: &str, url: Option<&str>, via: Option<bool>| Statement {
        actions: vec![action.into()],
        is_public: true,
        function_url_auth_type: url.map(str::to_owned),
        is_via_function_url: via,
    };
    let mut other = Log::new("/aws/lambda/sse-bare");
    other.push("e", "REPORT RequestId: U\tDuration: 3.10 ms\tMax Memory Used: 40 MB\tInit Duration: 90.00 ms\t");
    Evidence {
        target: "https://abc.lambda-url.eu-central-1.on.aws/".into(),
        limits: Limits::default(),
        asked: Asked::default(),
        streams: Vec::new(),
        traces: BTreeMap::new(),
        function: Ok(function(FUNCTION)),
        url: Ok(UrlConfig {
            auth: AuthType::None,
            invoke_mode: InvokeMode::ResponseStream,
            qualifier: Some("live".into()),
        }),
        policy: Ok(Policy {
            statements: vec![
                everybody("lambda:InvokeFunctionUrl", Some("NONE"), None),
                everybody("lambda:InvokeFunction", None, Some(true)),
            ],
        }),
        reserved_concurrency: Ok(Some(20)),
        alarms: Ok(vec![
            alarm("SpansNotDelivered", "SseStreaming", ("Environment", "prod")),
            alarm("Errors", "AWS/Lambda", ("FunctionName", FUNCTION)),
        ]),
        log: Ok(Log::default()),
        comparison: Some(Comparison {
            function: Ok(FunctionConfig { layers: Vec::new(), ..function("sse-bare") }),
            log: Ok(other),
        }),
    }
}
