//! What types cannot refuse is seen at run time.
//! Rule: Ledger.

use lambda_trace::{EndReason, SpanKind};
use sse_core::{names, plan::View};
use sse_tests::world::{Setup, World, header};

#[test]
fn a_forgotten_span_shows_as_a_difference_in_the_ledger() {
    let world = World::new(Setup::default(), 1, 1);
    let environment = &world.environments[0];
    let plan = environment.plan(View::ALL, None);
    let (invocation, _) = environment.invocation(Some(&header(1)), &plan);
    // Compiles: `forget` ends the borrow and skips `Drop`.
    std::mem::forget(invocation.span("leaked", SpanKind::Internal));
    futures::executor::block_on(async { drop(invocation.finish(EndReason::Deadline).await.settle().await) });
    let telemetry = &environment.telemetry;
    assert!(telemetry.named("leaked").is_empty());
    assert_eq!((telemetry.closed()[0].created, telemetry.spans().len()), (2, 1));
}

#[test]
fn an_invocation_dropped_without_finish_still_closes_its_stream() {
    let world = World::new(Setup::default(), 1, 1);
    let environment = &world.environments[0];
    let plan = environment.plan(View::ALL, None);
    drop(environment.invocation(Some(&header(1)), &plan));
    let root = environment.telemetry.named(names::STREAM).remove(0);
    assert_eq!(root.text("end_reason").as_deref(), Some("client_disconnected"));
}
