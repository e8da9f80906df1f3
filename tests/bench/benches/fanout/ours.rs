//! This service as `serve` runs it, composed from its variables. With items in memory a burst rewrites as many as make ten events: nine
//! tickers and `metrics`.

use crate::{axum_peer::BURST_EVENTS, process::orders};
use lambda_trace::Clock;
use sse_adapters::{memory::MemoryTable, system::SystemClock};
use sse_core::{
    item::{Item, Score, Sentiment, Ticker},
    ports::Untraced,
};
use sse_streaming::{cli::ServeArgs, compose::compose, config, serve::run};
use std::sync::Arc;

/// Tickers of the table in memory, with one item each.
const TICKERS: usize = 40;

fn item(n: usize, sentiment: Sentiment) -> Item {
    Item {
        source_id: format!("item-{n}").into(),
        updated_at: SystemClock.now(),
        sentiment,
        score: Score::new(if sentiment == Sentiment::Positive { 0.5 } else { -0.5 }).expect("in range"),
        tickers: [Ticker::parse(&format!("T{n}")).expect("a ticker")].into(),
        expires_at: None,
    }
}

async fn bursts(table: Arc<MemoryTable>) {
    let mut orders = orders();
    let mut sentiments = [Sentiment::Positive; TICKERS];
    let mut next = 0;
    while orders.recv().await.is_some() {
        for _ in 1..BURST_EVENTS {
            let n = next % TICKERS;
            next += 1;
            sentiments[n] =
                if sentiments[n] == Sentiment::Positive { Sentiment::Negative } else { Sentiment::Positive };
            table.put(item(n, sentiments[n]));
        }
    }
}

pub(crate) async fn serve() {
    let environment = |name: &str| std::env::vars().find(|(known, _)| known == name).map(|(_, value)| value);
    let (config, errors) = config::read(&environment);
    let mut wiring = compose(&config, errors, None).await.unwrap_or_else(|errors| panic!("{errors}"));
    if environment("SSE_STORE").as_deref() == Some("memory") {
        let table = Arc::new(MemoryTable::new(Arc::new(SystemClock)));
        for n in 0..TICKERS {
            table.put(item(n, Sentiment::Positive));
        }
        let service = Arc::get_mut(&mut wiring.service).expect("nobody else has it yet");
        service.ports.poller = Untraced::new(table.clone());
        wiring.background = Some(Box::pin(bursts(table)));
    }
    let arguments = ServeArgs { listen: ([127, 0, 0, 1], 0).into(), ..ServeArgs::default() };
    run(&arguments, wiring).await.expect("it serves");
}
