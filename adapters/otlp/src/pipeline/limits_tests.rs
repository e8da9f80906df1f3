//! What the far side of a transport takes, where it is less than a collector's.

use super::*;
use crate::{
    line_sink::MemoryLines,
    testing::{Collector, Handles, Told, clock, config, end, names, ports, stream, streaming_only},
    transport::{TransportError, TransportLimits},
};
use bytes::Bytes;
use futures::executor::block_on;
use http::{Request, Response};
use lambda_trace::{ManualClock, SpanKind};
use std::time::Duration;

const DAY_MS: u64 = 86_400_000;

/// A collector that takes less than others.
#[derive(Debug)]
struct Limited(Arc<Collector>, TransportLimits);

#[async_trait]
impl Transport for Limited {
    async fn send(&self, request: Request<Bytes>, attempt_log: &AttemptLog) -> Result<Response<Bytes>, TransportError> {
        self.0.send(request, attempt_log).await
    }

    fn limits(&self) -> TransportLimits {
        self.1
    }
}

type Parts = (Arc<Collector>, Arc<MemoryLines>, Arc<ManualClock>, Pipeline);

fn pipeline(limits: TransportLimits, service: &str) -> Result<Parts, PipelineError> {
    let (collector, lines, clock) = (Arc::<Collector>::default(), Arc::<MemoryLines>::default(), clock());
    let resource = Resource::builder_empty().with_service_name(service.to_owned()).build();
    let transport = Arc::new(Limited(collector.clone(), limits));
    let ports = ports(&lines, &Arc::<Told>::default(), &clock);
    let pipeline = Pipeline::over(transport, config(1 << 20), &resource, ports)?;
    Ok((collector, lines, clock, pipeline))
}

#[test]
fn a_resource_that_would_have_every_request_refused_is_no_pipeline() {
    let limits = TransportLimits { resource_bytes: 100, ..TransportLimits::COLLECTOR };
    assert!(pipeline(limits, "tests").is_ok());
    let refused = pipeline(limits, &"t".repeat(100)).err().map(|error| error.to_string());
    assert!(refused.as_ref().is_some_and(|text| text.contains("no more than 100 are taken")), "{refused:?}");
}

#[test]
fn spans_that_are_too_old_are_in_the_log_and_cost_no_other_its_place() {
    let limits = TransportLimits { span_age: std::time::Duration::from_hours(24), ..TransportLimits::COLLECTOR };
    let (collector, lines, clock, pipeline) = pipeline(limits, "tests").expect("a pipeline");
    let handles = Handles::new(Arc::new(pipeline));
    let stream = stream(&streaming_only(handles.clone()), &clock, 1, 2 * DAY_MS);
    drop(stream.span(names::DISPATCH, SpanKind::Internal));
    clock.advance(Duration::from_millis(DAY_MS + 1));
    drop(stream.span(names::POLL, SpanKind::Client));
    drop(stream.span(names::DISPATCH, SpanKind::Internal));
    block_on(handles.of(1).export(clock.now()));
    assert_eq!(collector.accepted_names(), [names::POLL, names::DISPATCH]);
    assert_eq!(end(stream), FlushOutcome::Rejected, "the stream began too long ago itself");
    let printed = lines.all();
    assert!(printed[0].contains(names::DISPATCH) && printed[1].contains(names::STREAM), "{printed:?}");
    assert!(printed[2].contains(r#""created":4,"delivered":2,"retained":0,"logged":2"#), "{}", printed[2]);
}

#[test]
fn a_span_is_cut_to_what_is_taken() {
    let limits = TransportLimits { document_bytes: 1_000, ..TransportLimits::COLLECTOR };
    let (collector, _, clock, pipeline) = pipeline(limits, "tests").expect("a pipeline");
    let stream = stream(&streaming_only(Arc::new(pipeline)), &clock, 1, 1_000);
    let mut span = stream.span(names::DISPATCH, SpanKind::Internal);
    for key in ["one", "two", "three"] {
        span.set(key, "x".repeat(400));
    }
    drop(span);
    end(stream);
    assert!(collector.accepted()[0].dropped_attributes_count > 0);
}
