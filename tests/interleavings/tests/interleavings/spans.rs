//! The span store: streams record, export, flush and are settled at once, and whoever sends may leave at any moment.
//! Rule: Ledger. Rule: Retention.

use crate::{
    a_while, chance,
    collector::{Mood, Telemetered, of_otlp},
    many,
};
use futures::future::select;
use lambda_trace::{Clock, EndReason, SpanKind};
use lambda_trace_otlp::testing::{clock, names, stream};
use shuttle::{future::block_on, thread};
use std::{pin::pin, sync::Arc, time::Duration};

#[test]
fn each_span_is_delivered_or_printed_once_in_its_own_trace() {
    many(1_500, || {
        let clock = clock();
        let telemetered = Arc::new(Telemetered::new(&clock, &[]));
        let streams = [1, 2, 3].map(|n| {
            let (telemetered, clock) = (telemetered.clone(), clock.clone());
            thread::spawn(move || {
                let stream = stream(&telemetered.sink, &clock, n, 900_000);
                let trace = stream.trace().unwrap();
                let event = || drop(stream.span(names::DISPATCH, SpanKind::Internal));
                (0..n).for_each(|_| event());
                // An export in mid-stream; its session may end meanwhile.
                let handle = telemetered.handles.of(n);
                block_on(select(handle.export(clock.now()), pin!(a_while(12))));
                event();
                // Whatever the collector asked to wait for is over; so is the time of those who are sending.
                clock.advance(Duration::from_secs(chance(2) * 11));
                block_on(async {
                    drop(stream.finish(EndReason::Deadline).await.settle().await);
                    // The next invocation has no stream, and takes what was retained.
                    telemetered.sink.flush_retained(clock.now().plus(Duration::from_secs(5))).await;
                });
                (of_otlp(trace), n + 2)
            })
        });
        // An invocation that is not sampled, and whose time is short.
        let (sink, until) = (telemetered.sink.clone(), clock.now().plus(Duration::from_secs(5)));
        let passing = thread::spawn(move || {
            block_on(async {
                select(sink.flush_retained(until), pin!(a_while(12))).await;
            });
        });
        let made = streams.map(|stream| stream.join().unwrap()).into();
        passing.join().unwrap();
        block_on(telemetered.sink.shutdown());
        telemetered.is_complete(&made);
    });
}

/// The flush of one stream is given up, and the stream settled, while another one's request fails, and its spans are on their way back.
#[test]
fn spans_of_a_failed_request_come_back_to_a_stream_that_is_settled() {
    many(1_000, || {
        let clock = clock();
        let telemetered = Arc::new(Telemetered::new(&clock, &[Mood::HasNoRoom; 2]));
        let serve = |n| stream(&telemetered.sink, &clock, n, 900_000);
        let (first, second) = (serve(1), serve(2));
        let made = [&first, &second].map(|stream| (of_otlp(stream.trace().unwrap()), 1)).into();
        // Retained.
        block_on(async { drop(first.finish(EndReason::Deadline).await.settle().await) });
        let (sink, until) = (telemetered.sink.clone(), clock.now().plus(Duration::from_mins(15)));
        let sending = thread::spawn(move || block_on(sink.flush_retained(until)));
        let ending =
            thread::spawn(|| block_on(async { drop(second.finish(EndReason::Deadline).await.settle().await) }));
        block_on(a_while(10));
        clock.advance(Duration::from_secs(6));
        sending.join().unwrap();
        ending.join().unwrap();
        block_on(telemetered.sink.shutdown());
        telemetered.is_complete(&made);
    });
}
