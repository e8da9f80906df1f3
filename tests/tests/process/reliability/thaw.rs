//! A freeze long enough for the far side to forget its connections, and the first stream after it: one of a configuration, whose
//! lookup comes before the status, where a refusal would end a browser's stream for good.

use std::time::Duration;

use lambda_env::{Environment, Response, StaleConnections};

use crate::fixture::{Fixture, within};

/// A freeze that is longer than anything a busy process looks like.
const FREEZE: Duration = Duration::from_millis(600);
/// From the event to the first state.
const FIRST_STATE: Duration = Duration::from_millis(300);

/// Freezes for long enough, with connections open that are then no more. How many calls had been made before.
pub(super) async fn forget_connections(fixture: &Fixture, environment: &Environment, how: StaleConnections) -> usize {
    within(environment.frozen()).await;
    tokio::time::sleep(FREEZE).await;
    let open = fixture.aws.make_connections_stale(how);
    assert!(open >= 3, "one for each of the polls that are made at once: {open}");
    fixture.aws.calls().len()
}

/// The stream after that is served like any other, and no call of it was tried twice.
pub(super) fn is_as_any_other(fixture: &Fixture, stream: &Response, calls_before: usize) {
    assert_eq!(stream.prelude().map(|prelude| prelude.status), Some(200));
    let first = stream.timed_events().into_iter().find(|(_, event)| event.name == "sentiment_update");
    let after = first.unwrap().0.since(&stream.delivered.unwrap());
    assert!(after < FIRST_STATE, "the first state {after:?} after the event");
    let calls = &fixture.aws.calls()[calls_before..];
    assert!(calls.iter().any(|call| call.operation == "GetItem") && calls.iter().any(|call| call.operation == "Query"));
    for call in calls {
        assert_eq!((call.attempt, call.status), (Some(1), 200), "{} was tried again: {call:?}", call.operation);
    }
}
