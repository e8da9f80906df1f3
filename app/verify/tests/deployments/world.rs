//! A deployment behind the transport port: a Function URL whose invocations leave documents and log lines, late and in pages, in
//! a stand-in for the AWS APIs. Time is a manual clock that moves to the next sleeper whenever nothing else can happen.

use crate::invocation::{FUNCTION, Form, Invocation};
use async_trait::async_trait;
use bytes::Bytes;
use fake_aws_control::{Destination, FakeAwsControl, FakeFunction};
use futures::task::noop_waker_ref;
use http::{HeaderMap, Request};
use lambda_trace::{Clock, ManualClock, Timestamp};
use serde_json::{Value, json};
use sse_verify::{
    Options, Token,
    aws::Endpoints,
    collect,
    evidence::{Evidence, Limits},
    ports::{Answer, ChunkReader, EnvironmentCredentials, Ports, Silent, Transport, TransportError},
};
use std::{
    collections::BTreeMap,
    pin::pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

pub(crate) const REGION: &str = "eu-central-1";
pub(crate) const HOST: &str = "abc.lambda-url.eu-central-1.on.aws";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI-secret-key";
pub(crate) const SESSION: &str = "FwoGZXIvYXdz-session-token";
pub(crate) const TOKEN: &str = "eyJhbGciOi.good.signature";
const START_MS: u64 = 1_795_334_400_000;

/// How the deployment behaves.
#[derive(Clone, Debug)]
pub(crate) struct Behaviour {
    pub(crate) form: Form,
    /// Documents come so long after their stream's end: the first half, the second half.
    pub(crate) late_ms: [u64; 2],
    /// The URL asks for signatures.
    pub(crate) is_signed: bool,
    /// Tokens are refused.
    pub(crate) is_token_expired: bool,
    /// One environment of Managed Instances serves all streams.
    pub(crate) is_managed: bool,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self {
            form: Form::Invocation,
            late_ms: [2_000, 2_000],
            is_signed: false,
            is_token_expired: false,
            is_managed: false,
        }
    }
}

#[derive(Default)]
struct State {
    invocations: u32,
    /// When each environment is idle again.
    environments: BTreeMap<usize, u64>,
}

#[derive(Clone)]
pub(crate) struct World {
    pub(crate) control: FakeAwsControl,
    pub(crate) clock: Arc<ManualClock>,
    behaviour: Behaviour,
    state: Arc<Mutex<State>>,
}

impl World {
    pub(crate) fn new(behaviour: Behaviour) -> Self {
        let control = FakeAwsControl::new(REGION);
        let auth = if behaviour.is_signed { "AWS_IAM" } else { "NONE" };
        control.put_function(FUNCTION, function(auth, behaviour.is_managed));
        if behaviour.form == Form::Spans {
            control.set_destination(Destination::CloudWatchLogs);
        }
        let alarm = |metric: &str, namespace: &str, dimension: Value| {
            control.put_alarm(
                json!({"AlarmName": metric, "MetricName": metric, "Namespace": namespace, "StateValue": "OK",
                "Dimensions": [dimension], "AlarmActions": ["arn"], "ActionsEnabled": true}),
            );
        };
        alarm("SpansNotDelivered", "SseStreaming", json!({"Name": "Environment", "Value": "prod"}));
        alarm("Errors", "AWS/Lambda", json!({"Name": "FunctionName", "Value": FUNCTION}));
        let clock = Arc::new(ManualClock::new(Timestamp::from_millis(START_MS)));
        Self { control, clock, behaviour, state: Arc::default() }
    }

    pub(crate) fn options() -> Options {
        Options {
            url: format!("https://{HOST}/"),
            region: REGION.into(),
            function: None,
            invocations: 3,
            is_resuming: true,
            configuration: Some(("c1".into(), Token::new(TOKEN))),
            compare_function: None,
            since: Duration::ZERO,
            patience: Duration::from_mins(3),
            read_limit: Duration::from_mins(1),
            limits: Limits::default(),
        }
    }

    pub(crate) fn run(&self, options: &Options) -> Evidence {
        let environment = |name: &str| match name {
            "AWS_ACCESS_KEY_ID" => Some("AKID".to_owned()),
            "AWS_SECRET_ACCESS_KEY" => Some(SECRET.to_owned()),
            "AWS_SESSION_TOKEN" => Some(SESSION.to_owned()),
            _ => None,
        };
        let random = Mutex::new(0_u128);
        let ports = Ports {
            clock: self.clock.clone(),
            http: Arc::new(self.clone()),
            credentials: Arc::new(EnvironmentCredentials::new(&environment, None)),
            random: Arc::new(move || {
                let mut random = random.lock().unwrap();
                *random += 1;
                *random
            }),
            progress: Arc::new(Silent),
        };
        drive(&self.clock, collect(options, &Endpoints::default(), &ports))
    }

    /// Seconds since the world began.
    pub(crate) fn seconds(&self) -> u64 {
        self.clock.now().since(Timestamp::from_millis(START_MS)).as_secs()
    }

    fn stream(&self, request: &Request<Bytes>) -> Answer {
        let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let authorization = header("authorization");
        if self.behaviour.is_signed && !authorization.contains("/lambda/aws4_request") {
            return refusal(403, &json!({"Message": "Forbidden"}));
        }
        let is_configuration = match request.uri().path() {
            "/api/v2/stream" => false,
            "/api/v2/configurations/c1/stream" => true,
            _ => return refusal(404, &json!({"detail": "not found"})),
        };
        if is_configuration {
            let token = if self.behaviour.is_signed { header("x-user-authorization") } else { authorization };
            if self.behaviour.is_token_expired || token != format!("Bearer {TOKEN}") {
                // A function that quotes what it was sent must not make the report do so.
                return refusal(401, &json!({"detail": format!("token {TOKEN} is expired")}));
            }
        }
        let root = header("x-amzn-trace-id").split(';').find_map(|part| part.strip_prefix("Root=")).unwrap();
        let invocation = self.invoke(root, is_configuration, !header("last-event-id").is_empty());
        let now = self.clock.now();
        let mut chunks: Vec<_> = invocation
            .events()
            .into_iter()
            .map(|(ms, name, data, id)| {
                let id = id.map(|id| format!("id: {id}\n")).unwrap_or_default();
                (now.plus(Duration::from_millis(ms)), Bytes::from(format!("event: {name}\n{id}data: {data}\n\n")))
            })
            .collect();
        chunks.reverse();
        let mut headers = HeaderMap::new();
        headers.insert("content-type", http::HeaderValue::from_static("text/event-stream"));
        Answer { status: 200, headers, body: Box::new(Body { clock: self.clock.clone(), chunks }) }
    }

    fn invoke(&self, root: &str, has_lookup: bool, is_resumed: bool) -> Invocation {
        let mut state = self.state.lock().unwrap();
        let now = self.clock.now().millis();
        state.invocations += 1;
        let idle = state.environments.iter().find(|(_, until)| **until <= now).map(|(number, _)| *number);
        let idle = if self.behaviour.is_managed && state.invocations > 1 { Some(0) } else { idle };
        let environment = idle.unwrap_or(state.environments.len());
        let end = now + 3_005;
        state.environments.insert(environment, end);
        let invocation = Invocation {
            number: state.invocations,
            trace: root.to_owned(),
            request_id: format!("00000000-0000-4000-8000-{:012}", state.invocations),
            start: Duration::from_micros(self.clock.now().micros()).as_secs_f64(),
            seconds: 3.0,
            is_cold: idle.is_none(),
            has_lookup,
            is_resumed,
        };
        let sent = [invocation.ours(), invocation.lambda_segments(self.behaviour.form)].concat();
        let half = sent.len() / 2;
        for (n, document) in sent.into_iter().enumerate() {
            let late = self.behaviour.late_ms[usize::from(n >= half)];
            self.control.put_document(end + late, document);
        }
        let lines = if self.behaviour.is_managed { invocation.managed_log_lines() } else { invocation.log_lines() };
        for line in lines {
            let stream = format!("2026/11/22/[1]{environment}");
            self.control.put_line(&format!("/aws/lambda/{FUNCTION}"), &stream, end + 1_000, &line);
        }
        invocation
    }
}

fn function(auth: &str, is_managed: bool) -> FakeFunction {
    let everybody = |sid: &str, action: &str, condition: Value| json!({"Sid": sid, "Effect": "Allow", "Principal": "*", "Action": action, "Condition": condition});
    let policy = json!({"Version": "2012-10-17", "Statement": [
        everybody("PublicUrl", "lambda:InvokeFunctionUrl", json!({"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}})),
        everybody("PublicInvoke", "lambda:InvokeFunction", json!({"Bool": {"lambda:InvokedViaFunctionUrl": "true"}})),
    ]});
    let mut function = FakeFunction {
        configuration: json!({"FunctionName": FUNCTION, "MemorySize": 512, "Timeout": 30, "TracingConfig": {"Mode": "Active"},
            "Environment": {"Variables": {"ENVIRONMENT": "prod", "SSE_JWT_SECRET": "a-secret-of-the-function"}},
            "LoggingConfig": {"LogFormat": "Text", "LogGroup": "/aws/lambda/sse-prod"}, "Layers": []}),
        url: json!({"FunctionUrl": format!("https://{HOST}/"), "AuthType": auth, "InvokeMode": "RESPONSE_STREAM"}),
        alias: Some("live".into()),
        policy: if auth == "NONE" { policy } else { Value::Null },
        reserved: Some(20),
    };
    if is_managed {
        function.configuration["CapacityProviderConfig"] = json!({"LambdaManagedInstancesCapacityProviderConfig": {}});
        function.reserved = None;
    }
    function
}

struct Body {
    clock: Arc<ManualClock>,
    /// The last one first.
    chunks: Vec<(Timestamp, Bytes)>,
}

#[async_trait]
impl ChunkReader for Body {
    async fn next(&mut self) -> Result<Option<Bytes>, TransportError> {
        let Some((at, _)) = self.chunks.last() else { return Ok(None) };
        self.clock.sleep_until(*at).await;
        Ok(self.chunks.pop().map(|(_, bytes)| bytes))
    }
}

struct Whole(Option<Bytes>);

#[async_trait]
impl ChunkReader for Whole {
    async fn next(&mut self) -> Result<Option<Bytes>, TransportError> {
        Ok(self.0.take())
    }
}

fn refusal(status: u16, body: &Value) -> Answer {
    Answer { status, headers: HeaderMap::new(), body: Box::new(Whole(Some(body.to_string().into()))) }
}

#[async_trait]
impl Transport for World {
    async fn send(&self, request: Request<Bytes>) -> Result<Answer, TransportError> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        if host == HOST {
            return Ok(self.stream(&request));
        }
        if !host.ends_with(".amazonaws.com") {
            return Err(TransportError(format!("{host}: no such host")));
        }
        let (head, body) = self.control.answer(&request, self.clock.now().millis()).into_parts();
        Ok(Answer { status: head.status.as_u16(), headers: head.headers, body: Box::new(Whole(Some(body))) })
    }
}

/// Moves the clock to the next sleeper whenever nothing else can go on.
fn drive<T>(clock: &ManualClock, future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut context = Context::from_waker(noop_waker_ref());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
            return value;
        }
        clock.set(clock.next_wake().expect("somebody sleeps, or all of it stands still for ever"));
    }
}
