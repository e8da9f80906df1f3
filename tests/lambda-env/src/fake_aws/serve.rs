//! One call to AWS: reads it, lets a fault happen or does it, records it, answers. It knows no operation.

use std::sync::Arc;

use http::{Request, StatusCode};
use hyper::body::Incoming;
use serde_json::json;

use super::{
    AwsCall, AwsFault,
    dynamodb::{Done, ServiceError},
    metrics::put_metric_data,
    protocol::{Asked, text},
    state::Shared,
};
use crate::{
    clock::Stamp,
    wire::{self, Answer, Peer, Unanswered},
};

/// Takes one call.
pub(super) async fn call(request: Request<Incoming>, peer: Peer, shared: Arc<Shared>) -> Answer {
    let (head, body) = request.into_parts();
    let body = wire::whole(body).await?;
    let at = Stamp::now();
    let asked = Asked::read(&head, &body);
    let partition = crate::lock(&shared.database).partition(&asked.operation, &asked.arguments);
    let fault = crate::lock(&shared.faults).take(&asked.operation, asked.table(), partition.as_deref());
    let request_id = shared.ids.uuid();
    let result = failure(&asked, fault).map_or_else(|| shared.perform(&asked, fault, at, &request_id), Err);
    let response = match &result {
        Ok(_) if fault == Some(AwsFault::Garbage) => wire::reply(StatusCode::OK, "text/html", "<html>\0\u{fffd}"),
        Ok(done) => asked.success(&done.body, &request_id),
        Err(error) => asked.error(error, &request_id),
    };
    let (items, capacity) = result.as_ref().map_or((0, 0.0), |done| (done.items, done.capacity));
    let attempt = text(&head.headers, "amz-sdk-request")
        .and_then(|request| request.split(';').find_map(|part| part.trim().strip_prefix("attempt=")));
    let recorded = shared.record(AwsCall {
        at,
        answered: None,
        service: asked.service,
        table: asked.table().map(str::to_owned),
        operation: asked.operation,
        request_id,
        arguments: asked.arguments,
        partition,
        status: response.status().as_u16(),
        error: result.err().map(|error| error.code),
        fault,
        items,
        capacity,
        sdk_call: text(&head.headers, "amz-sdk-invocation-id").map(str::to_owned),
        attempt: attempt.and_then(|attempt| attempt.parse().ok()),
        bytes: body.len(),
        compressed: asked.compressed,
    });
    match fault {
        Some(AwsFault::Reset | AwsFault::AnswerLost) => {
            peer.reset();
            return Err(Unanswered);
        }
        // Dropped once the client is gone.
        Some(AwsFault::Hang) => std::future::pending().await,
        Some(AwsFault::Slow(time)) => tokio::time::sleep(time).await,
        _ => {}
    }
    shared.answered(&recorded);
    Ok(response)
}

/// The error that the fault, or the request itself, makes of it.
fn failure(asked: &Asked, fault: Option<AwsFault>) -> Option<ServiceError> {
    match fault {
        Some(AwsFault::Throttle) => Some(asked.throttled()),
        Some(AwsFault::Internal) => Some(asked.broken()),
        Some(AwsFault::AccessDenied) => Some(asked.denied()),
        Some(AwsFault::HugeError(bytes)) => Some(ServiceError::new(400, "ValidationException", &"x".repeat(bytes))),
        _ => asked.problem.clone(),
    }
}

impl Shared {
    fn perform(
        &self,
        asked: &Asked,
        fault: Option<AwsFault>,
        at: Stamp,
        request_id: &str,
    ) -> Result<Done, ServiceError> {
        if matches!(fault, Some(AwsFault::Hang | AwsFault::Reset | AwsFault::Garbage)) {
            // Not done at all. The answer is not this one either.
            return Ok(Done { body: json!({}), items: 0, capacity: 0.0 });
        }
        if asked.service == "DynamoDB" {
            let table = asked.table().unwrap_or_default();
            if crate::lock(&self.buckets).is_empty(table, at) {
                return Err(asked.throttled());
            }
            let done = crate::lock(&self.database).call(&asked.operation, &asked.arguments)?;
            crate::lock(&self.buckets).consume(table, done.capacity);
            return Ok(done);
        }
        if asked.operation != "PutMetricData" {
            return Err(ServiceError::new(404, "UnknownOperationException", &asked.operation));
        }
        let data = put_metric_data(&asked.arguments, at, request_id)?;
        let items = data.len();
        crate::lock(&self.metrics).extend(data);
        Ok(Done { body: json!({}), items, capacity: 0.0 })
    }

    fn record(&self, call: AwsCall) -> String {
        let id = call.request_id.clone();
        crate::lock(&self.calls).push(call);
        self.changed.send_modify(|()| ());
        id
    }

    fn answered(&self, request_id: &str) {
        if let Some(call) = crate::lock(&self.calls).iter_mut().rev().find(|call| call.request_id == request_id) {
            call.answered = Some(Stamp::now());
        }
        self.changed.send_modify(|()| ());
    }
}
