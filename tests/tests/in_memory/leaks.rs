//! What types cannot refuse is seen at run time.
//! Rule: Ledger.

use futures::FutureExt;
use lambda_trace::{EndReason, SpanKind};
use sse_core::{names, plan::View, stream::open, traced::acquire};
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

/// Seen with 1,024 workers on two cores: what could not end within the time that SIGTERM leaves had no ledger line.
#[test]
fn a_stream_that_is_dropped_is_settled_all_the_same() {
    let world = World::new(Setup::default(), 1, 1);
    let environment = &world.environments[0];
    let plan = environment.plan(View::ALL, None);
    let (invocation, record) = environment.invocation(Some(&header(1)), &plan);
    let permit = acquire(&invocation, &record, &environment.ports.pool).expect("a slot");
    let (session, reader) = open(invocation, record, permit, environment.ports.clone(), plan).split();
    let mut session = Box::pin(session);
    assert!((&mut session).now_or_never().is_none(), "it streams");
    drop((session, reader));
    let telemetry = &environment.telemetry;
    let closed = telemetry.closed();
    assert_eq!((closed.len(), closed[0].created), (1, telemetry.spans().len() as u64));
    assert_eq!((telemetry.named(names::STREAM).len(), telemetry.named(names::RELEASE).len()), (1, 1));
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
