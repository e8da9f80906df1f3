//! The function as a deployment: behind its URL, in environments that start when a request needs them and freeze when it is over, with
//! what Lambda, Logs and CloudWatch would say of it in the account of the fixture. It judges nothing: `verify` does.

use crate::{backend::Backend, fixture::Fixture, native_span::native_span, plan::Plan, platform_log::PlatformLog};
use fake_aws_control::{FakeAwsControl, FakeFunction};
use lambda_env::{
    Function, OtlpReceiver, Stamp, TlsFront, UrlError, UrlOptions, UrlServer, environment::EnvironmentBuilder,
};
use serde_json::{Value, json};
use std::{io, net::SocketAddr, time::Duration};
use tokio::{task::JoinHandle, time::sleep};

/// Of Managed Instances, each for many streams.
const INSTANCES: usize = 2;
/// A stream that stays open, one that resumes, a new one and a configuration's, side by side; and one to spare.
const ENVIRONMENTS: usize = 5;
const RESERVED: u32 = 20;
const HANDING_OVER: Duration = Duration::from_millis(100);

/// A function behind its URL. It ends when this is dropped.
#[derive(Debug)]
pub struct Deployment {
    address: SocketAddr,
    log: PlatformLog,
    tasks: Vec<JoinHandle<()>>,
}

impl Deployment {
    /// Its spans go to the collector.
    ///
    /// # Errors
    /// No port can be had.
    pub async fn with_collector(fixture: &Fixture, plan: &Plan) -> Result<Self, UrlError> {
        Self::of(fixture, plan, fixture.function()).await
    }

    /// Its spans go to X-Ray's own OTLP endpoint, signed and over TLS, and from there to the log group `aws/spans`.
    ///
    /// # Errors
    /// No port can be had, or no certificate made.
    pub async fn without_collector(fixture: &Fixture, plan: &Plan) -> io::Result<Self> {
        let endpoint = OtlpReceiver::start_as_xray()?;
        let front = TlsFront::start(endpoint.address(), "AWS_ENDPOINT_URL_XRAY").await?;
        let function = fixture.function().without_var("OTEL_EXPORTER_OTLP_ENDPOINT").beside(&front);
        let mut deployment = Self::of(fixture, plan, function).await.map_err(io::Error::other)?;
        deployment.tasks.push(tokio::spawn(hand_over((endpoint, front), fixture.xray.control().clone())));
        Ok(deployment)
    }

    async fn of(fixture: &Fixture, plan: &Plan, builder: EnvironmentBuilder) -> Result<Self, UrlError> {
        let function = Function { name: plan.name.clone(), ..Function::default() };
        let builder = plan.variables.iter().fold(builder, |builder, (name, value)| builder.var(name, value));
        let builder = builder.function(function);
        let (builder, environments) = match plan.workers {
            None => (builder, ENVIRONMENTS),
            Some(workers) => (builder.managed_instances(workers), INSTANCES),
        };
        let options = UrlOptions { environments, start_at_once: plan.workers.is_some(), ..UrlOptions::default() };
        let server = UrlServer::start(builder, options).await?;
        let address = server.address();
        describe(fixture.xray.control(), plan, address);
        let log = PlatformLog::new(fixture.xray.control().clone(), plan, fixture.collector.pid());
        let tasks = vec![tokio::spawn(log.clone().follow(server))];
        Ok(Self { address, log, tasks })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its Function URL.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What its runtime did that a correct one never does.
    pub fn violations(&self) -> Vec<String> {
        self.log.violations()
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

/// What the endpoint took is in the log group soon afterwards. The endpoint is there for as long as this goes on.
async fn hand_over((endpoint, _front): (OtlpReceiver, TlsFront), control: FakeAwsControl) {
    loop {
        for received in endpoint.take().into_iter().filter(|received| received.accepted) {
            control.put_span(Stamp::now().unix_ms(), native_span(&received.span));
        }
        sleep(HANDING_OVER).await;
    }
}

/// What Lambda and CloudWatch say of it.
fn describe(control: &FakeAwsControl, plan: &Plan, address: SocketAddr) {
    let name = &plan.name;
    let everybody = |action: &str, condition: Value| json!({"Effect": "Allow", "Principal": "*", "Action": action, "Condition": condition});
    let mut variables = plan.variables.clone();
    variables.insert("ENVIRONMENT".to_owned(), Backend::ENVIRONMENT.to_owned());
    let mut function = FakeFunction {
        configuration: json!({"FunctionName": name, "MemorySize": Function::default().memory_mb, "Timeout": 30,
            "TracingConfig": {"Mode": "Active"}, "Environment": {"Variables": variables}, "Layers": [],
            "LoggingConfig": {"LogFormat": plan.format.name(), "LogGroup": format!("/aws/lambda/{name}")}}),
        url: json!({"FunctionUrl": format!("https://{address}/"), "AuthType": "NONE", "InvokeMode": "RESPONSE_STREAM"}),
        alias: Some("live".to_owned()),
        policy: json!({"Statement": [
            everybody("lambda:InvokeFunctionUrl", json!({"StringEquals": {"lambda:FunctionUrlAuthType": "NONE"}})),
            everybody("lambda:InvokeFunction", json!({"Bool": {"lambda:InvokedViaFunctionUrl": "true"}})),
        ]}),
        reserved: Some(RESERVED),
    };
    if plan.workers.is_some() {
        function.configuration["CapacityProviderConfig"] = json!({"LambdaManagedInstancesCapacityProviderConfig": {}});
        function.reserved = None;
    }
    control.put_function(name, function);
    for (metric, namespace, dimension, value) in [
        ("SpansNotDelivered", "SseStreaming", "Environment", Backend::ENVIRONMENT),
        ("Errors", "AWS/Lambda", "FunctionName", name.as_str()),
    ] {
        control.put_alarm(json!({"AlarmName": format!("{name}-{metric}"), "MetricName": metric, "Namespace": namespace, "StateValue": "OK",
            "Dimensions": [{"Name": dimension, "Value": value}], "AlarmActions": ["arn"], "ActionsEnabled": true}));
    }
}
