//! The first read of the whole window from a table that is short of capacity: it goes on where it was, until it is done.

use std::{collections::HashMap, time::Duration};

use lambda_env::{AwsCall, AwsFault, Call, Capacity, Environment, Item, On, Outcome, Stamp};

use super::row;
use crate::{
    audit,
    fixture::{Fixture, date, stream, within},
};

/// Items, beside the few that are always there, and how many bytes of them a page holds: about nine.
const ITEMS: u64 = 540;
const PAGE_BYTES: usize = 1_000;
/// What one reads, a poll after that one may have asked for as well.
const BEYOND: usize = 12;
/// No first state takes longer.
const LIMIT: Duration = Duration::from_secs(12);

/// What the table is short of.
#[derive(Clone, Copy)]
pub(super) enum Scarcity {
    None,
    /// So many of a hundred requests are throttled.
    Share(u8),
    /// A third of the read is there at once, and the rest flows in within three seconds.
    Bucket,
}

/// The SDK makes no more attempts at a call.
const ATTEMPTS: u32 = 3;

/// When the first state came, and what had been asked for and read until then.
struct FirstState {
    after: Duration,
    /// Attempts of the SDK count one by one.
    requests: usize,
    pages: usize,
    units: f64,
}

impl Scarcity {
    const fn name(self) -> &'static str {
        match self {
            Self::None => "nothing",
            Self::Share(30) => "30 % of the requests are throttled",
            Self::Share(_) => "60 % of the requests are throttled",
            Self::Bucket => "throttled, with a bucket of capacity that is empty",
        }
    }

    /// So many requests a page are enough: of a share it is what answers a page on average, 1.4 and 2.5, and a little.
    const fn requests_a_page(self) -> usize {
        match self {
            Self::None => 1,
            Self::Share(30) => 2,
            Self::Share(_) | Self::Bucket => 4,
        }
    }

    /// Of a share of 30 % three attempts of the SDK hide nearly all.
    const fn told(self) -> &'static str {
        match self {
            Self::Share(30) => {
                "nothing, unless all three attempts of a call are throttled, as of 3 % of the calls: then table, region, DynamoDB's words"
            }
            _ => "each time that calls begin to fail in spite of their retries: table, region, DynamoDB's words",
        }
    }
}

pub(super) async fn throttled(scarcity: Scarcity) -> String {
    let free = first_state(Scarcity::None).await;
    let seen = first_state(scarcity).await;
    let name = scarcity.name();
    println!(
        "first read, {name}: {} requests, {} pages and {} units in {:?}; else {}, {} and {} in {:?}",
        seen.requests, seen.pages, seen.units, seen.after, free.requests, free.pages, free.units, free.after
    );
    let least = seen.requests * 10 / seen.pages;
    assert!(least >= 12, "{name}: {least} requests for 10 pages: hardly any was throttled");
    let most = scarcity.requests_a_page();
    assert!(seen.requests <= most * seen.pages, "{name}: {} requests for {} pages", seen.requests, seen.pages);
    assert!(seen.pages <= free.pages + BEYOND, "{name}: {} pages instead of {}", seen.pages, free.pages);
    assert!(seen.after < LIMIT, "{name}: {:?}", seen.after);
    row(
        &format!("DynamoDB, first read: {name}"),
        "heartbeats, then the whole state",
        &format!(
            "time, and at most {most} requests a page; each page is read once, so no more capacity units than without it"
        ),
        scarcity.told(),
    )
}

async fn first_state(scarcity: Scarcity) -> FirstState {
    let fixture = Fixture::new().await;
    fixture.aws.set_page_bytes(PAGE_BYTES);
    for number in 0..ITEMS {
        let sentiment = ["positive", "neutral", "negative"][usize::try_from(number % 3).unwrap()];
        let row = Item::new().text("source_id", &format!("old{number}")).text("sentiment", sentiment);
        // Old enough that no later read looks at it again.
        let row = row.text("updated_at", &date(Stamp::now().unix_ms() - 60_000 - number * 500)).number("score", 0.5);
        assert!(fixture.aws.put("items", row.texts("matched_tickers", &["OLD"])));
    }
    match scarcity {
        Scarcity::None => {}
        Scarcity::Share(percent) => {
            let on = On::operation("Query").share(f64::from(percent) / 100.0);
            fixture.aws.fault(on, AwsFault::Throttle);
        }
        Scarcity::Bucket => fixture.aws.set_capacity("items", Some(Capacity { per_second: 7.0, burst: 10.0 })),
    }
    let environment = fixture.start(&[("SSE_STREAM_MAX_MS", "20000")]).await;
    let mut running = within(environment.invoke(stream())).await.unwrap();
    let began = Stamp::now();
    let total = total(&mut running).await;
    let after = began.elapsed();
    let calls = fixture.aws.calls();
    assert_eq!(total, ITEMS + 6, "the first state is the whole one");
    within(environment.shut_down()).await;
    let response = within(running.finish()).await;
    assert_eq!(response.outcome, Some(Outcome::Complete));
    audit::passes(&fixture.evidence(&environment, vec![response], Vec::new()));
    // The SDK's own attempts may hide 30 %.
    let is_told = match scarcity {
        Scarcity::None => Some(false),
        Scarcity::Share(percent) if percent <= 30 => None,
        _ => Some(true),
    };
    told_once(&environment, is_told);
    let asked: Vec<&AwsCall> = calls.iter().filter(|call| call.operation == "Query").collect();
    assert!(asked.iter().all(|call| call.attempt.is_none_or(|attempt| attempt <= ATTEMPTS)), "{asked:?}");
    let read: Vec<&AwsCall> = asked.iter().copied().filter(|call| call.status == 200).collect();
    each_page_once(&read);
    FirstState { after, requests: asked.len(), pages: read.len(), units: read.iter().map(|call| call.capacity).sum() }
}

/// A page is known by the key that it begins behind, which is a key of this read alone: whatever else is read fits on one page.
fn each_page_once(read: &[&AwsCall]) {
    let mut pages = HashMap::<String, usize>::new();
    for call in read {
        let behind = &call.arguments["ExclusiveStartKey"];
        if !behind.is_null() {
            *pages.entry(behind.to_string()).or_default() += 1;
        }
    }
    assert!(pages.len() > usize::try_from(ITEMS / 20).unwrap(), "{} pages", pages.len());
    assert!(pages.values().all(|times| *times == 1), "{pages:?}");
}

/// `total` of the first `metrics`.
async fn total(running: &mut Call) -> u64 {
    loop {
        let event = within(running.event()).await.expect("the stream ended before its first state");
        if event.name == "metrics" {
            return event.json()["total"].as_u64().unwrap();
        }
    }
}

/// A change is told: trouble may come and go, but is not told twice without having gone.
fn told_once(environment: &Environment, is_told: Option<bool>) {
    let said = super::told_of_polling(environment);
    let words = "The level of configured provisioned throughput";
    assert!(is_told.is_none_or(|is_told| is_told != said.is_empty()), "{said:?}");
    assert!(said.first().is_none_or(|first| first.contains(words)), "{said:?}");
    for pair in said.windows(2) {
        assert!(pair[0].starts_with("polling is failing") != pair[1].starts_with("polling is failing"), "{said:?}");
    }
}
