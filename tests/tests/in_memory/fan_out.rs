//! What one poll costs with many streams: one write for all readers of a view, and nobody is woken for nothing.
//! Rule: Fan-out.

use crate::reading::feed;
use futures::{FutureExt, StreamExt, future::BoxFuture, task::ArcWake};
use lambda_trace::{Clock, ManualClock};
use sse_adapters::memory::Fault;
use sse_core::{
    item::{Sentiment, Ticker},
    outbox::{Client, Reader, Writer, outbox},
    plan::{Limits, View},
    ports::{Dispatcher, Update},
    snapshot::Snapshot,
    stream::open,
    traced::acquire,
    window::{Source, Window, WindowLimits},
};
use sse_tests::world::{Setup, World, header, item};
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::Context,
    time::Duration,
};

/// Longer than any test here lasts.
const QUIET: Limits = Limits {
    stream_max: None,
    deadline_margin: Duration::from_secs(1),
    heartbeat: Duration::from_mins(1),
    retry: Duration::from_secs(3),
};

fn pair(clock: &Arc<ManualClock>, view: View) -> (Writer, Reader) {
    let (retry, done_retry, started_at) = (QUIET.retry, QUIET.retry, clock.now());
    outbox(Client { view, resume: None, retry, done_retry, trace: None, started_at }, clock.clone(), Arc::new(()))
}

fn read(reader: &mut Reader) -> bytes::Bytes {
    reader.next().now_or_never().expect("something to read").expect("no end").expect("no fault")
}

fn state(snapshot: &Arc<Snapshot>) -> Update {
    Update::State { snapshot: snapshot.clone(), after_read: true }
}

#[test]
fn all_readers_of_a_view_are_given_the_bytes_of_one_write() {
    let clock = Arc::new(ManualClock::new(World::new(Setup::default(), 0, 1).now()));
    let mut window = Window::new(WindowLimits { span: Duration::from_hours(24), max_items: 100 });
    let mut put = |id: &str, ticker: &str, before: Option<&Snapshot>| {
        let item = item(id, clock.now(), Sentiment::Positive, 0.5, &[ticker]);
        window.put(item, Source::Recent, clock.now());
        Arc::new(Snapshot::next(before, &mut window).expect("a change"))
    };
    let first = put("a", "AAPL", None);
    let second = put("b", "MSFT", Some(&first));
    let only = Ticker::parse("MSFT").map(|ticker| BTreeSet::from([ticker]));
    let filtered = View { tickers: only, ..View::ALL };
    let views = [View::ALL, View::ALL, View::ALL, View::ALL, filtered];
    let mut readers = views.map(|view| pair(&clock, view));
    for (writer, reader) in &mut readers {
        writer.dispatch(Update::Heartbeat { degraded: false, connections: 5 });
        writer.dispatch(state(&first));
        read(reader);
    }
    for (writer, _) in &readers {
        writer.dispatch(state(&second));
    }
    let mut at = |n: usize| read(&mut readers[n].1);
    let [one, two, three, filtered] = [at(0), at(1), at(2), at(4)];
    // One who comes later than the others: dates in events are of the moment in which they are written.
    clock.advance(Duration::from_millis(101));
    let late = at(3);
    let place = |bytes: &bytes::Bytes| bytes.as_ptr();
    assert_eq!([place(&one), place(&two), place(&three)], [place(&one); 3], "encoded more than once");
    assert!(place(&filtered) != place(&one) && place(&late) != place(&one));
    let text = |bytes: &bytes::Bytes| String::from_utf8(bytes.to_vec()).expect("UTF-8");
    assert!([&one, &filtered, &late].iter().all(|bytes| text(bytes).contains("MSFT")));
}

/// How often something was woken, and whether it was since it was looked at.
#[derive(Default)]
struct Wakes {
    count: AtomicUsize,
    pending: AtomicUsize,
}

impl ArcWake for Wakes {
    fn wake_by_ref(wakes: &Arc<Self>) {
        wakes.count.fetch_add(1, SeqCst);
        wakes.pending.fetch_add(1, SeqCst);
    }
}

/// A stream whose two halves are driven when they are woken, and not otherwise.
struct Stream {
    session: BoxFuture<'static, ()>,
    reader: Reader,
    of_session: Arc<Wakes>,
    of_reader: Arc<Wakes>,
}

impl Stream {
    fn open(world: &World, n: u64) -> Self {
        let environment = &world.environments[0];
        let plan = environment.plan(View::ALL, None);
        let (invocation, record) = environment.invocation(Some(&header(n)), &plan);
        let permit = acquire(&invocation, &record, &environment.ports.pool).expect("a slot");
        let (session, reader) = open(invocation, record, permit, environment.ports.clone(), plan).split();
        let [of_session, of_reader] = [(); 2].map(|()| Arc::<Wakes>::default());
        ArcWake::wake_by_ref(&of_session);
        ArcWake::wake_by_ref(&of_reader);
        Self { session: session.map(drop).boxed(), reader, of_session, of_reader }
    }

    /// Whether there was anything to do.
    fn go_on(&mut self) -> bool {
        let session_is_woken = self.of_session.pending.swap(0, SeqCst) > 0;
        if session_is_woken {
            let waker = futures::task::waker_ref(&self.of_session);
            assert!(self.session.poll_unpin(&mut Context::from_waker(&waker)).is_pending(), "it has not ended");
        }
        let reader_is_woken = self.of_reader.pending.swap(0, SeqCst) > 0;
        if reader_is_woken {
            let waker = futures::task::waker_ref(&self.of_reader);
            while self.reader.poll_next_unpin(&mut Context::from_waker(&waker)).is_ready() {}
        }
        session_is_woken || reader_is_woken
    }

    fn wakes(&self) -> (usize, usize) {
        (self.of_session.count.swap(0, SeqCst), self.of_reader.count.swap(0, SeqCst))
    }
}

/// Lets time pass, waking every sleeper at its own moment; how often sessions and readers were woken, stream by stream.
fn run(world: &World, streams: &mut [Stream], time: Duration) -> Vec<(usize, usize)> {
    let until = world.now().plus(time);
    loop {
        while streams.iter_mut().filter_map(|stream| stream.go_on().then_some(())).count() > 0 {}
        match world.clock.next_wake().filter(|at| *at <= until) {
            Some(at) => world.clock.set(at),
            None => break,
        }
    }
    world.clock.set(until);
    streams.iter().map(Stream::wakes).collect()
}

#[test]
fn a_poll_that_finds_nothing_wakes_the_one_stream_that_makes_it() {
    let world = World::new(Setup { limits: QUIET, ..Setup::default() }, 1, 1);
    feed(&world, "a", "positive", 0.5, &["AAPL"]);
    for sentiment in Sentiment::ALL {
        world.table.set_fault(sentiment, Some(Fault::Slow(Duration::from_millis(3))));
    }
    let mut streams: Vec<_> = (1..=50).map(|n| Stream::open(&world, n)).collect();
    // Two rounds: what is asked for behind the first one alone is over.
    run(&world, &mut streams, Duration::from_millis(150));
    let calls = world.table.calls();
    let wakes = run(&world, &mut streams, Duration::from_secs(1));
    assert_eq!(world.table.calls() - calls, 30, "ten rounds");
    assert_eq!(wakes.iter().filter(|(session, _)| *session > 0).count(), 1, "{wakes:?}");
    assert_eq!(wakes.iter().map(|(_, reader)| reader).sum::<usize>(), 0, "{wakes:?}");
    // What it finds wakes all: a session for the news and again because its reader took them, a reader for the write.
    feed(&world, "b", "positive", 0.5, &["MSFT"]);
    let wakes = run(&world, &mut streams, Duration::from_millis(110));
    let others = wakes.iter().filter(|(session, _)| *session == 2).count();
    assert!(others >= 49 && wakes.iter().all(|(_, reader)| *reader == 1), "{wakes:?}");
}
