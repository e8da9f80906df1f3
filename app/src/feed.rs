//! `feed`: demo items into a DynamoDB table, with progress.

use crate::{
    compose::{FeedError, Feeder},
    config::{Config, ConfigErrors},
    stop::Stop,
};
use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::{io, time::Duration};

/// How often the progress is drawn where nothing else draws it, in milliseconds.
const TICK: Duration = Duration::from_millis(200);

/// Flags of `feed`.
#[derive(Clone, Debug, Args)]
pub struct FeedArgs {
    /// The table of items.
    #[arg(long, value_name = "TABLE")]
    pub table: String,

    /// Items a second.
    #[arg(long, value_name = "N", default_value_t = 2.0, value_parser = rate)]
    pub rate: f64,

    /// Stop after so many items; without it at Ctrl-C.
    #[arg(long, value_name = "N")]
    pub count: Option<u64>,

    /// Make the table first, with its index (`SENTIMENTS_INDEX`) and its time to live; and the users table if `USERS_TABLE`
    /// is set. Tables that are there already stay as they are.
    #[arg(long)]
    pub create: bool,
}

fn rate(text: &str) -> Result<f64, String> {
    let rate: f64 = text.parse().map_err(|_| "not a number".to_owned())?;
    if rate > 0.0 && rate <= 100_000.0 { Ok(rate) } else { Err("not within 0 and 100000".to_owned()) }
}

/// Why feeding failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// At the table.
    #[error(transparent)]
    Feed(#[from] FeedError),
    /// No way to hear Ctrl-C.
    #[error("cannot wait for signals")]
    Signals(#[source] io::Error),
}

/// Feeds until the count is reached, Ctrl-C or SIGTERM.
///
/// # Errors
/// Bad configuration, or the table cannot be made or written.
pub(crate) async fn run(args: &FeedArgs, config: &Config, errors: ConfigErrors) -> Result<(), Error> {
    let mut stop = Stop::new().map_err(Error::Signals)?;
    let bar = progress(args);
    let work = async {
        let mut feeder = Feeder::new(&args.table, config, errors).await?;
        if args.create {
            let users = config.users_table.as_deref();
            let new = feeder.create(&args.table, &config.index, users).await?;
            eprintln!(
                "tables made: {}",
                if new.is_empty() { "none, all are there".to_owned() } else { new.join(", ") }
            );
        }
        bar.set_draw_target(ProgressDrawTarget::stderr());
        bar.reset_elapsed();
        feeder.write(args.rate, args.count, |items| bar.inc(items)).await
    };
    // A table may take minutes to become usable, and credentials may wait for a person.
    let outcome = stop.unless_asked(Box::pin(work)).await.unwrap_or(Ok(()));
    bar.abandon();
    if outcome.is_ok() || bar.position() > 0 {
        eprintln!("{} items written into {}", bar.position(), args.table);
    }
    Ok(outcome?)
}

/// On a terminal only, and hidden until there is something to draw; elsewhere the last line says it all.
fn progress(args: &FeedArgs) -> ProgressBar {
    let (bar, template) = match args.count {
        Some(count) => (ProgressBar::new(count), "{msg} [{bar:30}] {human_pos}/{human_len} · {per_sec} · {eta} left"),
        None => (ProgressBar::new_spinner(), "{spinner} {msg} {human_pos} · {per_sec} · {elapsed}"),
    };
    // The templates are ours; one that is wrong would only be drawn plainly.
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_draw_target(ProgressDrawTarget::hidden());
    bar.set_style(style);
    bar.set_message(args.table.clone());
    bar.enable_steady_tick(TICK);
    bar
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_positive() {
        assert_eq!(rate("0.5"), Ok(0.5));
        for bad in ["0", "-1", "NaN", "inf", "many"] {
            assert!(rate(bad).is_err(), "{bad}");
        }
    }
}
