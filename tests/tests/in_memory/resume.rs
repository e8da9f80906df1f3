//! The cursor: what is equal is not sent again, what differs is, wherever the cut fell.
//! Rule: Resume.

use crate::reading::feed;
use sse_core::{digest::Digest, plan::View};
use sse_tests::{
    client::Client,
    simulation,
    world::{Setup, World},
};

fn many(world: &World, n: u32, score: f64) {
    for n in 0..n {
        feed(world, &format!("i{n}"), "positive", score, &[&format!("T{n}")]);
    }
}

fn connect(world: &mut World, client: &mut Client) -> usize {
    client.connect();
    let resume = client.cursor.as_deref().and_then(Digest::parse);
    let stream = world.environments[0].connect(None, View::ALL, resume).expect("a slot");
    world.run(50);
    client.read(&stream.bytes());
    stream.cut();
    world.run(1);
    client.log.len()
}

#[test]
fn an_equal_client_is_sent_nothing_but_a_heartbeat() {
    let mut world = World::new(Setup::default(), 1, 1);
    many(&world, 100, 0.5);
    let mut client = Client::default();
    assert_eq!(connect(&mut world, &mut client), 102);
    assert_eq!(connect(&mut world, &mut client), 1);
    assert_eq!(client.held.tickers.len(), 100);
}

#[test]
fn only_buckets_that_differ_are_sent_again() {
    let mut world = World::new(Setup::default(), 1, 1);
    many(&world, 100, 0.5);
    let mut client = Client::default();
    connect(&mut world, &mut client);
    feed(&world, "i7", "positive", 0.25, &["T7"]);
    world.run(100);
    let events = connect(&mut world, &mut client);
    assert!((2..20).contains(&events), "{events}");
    assert_eq!(client.held.tickers["T7"]["score"], 0.25);
}

#[test]
fn a_cut_anywhere_in_the_first_burst_claims_no_more_than_was_read() {
    let mut world = World::new(Setup::default(), 1, 1);
    many(&world, 60, 0.5);
    let mut whole = Client::default();
    connect(&mut world, &mut whole);
    let bytes = {
        let stream = world.environments[0].connect(None, View::ALL, None).expect("a slot");
        world.run(50);
        stream.cut();
        stream.bytes()
    };
    for cut in (0..bytes.len()).step_by(37) {
        let mut client = Client::default();
        client.read(&bytes[..cut]);
        connect(&mut world, &mut client);
        assert_eq!(client.held, whole.held, "cut at {cut}");
    }
}

#[test]
fn rubbish_as_a_cursor_gets_the_full_state() {
    for cursor in ["", "42", "1234567890abcdef", "AQ", "💥"] {
        let mut world = World::new(Setup::default(), 1, 1);
        many(&world, 10, 0.5);
        let mut client = Client::default();
        client.cursor = Some(cursor.to_owned());
        assert_eq!(connect(&mut world, &mut client), 12, "{cursor:?}");
    }
}

#[test]
fn a_cursor_without_state_events_keeps_its_meaning() {
    let mut world = World::new(Setup::default(), 2, 1);
    many(&world, 30, 0.5);
    let mut client = Client::default();
    connect(&mut world, &mut client);
    let cursor = client.cursor.clone();
    for _ in 0..3 {
        assert_eq!(connect(&mut world, &mut client), 1);
    }
    assert_eq!(client.cursor, cursor);
    let resume = cursor.as_deref().and_then(Digest::parse);
    let elsewhere = world.environments[1].connect(None, View::ALL, resume).expect("a slot");
    world.run(50);
    assert_eq!(elsewhere.client().names(), ["heartbeat"], "any environment understands it");
}

#[test]
fn a_few_seeds_of_the_simulation() {
    for seed in 0..20 {
        simulation::run(seed);
    }
}
