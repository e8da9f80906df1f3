//! The outbox: between a session and its reader, each on a thread of its own; and the write that readers share.

use crate::{a_while, chance, many};
use futures::StreamExt;
use lambda_trace::{ManualClock, Timestamp, TraceId};
use shuttle::{future::block_on, thread};
use sse_core::{
    item::{Item, Score, Sentiment, Ticker},
    outbox::{Client, Reader, Sign, Writer, outbox},
    plan::View,
    ports::{Dispatcher, Update},
    snapshot::Snapshot,
    window::{Source, Window, WindowLimits},
};
use std::{sync::Arc, time::Duration};

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);
const SECOND: Duration = Duration::from_secs(1);
const HEARTBEAT: Update = Update::Heartbeat { degraded: false, connections: 1 };

fn pair() -> (Writer, Reader) {
    let view = View::ALL;
    // Traced: what was taken is kept for its spans.
    let trace = TraceId::new(1);
    let client = Client { view, resume: None, retry: SECOND, done_retry: SECOND, trace, started_at: NOW };
    outbox(client, Arc::new(ManualClock::new(NOW)), Arc::new(()))
}

fn item(id: &str, ticker: &str) -> Item {
    Item {
        source_id: id.into(),
        updated_at: NOW,
        sentiment: Sentiment::ALL[0],
        score: Score::new(0.5).unwrap(),
        tickers: Box::new([Ticker::parse(ticker).unwrap()]),
        expires_at: None,
    }
}

/// Two states, one after the other.
fn snapshots() -> [Arc<Snapshot>; 2] {
    let mut window = Window::new(WindowLimits { span: Duration::from_hours(24), max_items: 100 });
    window.put(item("a", "AAPL"), Source::Recent, NOW);
    let first = Snapshot::next(None, &mut window).unwrap();
    window.put(item("b", "MSFT"), Source::Recent, NOW);
    let second = Snapshot::next(Some(&first), &mut window).unwrap();
    [first, second].map(Arc::new)
}

fn state(snapshot: &Arc<Snapshot>) -> Update {
    Update::State { snapshot: snapshot.clone(), after_read: true }
}

fn events(text: &str) -> usize {
    text.matches("\n\n").count()
}

#[test]
fn whatever_a_reader_took_is_counted_and_nobody_sleeps_for_ever() {
    many(2_000, || {
        let (writer, mut reader) = pair();
        let reading = thread::spawn(move || {
            block_on(async {
                let mut read = 0;
                while let Some(Ok(bytes)) = reader.next().await {
                    read += events(std::str::from_utf8(&bytes).unwrap());
                }
                read
            })
        });
        let [first, second] = snapshots();
        let mut counted = 0;
        for update in [HEARTBEAT, state(&first), state(&second)] {
            writer.dispatch(update);
            if chance(2) == 0 {
                // Either it is told of this, or there was something before.
                assert_eq!(block_on(writer.sign()), Sign::Taken);
                counted += writer.collect().len();
            }
        }
        writer.seal();
        counted += writer.collect().len();
        drop(writer);
        assert_eq!(reading.join().unwrap(), counted);
    });
}

#[test]
fn a_reader_that_waits_gets_what_comes_and_a_session_hears_that_it_left() {
    many(2_000, || {
        let (writer, mut reader) = pair();
        let reading = thread::spawn(move || {
            block_on(async {
                let mut text = String::new();
                while !text.contains("MSFT") {
                    let bytes = reader.next().await.unwrap().unwrap();
                    text.push_str(std::str::from_utf8(&bytes).unwrap());
                }
            });
        });
        for snapshot in snapshots() {
            writer.dispatch(state(&snapshot));
        }
        while block_on(writer.sign()) != Sign::Gone {
            writer.collect();
        }
        reading.join().unwrap();
    });
}

/// Whoever encodes the write that they share, or that another encodes at the same moment, each gets all of it.
#[test]
fn readers_of_one_state_read_the_same() {
    many(1_000, || {
        let states = snapshots();
        let read = [(); 3].map(|()| {
            let states = states.clone();
            thread::spawn(move || {
                let (writer, mut reader) = pair();
                block_on(async {
                    let mut read = Vec::new();
                    for update in [HEARTBEAT, state(&states[0]), state(&states[1])] {
                        writer.dispatch(update);
                        read.push(reader.next().await.unwrap().unwrap());
                        a_while(2).await;
                    }
                    read
                })
            })
        });
        let read = read.map(|reading| reading.join().unwrap());
        assert!(read[0] == read[1] && read[1] == read[2], "{read:?}");
        assert!(std::str::from_utf8(&read[0][2]).unwrap().contains("MSFT"));
    });
}
