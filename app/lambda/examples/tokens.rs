//! A streaming function of another domain: a made-up text, token by token. One trace of two phases, flushed at every end.

use bytes::Bytes;
use futures::{FutureExt, SinkExt, StreamExt, channel::mpsc, future::Either, future::select};
use lambda_runtime::LambdaEvent;
use lambda_stream::{Body, BodyError, Completion, Refusal, Response, Runtime, StreamingHandler};
use lambda_trace::{EndReason, Invocation, InvocationStart, NamedStream, Off, Phases, SpanKind, Streaming};
use lambda_trace::{Timestamp, TraceConfig};
use lambda_trace_otlp::{Pipeline, PipelineConfig, PipelinePorts, Place, SpanPolicy, Stdout, SystemClock, XrayIds};
use std::{error::Error, sync::Arc, time::Duration};

const TEXT: &str = "In a town by the sea a clock counts the waves and forgets each of them at once";

struct Teller(TraceConfig);
type Out = mpsc::Sender<Result<Bytes, BodyError>>;

impl StreamingHandler for Teller {
    async fn handle(&self, _: LambdaEvent<Bytes>, start: InvocationStart) -> Result<Response, Refusal> {
        let (tracing, end) = (self.0.clone(), start.deadline.minus(Duration::from_secs(1)));
        let invocation =
            Invocation::begin(start, tracing.clone()).into_streaming(Arc::new(NamedStream("telling")), end);
        let (mut out, body) = mpsc::channel(0);
        let session = async move {
            let why = tell(&invocation, &mut out, &tracing, end).await;
            let flushed = invocation.finish(why).await;
            drop(out); // The body ends here: flushed, or with the flush going on beside it.
            (flushed.settle().await, why)
        };
        let (status, headers, body) = (http::StatusCode::OK, http::HeaderMap::new(), Body::Stream(body.boxed()));
        Ok(Response { status, headers, body, completion: Completion::WithResponse(session.boxed()) })
    }
}

async fn tell(invocation: &Invocation<Streaming>, out: &mut Out, tracing: &TraceConfig, end: Timestamp) -> EndReason {
    let mut over = select(tracing.clock.sleep_until(end), tracing.shutdown.asked());
    for token in TEXT.split_inclusive(' ') {
        let _span = invocation.span("token", SpanKind::Internal);
        match select(out.send(Ok(token.into())), &mut over).await {
            Either::Left((Ok(()), _)) => {}
            Either::Left((Err(_), _)) => return EndReason::ClientDisconnected,
            Either::Right((Either::Left(_), _)) => return EndReason::Deadline,
            Either::Right((Either::Right(_), _)) => return EndReason::Shutdown,
        }
        tracing.clock.sleep_until(invocation.now().plus(Duration::from_millis(20))).await;
    }
    EndReason::StreamMax
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let environment = |name| std::env::vars().find(|(n, _)| n == name).map(|(_, value)| value).ok_or(name);
    let endpoint = environment("OTEL_EXPORTER_OTLP_ENDPOINT")? + "/v1/traces";
    let clock = Arc::new(SystemClock);
    let policy = SpanPolicy::default().share(&["token"], 1).place(Place::last("token", 600));
    let ports = PipelinePorts::new(Arc::new(Stdout), clock.clone());
    let streaming = Arc::new(Pipeline::new(PipelineConfig::new("tokens", endpoint, policy), ports)?);
    let phases = Phases { handler: Arc::new(Off), streaming };
    let tracing = TraceConfig::new(clock, Arc::new(XrayIds), Arc::new(phases), "tokens");
    Ok(Runtime::new(environment("AWS_LAMBDA_RUNTIME_API")?.parse()?).run(Teller(tracing.clone()), tracing).await?)
}
