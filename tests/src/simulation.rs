//! The resume simulation: several environments, a feed that writes late, rewrites, deletes and lets expire, clients that are cut
//! anywhere and come back anywhere, with changed filters. In the end every client must hold what a new one would get, and
//! a client that is equal must be sent nothing. Seeded; the seed stands in every panic.

use crate::{
    client::Client,
    world::{Connection, Setup, World, item},
};
use lambda_trace::{Failure, Timestamp};
use sse_adapters::memory::{Fault, SeededRandom};
use sse_core::{
    digest::Digest,
    item::{Item, Sentiment, Ticker},
    plan::{Limits, View},
    ports::Random,
    shared_reader::ReadPlan,
};
use std::time::Duration;

const STEPS: u64 = 120;
/// One seed in so many has 5,000 tickers, which are told in `tags` pages, and states that take several writes.
const WIDE_EVERY: u64 = 12;
const WIDE_TICKERS: usize = 5_000;
const WIDE_STEPS: u64 = 40;
/// An item of a wide world names so many tickers at the most.
const WIDE_NAMES: u64 = 60;
const OVERLAP_MS: u64 = 1_000;
const FULL_MS: u64 = 4_000;
const SPAN_MS: u64 = 20_000;

struct Tab {
    client: Client,
    view: View,
    connection: Option<Connection>,
    read: usize,
}

struct Run {
    seed: u64,
    random: SeededRandom,
    world: World,
    tabs: Vec<Tab>,
    next_id: u64,
    ids: Vec<String>,
    /// How many tickers there may be.
    width: usize,
}

/// Runs one seed.
///
/// # Panics
/// When a client ends with anything else than a new client gets; the message names the seed.
pub fn run(seed: u64) {
    let random = SeededRandom::new(seed);
    let setup = Setup {
        read: ReadPlan {
            interval: Duration::from_millis(100),
            overlap: Duration::from_millis(OVERLAP_MS),
            full_interval: Duration::from_millis(FULL_MS),
            span: Duration::from_millis(SPAN_MS),
            max_items: 1_000,
        },
        limits: Limits {
            stream_max: None,
            deadline_margin: Duration::from_secs(1),
            heartbeat: Duration::from_millis(700),
            retry: Duration::from_secs(1),
        },
        slots: 1_000,
        life_ms: 3_000_000,
    };
    let environments = usize::try_from(random.between(1, 3)).unwrap_or(1);
    let world = World::new(setup, environments, seed);
    world.table.set_page_items(usize::try_from(random.between(1, 20)).unwrap_or(1));
    let tab = |_| Tab { client: Client::default(), view: View::ALL, connection: None, read: 0 };
    let tabs = (0..random.between(1, 4)).map(tab).collect();
    let is_wide = seed.is_multiple_of(WIDE_EVERY);
    let (width, steps) = if is_wide { (WIDE_TICKERS, WIDE_STEPS) } else { (25, STEPS) };
    let mut run = Run { seed, random, world, tabs, next_id: 0, ids: Vec::new(), width };
    for _ in 0..if is_wide { 150 } else { 0 } {
        run.write();
    }
    for _ in 0..steps {
        run.step();
    }
    run.converge();
    run.judge();
}

impl Run {
    fn pick(&self, n: usize) -> usize {
        usize::try_from(self.random.between(0, (n as u64).saturating_sub(1))).unwrap_or(0)
    }

    fn chance(&self, percent: u64) -> bool {
        self.random.between(1, 100) <= percent
    }

    fn step(&mut self) {
        match self.random.between(0, 11) {
            0..=3 => self.write(),
            4 => self.delete(),
            5 | 6 => self.connect(),
            7 => self.cut(),
            8 => self.stumble(),
            9 => self.trouble(),
            _ => {}
        }
        self.world.run(self.random.between(1, 250));
        for tab in &mut self.tabs {
            tab.take_all();
        }
    }

    fn write(&mut self) {
        let rewrite = !self.ids.is_empty() && self.chance(50);
        let id = if rewrite {
            self.ids[self.pick(self.ids.len())].clone()
        } else {
            self.next_id += 1;
            format!("i{}", self.next_id)
        };
        let late = if self.chance(30) { self.random.between(0, OVERLAP_MS - 300) } else { 0 };
        let at = self.world.now().minus(Duration::from_millis(late));
        let sentiment = Sentiment::ALL[self.pick(3)];
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let score = self.random.between(0, 2_000) as f64 / 1_000.0 - 1.0;
        let most = if self.width == WIDE_TICKERS { WIDE_NAMES } else { 3 };
        let tickers: Vec<String> =
            (0..self.random.between(0, most)).map(|_| format!("T{}", self.pick(self.width))).collect();
        let names: Vec<&str> = tickers.iter().map(String::as_str).collect();
        let mut item = item(&id, at, sentiment, score, &names);
        if self.chance(20) {
            item.expires_at = Some(self.world.now().plus(Duration::from_millis(self.random.between(0, 6_000))));
        }
        // A rewrite is dated no earlier than what it replaces: `updated_at` is when the item was last written.
        let older =
            self.world.table.items().iter().any(|i| i.source_id == item.source_id && i.updated_at > item.updated_at);
        if !older {
            self.world.table.put(item);
            self.ids.push(id);
        }
    }

    fn delete(&mut self) {
        if !self.ids.is_empty() {
            let id = self.ids.swap_remove(self.pick(self.ids.len()));
            self.world.table.delete(&id);
        }
    }

    fn view(&self) -> View {
        if self.chance(50) {
            return View::ALL;
        }
        let names =
            (0..self.random.between(1, 6)).filter_map(|_| Ticker::parse(&format!("T{}", self.pick(self.width + 3))));
        View { tickers: Some(names.collect()), metrics: self.chance(80) }
    }

    fn connect(&mut self) {
        let (tab, view, environment) =
            (self.pick(self.tabs.len()), self.view(), self.pick(self.world.environments.len()));
        let change = self.chance(30);
        let tab = &mut self.tabs[tab];
        tab.leave(None);
        if change {
            tab.view = view;
        }
        tab.connect(&self.world, environment);
    }

    /// The connection breaks, perhaps in the middle of an event, perhaps in the first burst.
    fn cut(&mut self) {
        let (tab, percent) = (self.pick(self.tabs.len()), self.random.between(0, 100));
        if self.chance(50) {
            let environment = self.pick(self.world.environments.len());
            self.tabs[tab].leave(None);
            self.tabs[tab].connect(&self.world, environment);
            self.world.run(self.random.between(0, 3));
        }
        self.tabs[tab].leave(Some(percent));
    }

    fn stumble(&mut self) {
        let (tab, environment) = (self.pick(self.tabs.len()), self.pick(self.world.environments.len()));
        if let Some(connection) = &self.tabs[tab].connection {
            connection.stands_still.set(!connection.stands_still.get());
        }
        let frozen = &mut self.world.environments[environment].frozen;
        *frozen = !*frozen;
    }

    fn trouble(&mut self) {
        let fault = self.chance(50).then_some(Fault::Fail(Failure::Faulted));
        self.world.table.set_fault(Sentiment::ALL[self.pick(3)], fault);
    }

    /// The feed stops, all trouble ends, everybody is connected, and every environment makes its full read.
    fn converge(&mut self) {
        for sentiment in Sentiment::ALL {
            self.world.table.set_fault(sentiment, None);
        }
        for environment in &mut self.world.environments {
            environment.frozen = false;
        }
        for n in 0..self.tabs.len() {
            let environment = self.pick(self.world.environments.len());
            if self.tabs[n].connection.is_none() || self.chance(30) {
                self.tabs[n].leave(None);
                self.tabs[n].connect(&self.world, environment);
            }
            if let Some(connection) = &self.tabs[n].connection {
                connection.stands_still.set(false);
            }
        }
        // An environment reads only while it has a stream.
        let keepers: Vec<_> = self.world.environments.iter().map(|e| e.connect(None, View::ALL, None)).collect();
        self.world.run(2 * FULL_MS + OVERLAP_MS);
        // Items that leave by themselves do so within a second: judged is a moment at which none just did.
        while self.something_left_within(1_200) {
            self.world.run(1_300);
        }
        for tab in &mut self.tabs {
            tab.take_all();
        }
        drop(keepers);
    }

    fn something_left_within(&self, ms: u64) -> bool {
        let now = self.world.now();
        let recent = |at: Timestamp| at <= now && now.since(at) <= Duration::from_millis(ms);
        let left =
            |i: &Item| i.expires_at.is_some_and(recent) || recent(i.updated_at.plus(Duration::from_millis(SPAN_MS)));
        self.world.table.items().iter().any(left)
    }

    fn judge(&mut self) {
        for n in 0..self.tabs.len() {
            for environment in 0..self.world.environments.len() {
                let mut fresh =
                    Tab { client: Client::default(), view: self.tabs[n].view.clone(), connection: None, read: 0 };
                fresh.connect(&self.world, environment);
                self.world.run(0);
                fresh.take_all();
                let mut expected = fresh.client.held.clone();
                if !self.tabs[n].view.metrics {
                    // A client may hold metrics from an earlier, public stream; a configuration stream says nothing of them.
                    expected.metrics.clone_from(&self.tabs[n].client.held.metrics);
                }
                assert_eq!(self.tabs[n].client.held, expected, "seed {} tab {n} environment {environment}", self.seed);
                fresh.leave(None);
                self.tabs[n].leave(None);
                self.tabs[n].connect(&self.world, environment);
                self.world.run(0);
                self.tabs[n].take_all();
                let state_events: Vec<_> =
                    self.tabs[n].client.names().into_iter().filter(|e| *e != "heartbeat").collect();
                assert!(state_events.is_empty(), "seed {}: an equal client was sent {state_events:?}", self.seed);
            }
        }
    }
}

impl Tab {
    fn connect(&mut self, world: &World, environment: usize) {
        self.client.connect();
        self.read = 0;
        let resume = self.client.cursor.as_deref().and_then(Digest::parse);
        self.connection = world.environments[environment].connect(None, self.view.clone(), resume);
    }

    /// Reads what has come.
    fn take_all(&mut self) {
        let Some(connection) = &self.connection else { return };
        let bytes = connection.bytes();
        let new = &bytes[self.read..];
        self.client.read(new);
        self.read += new.len();
    }

    /// The connection ends; of what was not read yet, only so many percent arrived.
    fn leave(&mut self, percent: Option<u64>) {
        let Some(connection) = &self.connection else { return };
        let bytes = connection.bytes();
        let new = &bytes[self.read..];
        let share = percent.unwrap_or(100);
        let arrived = usize::try_from(new.len() as u64 * share / 100).unwrap_or(new.len());
        self.client.read(&new[..arrived]);
        connection.cut();
        self.connection = None;
    }
}
