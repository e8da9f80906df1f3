//! Ours: `lambda-stream` with `lambda-trace` and `lambda-trace-otlp`, as in the example `tokens` of `app/lambda`.

use bytes::Bytes;
use futures::{FutureExt, SinkExt, StreamExt, channel::mpsc, future::Either, future::select};
use lambda_runtime::LambdaEvent;
use lambda_stream::{Body, BodyError, Completion, Refusal, Response, Runtime, StreamingHandler};
use lambda_trace::{
    EndReason, Invocation, InvocationStart, Off, Phases, Span, SpanKind, StreamSpan, Streaming, Timestamp, TraceConfig,
    Value,
};
use lambda_trace_otlp::{Pipeline, PipelineConfig, PipelinePorts, SpanPolicy, Stdout, SystemClock, XrayIds};
use peers::function::{APART, MARGIN, Request, begun, done, event as text_of};
use std::{error::Error, panic::AssertUnwindSafe, sync::Arc};

struct Function(TraceConfig);
struct OfStream(String);
type Out = mpsc::Sender<Result<Bytes, BodyError>>;

impl StreamSpan for OfStream {
    fn name(&self) -> &'static str {
        "stream"
    }

    fn attributes(&self, _: EndReason) -> Vec<(&'static str, Value)> {
        vec![("request", self.0.clone().into()), ("n", 0_u32.into())]
    }
}

impl StreamingHandler for Function {
    async fn handle(&self, event: LambdaEvent<Bytes>, start: InvocationStart) -> Result<Response, Refusal> {
        let payload = serde_json::from_slice(&event.payload).unwrap_or_default();
        let request = Request::of_event(&payload, &event.context);
        let (tracing, end) = (self.0.clone(), start.deadline.minus(MARGIN));
        let stream = Arc::new(OfStream(request.id.clone()));
        let invocation = Invocation::begin(start, tracing.clone()).into_streaming(stream, end);
        begun(&request, "stream", 0);
        let (mut out, mut body) = mpsc::channel::<Result<Bytes, BodyError>>(0);
        let (status, headers, rescue) = (http::StatusCode::OK, http::HeaderMap::new(), invocation.rescue());
        if request.is_streamed {
            let session = async move {
                let why = tell(&request, &invocation, &mut out, &tracing, end).await;
                let flushed = invocation.finish(why).await;
                drop(out);
                (flushed.settle().await, why)
            };
            let session = AssertUnwindSafe(session).catch_unwind();
            // The spans of a session that panicked were closed on the way out; they are to be flushed all the same.
            let session = async move {
                match session.await {
                    Ok(ended) => ended,
                    Err(_) => (rescue.settle().await, EndReason::Error),
                }
            };
            let completion = Completion::WithResponse(session.boxed());
            return Ok(Response { status, headers, body: Body::Stream(body.boxed()), completion });
        }
        let taken = async {
            let mut text = Vec::new();
            while let Some(Ok(chunk)) = body.next().await {
                text.extend_from_slice(&chunk);
            }
            text
        };
        let session = async move {
            let why = tell(&request, &invocation, &mut out, &tracing, end).await;
            drop(out);
            invocation.finish(why).await
        };
        match AssertUnwindSafe(futures::future::join(session, taken)).catch_unwind().await {
            Ok((flushed, text)) => {
                let completion = Completion::AfterResponse(flushed.settle().boxed());
                Ok(Response { status, headers, body: Body::Whole(text.into()), completion })
            }
            Err(_) => Err(Refusal {
                error_type: "Function.Panic",
                message: "the function panicked".to_owned(),
                settle: rescue.settle().boxed(),
            }),
        }
    }
}

async fn tell(
    request: &Request,
    invocation: &Invocation<Streaming>,
    out: &mut Out,
    tracing: &TraceConfig,
    end: Timestamp,
) -> EndReason {
    let mut over = select(tracing.clock.sleep_until(end), tracing.shutdown.asked());
    for n in 1..=request.events {
        let poll = span(request, invocation, "poll", n);
        match select(tracing.clock.sleep_until(invocation.now().plus(APART)), &mut over).await {
            Either::Left(_) => drop(poll),
            Either::Right((Either::Left(_), _)) => return ended(request, EndReason::Deadline),
            Either::Right((Either::Right(_), _)) => return ended(request, EndReason::Shutdown),
        }
        request.may_panic(n);
        let _dispatch = span(request, invocation, "dispatch", n);
        if out.send(Ok(text_of(n).into())).await.is_err() {
            return ended(request, EndReason::ClientDisconnected);
        }
    }
    ended(request, EndReason::StreamMax)
}

fn ended(request: &Request, why: EndReason) -> EndReason {
    done(request);
    why
}

fn span<'a>(
    request: &Request,
    invocation: &'a Invocation<Streaming>,
    name: &'static str,
    n: u32,
) -> Span<'a, Streaming> {
    begun(request, name, n);
    let mut span = invocation.span(name, SpanKind::Internal);
    span.set("request", request.id.clone());
    span.set("n", n);
    span
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let endpoint = std::env::var("OTEL_EXPORTER_OTLP_ENDPOINT")? + "/v1/traces";
    let clock = Arc::new(SystemClock);
    let policy = SpanPolicy::default().share(&["poll"], 1).share(&["dispatch"], 1);
    let ports = PipelinePorts::new(Arc::new(Stdout), clock.clone());
    let streaming = Arc::new(Pipeline::new(PipelineConfig::new("ours", endpoint, policy), ports)?);
    let phases = Phases { handler: Arc::new(Off), streaming };
    let tracing = TraceConfig::new(clock, Arc::new(XrayIds), Arc::new(phases), "ours");
    let api = std::env::var("AWS_LAMBDA_RUNTIME_API")?.parse()?;
    let workers =
        std::env::var("AWS_LAMBDA_MAX_CONCURRENCY").ok().and_then(|workers| workers.parse().ok()).unwrap_or(1);
    Ok(Runtime::new(api).with_workers(workers).run(Function(tracing.clone()), tracing).await?)
}
