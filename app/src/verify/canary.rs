//! The canary: `verify --canary` as a function of its own, which a schedule invokes. It is this program too, told by one
//! variable what to verify. What it finds is a line of metrics; only a run that did not come to an end is a failed invocation.

use super::{VerifyArgs, VerifyError, emf, judge};
use crate::compose;
use bytes::Bytes;
use clap::Parser;
use futures::FutureExt;
use http::{HeaderMap, StatusCode};
use lambda_runtime::LambdaEvent;
use lambda_stream::{
    Address, AddressError, Body, Completion, Refusal, Response, Runtime, RuntimeError, StreamingHandler,
};
use lambda_trace::{Invocation, InvocationStart, TraceConfig};
use sse_verify::{
    Options,
    aws::Endpoints,
    checks::Verdict,
    ports::{Ports, Silent},
    report::Report,
};

/// Where it is set, the function is no stream but the canary of one: the flags of `verify`, as on a command line.
pub(crate) const FLAGS: &str = "SSE_VERIFY_FLAGS";

/// Why the function ends with an exit code that is not 0.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CanaryError {
    /// Reported on `/init/error`.
    #[error("{FLAGS}: {0}")]
    Flags(String),
    /// Reported on `/init/error`.
    #[error("{FLAGS}")]
    Verify(#[from] VerifyError),
    /// There is nobody to report to.
    #[error("AWS_LAMBDA_RUNTIME_API is {0}")]
    Address(#[from] AddressError),
    /// The loop could not start, or the Runtime API is gone.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
}

/// The flags by themselves.
#[derive(Debug, Parser)]
#[command(no_binary_name = true)]
struct Flags {
    #[command(flatten)]
    verify: VerifyArgs,
}

/// Serves the schedule until SIGTERM.
///
/// # Errors
/// The start failed, or the Runtime API is gone.
pub(crate) async fn run(
    runtime_api: &str,
    flags: &str,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<(), CanaryError> {
    let runtime = Runtime::new(runtime_api.parse::<Address>()?);
    match Canary::new(flags, environment) {
        Ok(canary) => {
            let tracing = canary.tracing.clone();
            Ok(runtime.run(canary, tracing).await?)
        }
        Err(error) => {
            runtime.fail(&error).await;
            Err(error)
        }
    }
}

struct Canary {
    options: Options,
    endpoints: Endpoints,
    ports: Ports,
    metrics: emf::Target,
    tracing: TraceConfig,
}

impl Canary {
    fn new(flags: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, CanaryError> {
        let args = parse(flags)?;
        let options = args.options(environment).map_err(VerifyError::from)?;
        let ports = compose::ports(environment, |_| Silent).map_err(VerifyError::System)?;
        Ok(Self {
            options,
            endpoints: Endpoints::new(environment),
            metrics: emf::Target::new(environment),
            tracing: compose::untraced(ports.clock.clone()),
            ports,
        })
    }
}

/// Words as a shell would split them, but for quotes: no flag has a value with a space.
fn parse(flags: &str) -> Result<VerifyArgs, CanaryError> {
    let words = std::iter::once("--canary").chain(flags.split_whitespace().filter(|word| *word != "--canary"));
    let args = Flags::try_parse_from(words).map_err(|error| CanaryError::Flags(error.render().to_string()))?.verify;
    if args.junit.is_some() || args.print_policy {
        return Err(CanaryError::Flags("--junit and --print-policy mean nothing to a canary".to_owned()));
    }
    Ok(args)
}

impl StreamingHandler for Canary {
    async fn handle(&self, _: LambdaEvent<Bytes>, start: InvocationStart) -> Result<Response, Refusal> {
        let (report, ended) = judge(&self.options, &self.endpoints, &self.ports).await;
        tell(&report);
        println!("{}", self.metrics.line(&report, ended));
        Ok(Response {
            status: StatusCode::OK,
            headers: HeaderMap::new(),
            body: Body::Whole(report.json().to_string().into()),
            completion: Completion::AfterResponse(Invocation::begin(start, self.tracing.clone()).answer().boxed()),
        })
    }
}

/// The metrics say that something is wrong; these lines say what.
fn tell(report: &Report) {
    for judged in &report.judged {
        let evidence = judged.finding.evidence.join("; ");
        match judged.finding.verdict {
            Verdict::Fail => tracing::error!(check = judged.check.id, evidence, "a check failed"),
            Verdict::CouldNotJudge => {
                tracing::warn!(check = judged.check.id, evidence, "a check could not be judged");
            }
            Verdict::Pass | Verdict::NotApplicable => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_holds_the_flags_of_the_command() {
        let args =
            parse(" --url https://abc.lambda-url.eu-west-1.on.aws/ \n --function f:live --patience 2m ").unwrap();
        assert!(args.canary);
        assert_eq!((args.function.as_deref(), args.patience.as_secs()), (Some("f:live"), 120));
        assert!(parse("--canary --url https://x").unwrap().canary, "said twice is said once");
    }

    #[test]
    fn flags_that_mean_nothing_here_stop_the_start() {
        for bad in ["", "--url ftp://x", "--url https://x --json", "--url https://x --junit f", "--print-policy"] {
            let error = parse(bad).unwrap_err().to_string();
            assert!(error.starts_with("SSE_VERIFY_FLAGS: "), "{bad}: {error}");
        }
    }
}
