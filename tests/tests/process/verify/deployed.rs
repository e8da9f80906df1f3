//! A deployment: environments behind a URL, and an account in which their traces, lines and configuration can be read back.

use super::{translated::document, url::Url};
use crate::fixture::{Fixture, started};
use fake_aws_control::{FakeAwsControl, FakeFunction, Server};
use lambda_env::{Environment, FunctionUrl, Ids, Invocation, Response, Stamp, TraceHeader};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::Mutex;

const FUNCTION: &str = "stream";
const GROUP: &str = "/aws/lambda/stream";

/// What goes wrong behind the function, where it cannot see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    None,
    /// The collector says that it took spans of dispatches, and X-Ray never gets them.
    Dispatches,
    /// Something else in the process writes a subsegment for each Query, too.
    DualEmission,
}

/// One environment and whether it is at work.
struct Worker {
    environment: Environment,
    is_busy: bool,
    is_cold: bool,
}

/// What all requests share.
pub(super) struct Account {
    fixture: Fixture,
    control: FakeAwsControl,
    workers: Mutex<Vec<Worker>>,
    ids: Ids,
    /// The function's segment, by trace.
    segments: std::sync::Mutex<BTreeMap<String, String>>,
    loss: Loss,
}

pub(super) struct Deployed {
    account: Arc<Account>,
    url: Url,
    server: Server,
}

impl Deployed {
    pub(super) async fn start(loss: Loss) -> Self {
        let control = FakeAwsControl::new("eu-central-1");
        let server = Server::start(control.clone()).await.unwrap();
        let account = Account {
            fixture: Fixture::new().await,
            control,
            workers: Mutex::default(),
            ids: Ids::random(),
            segments: std::sync::Mutex::default(),
            loss,
        };
        let account = Arc::new(account);
        let url = Url::start(account.clone()).await;
        account.control.put_function(FUNCTION, function(&url.address()));
        for (metric, namespace, name, value) in [
            ("SpansNotDelivered", "SseStreaming", "Environment", "test"),
            ("Errors", "AWS/Lambda", "FunctionName", FUNCTION),
        ] {
            account.control.put_alarm(
                json!({"AlarmName": metric, "MetricName": metric, "Namespace": namespace, "StateValue": "OK",
                "Dimensions": [{"Name": name, "Value": value}], "AlarmActions": ["arn"], "ActionsEnabled": true}),
            );
        }
        Self { account, url, server }
    }

    pub(super) fn url(&self) -> &str {
        self.url.text()
    }

    pub(super) fn control(&self) -> String {
        self.server.url()
    }
}

impl Drop for Deployed {
    fn drop(&mut self) {
        // What is left of it is of use when a test fails.
        println!("calls: {:?}", self.account.control.actions());
    }
}

impl Account {
    /// Takes an idle environment, or starts one, as Lambda does.
    async fn take(&self) -> (usize, bool) {
        let mut workers = self.workers.lock().await;
        if let Some(index) = workers.iter().position(|worker| !worker.is_busy) {
            workers[index].is_busy = true;
            return (index, std::mem::take(&mut workers[index].is_cold));
        }
        let function = self.fixture.function().segments(Arc::new(self.fixture.daemon.clone()));
        let function = function.var("SSE_STREAM_MAX_MS", "1500").var("SSE_METRICS", "cloudwatch");
        let environment = started(function).await;
        workers.push(Worker { environment, is_busy: true, is_cold: false });
        (workers.len() - 1, true)
    }

    /// Invokes with the caller's decision, as active tracing does: its root, and the function's own segment as parent.
    pub(super) async fn invoke(&self, url: FunctionUrl, root: &str) -> (usize, bool, lambda_env::Call) {
        let (worker, is_cold) = self.take().await;
        let trace = TraceHeader { root: root.to_owned(), parent: self.ids.segment(), sampled: true };
        self.segments.lock().unwrap().insert(trace.root.clone(), trace.parent.clone());
        let invocation = Invocation::url(url).trace(&trace);
        let call = self.workers.lock().await[worker].environment.invoke(invocation).await.unwrap();
        (worker, is_cold, call)
    }

    /// The answer is over: the environment freezes, and what it left reaches the account.
    pub(super) async fn settle(&self, worker: usize, is_cold: bool, response: &Response) {
        let mut workers = self.workers.lock().await;
        let Worker { environment, is_busy, .. } = &mut workers[worker];
        environment.frozen().await;
        let now = Stamp::now().unix_ms();
        for line in environment.log().take() {
            self.control.put_line(GROUP, &format!("environment-{worker}"), now, &line.text);
        }
        let used = environment.memory().await.map_or(1, |memory| memory.peak_kib / 1_000);
        let init = environment.init_duration().unwrap_or_default().as_millis();
        let init = if is_cold { format!("\tInit Duration: {init}.00 ms") } else { String::new() };
        let trace = response.trace.as_ref().map(|trace| trace.root.clone()).unwrap_or_default();
        let report = format!(
            "REPORT RequestId: {}\tDuration: 1.00 ms\tMemory Size: 512 MB\tMax Memory Used: {used} MB{init}\t\nXRAY TraceId: {trace}\tSampled: true\t",
            response.request_id
        );
        self.control.put_line(GROUP, &format!("environment-{worker}"), now, &report);
        self.hand_over(now);
        *is_busy = false;
    }

    fn hand_over(&self, now: u64) {
        for received in self.fixture.collector.take() {
            if self.loss == Loss::Dispatches && received.span.name == "sse_event_dispatch" {
                continue;
            }
            let document = document(&received.span);
            if self.loss == Loss::DualEmission && received.span.name == "dynamodb_poll" {
                self.control.put_document(now, self.twin(&document));
            }
            self.control.put_document(now, document);
        }
        for document in self.fixture.daemon.take() {
            self.control.put_document(now, document.json);
        }
    }

    /// The same call, as a patched SDK writes it.
    fn twin(&self, document: &Value) -> Value {
        let mut twin = document.clone();
        twin["id"] = self.ids.segment().into();
        // Beside the stream's span, so that the ledger's count is not what catches it.
        let root = document["trace_id"].as_str().unwrap_or_default();
        twin["parent_id"] = self.segments.lock().unwrap()[root].clone().into();
        twin
    }
}

fn function(host: &str) -> FakeFunction {
    let everybody = |action: &str, condition: Value| json!({"Effect": "Allow", "Principal": "*", "Action": action, "Condition": condition});
    FakeFunction {
        configuration: json!({"FunctionName": FUNCTION, "MemorySize": 512, "Timeout": 30, "TracingConfig": {"Mode": "Active"},
            "Environment": {"Variables": {"ENVIRONMENT": "test"}}, "LoggingConfig": {"LogGroup": GROUP}}),
        url: json!({"FunctionUrl": format!("https://{host}/"), "AuthType": "NONE", "InvokeMode": "RESPONSE_STREAM"}),
        alias: Some("live".into()),
        policy: json!({"Statement": [
            everybody("lambda:InvokeFunctionUrl", json!({"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}})),
            everybody("lambda:InvokeFunction", json!({"Bool": {"lambda:InvokedViaFunctionUrl": "true"}})),
        ]}),
        reserved: Some(20),
    }
}
