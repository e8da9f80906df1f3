//! `trace` and `replay`: what to do with the spans that a log holds.

use crate::{
    compose,
    config::{Config, ConfigErrors},
    stop::Stop,
};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use otlp_lines::{Input, Replay, ReplayError, SpanRecord, Style, Summary};
use std::{
    collections::HashSet,
    fs::File,
    io::{self, IsTerminal, Write},
    path::{Path, PathBuf},
    time::Duration,
};

/// The width of a waterfall that goes into a file or a pipe, in columns.
const PIPE_COLUMNS: usize = 100;

/// So many spans are named that are too old to be sent; the others are counted.
const NAMED_MAX: usize = 20;

/// Flags of `trace`.
#[derive(Clone, Debug, Args)]
pub struct TraceArgs {
    /// Files of OTLP/JSON lines, or the list that `serve` answers on /_local/spans; `-` or none: standard input.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// Columns to draw in; default: those of the terminal, else 100.
    #[arg(long, value_name = "COLUMNS", value_parser = clap::value_parser!(u16).range(40..=1_000))]
    pub width: Option<u16>,
}

/// Flags of `replay`.
#[derive(Clone, Debug, Args)]
pub struct ReplayArgs {
    /// Files of OTLP/JSON lines, of log lines that hold some, or of CloudWatch's own JSON; `-` or none: standard input.
    #[arg(value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// To the collector at http://host:port; /v1/traces is meant where no path is given.
    #[arg(long, value_name = "URL", required_unless_present = "xray", conflicts_with = "xray")]
    pub to: Option<String>,

    /// To X-Ray itself: its OTLP endpoint in the region of the AWS settings, or another that the environment names, signed with their credentials.
    #[arg(long)]
    pub xray: bool,

    /// A header of every request to a collector, name=value; may be given several times.
    #[arg(long = "header", value_name = "NAME=VALUE", value_parser = header, conflicts_with = "xray")]
    pub headers: Vec<(String, String)>,

    /// Remember here which spans were accepted, so that running the command again sends none of them twice.
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("not of the form name=value")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

/// Why it could not be done.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file that cannot be read.
    #[error("cannot read {}", .0.display())]
    Read(PathBuf, #[source] io::Error),
    /// A file that cannot be written.
    #[error("cannot write {}", .0.display())]
    Write(PathBuf, #[source] io::Error),
    /// The collector cannot be addressed.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// X-Ray cannot be addressed.
    #[error(transparent)]
    Configuration(#[from] ConfigErrors),
    /// Some spans were not accepted; which, is said above.
    #[error("{0} spans were not accepted")]
    NotAccepted(u64),
    /// No way to hear Ctrl-C.
    #[error("cannot wait for signals")]
    Signals(#[source] io::Error),
    /// Ctrl-C or SIGTERM.
    #[error("stopped: not every span was sent{}", if *.0 { ", and those that were accepted are remembered" } else { "" })]
    Stopped(bool),
    /// There is nothing to draw or to send.
    #[error("no span in the input: {0} other lines were passed over")]
    NoSpans(u64),
}

fn read(files: &[PathBuf]) -> Result<Input, Error> {
    let mut input = Input::default();
    let stdin = [PathBuf::from("-")];
    for file in if files.is_empty() { &stdin } else { files } {
        let failed = |error| Error::Read(file.clone(), error);
        if file == Path::new("-") {
            input.add(io::stdin().lock()).map_err(failed)?;
        } else {
            input.add(File::open(file).map_err(failed)?).map_err(failed)?;
        }
    }
    if input.unreadable > 0 {
        eprintln!("{} lines begin like OTLP/JSON and cannot be read (cut off?)", input.unreadable);
    }
    if input.spans.is_empty() { Err(Error::NoSpans(input.others)) } else { Ok(input) }
}

/// Draws every trace of the input on standard output. `no_color`: the environment asks for none (`NO_COLOR`).
///
/// # Errors
/// A file cannot be read, or holds no span.
pub(crate) fn trace(args: &TraceArgs, no_color: bool) -> Result<(), Error> {
    let input = read(&args.files)?;
    let out = io::stdout();
    let is_terminal = out.is_terminal();
    let columns = if is_terminal { usize::from(console::Term::stdout().size().1) } else { PIPE_COLUMNS };
    let style = Style { width: args.width.map_or(columns, usize::from), color: is_terminal && !no_color };
    // A reader that closed the pipe has seen enough.
    let _ = out.lock().write_all(otlp_lines::draw(&input, style).as_bytes());
    Ok(())
}

/// Sends the spans of the input again, and says by trace what became of them.
///
/// # Errors
/// A file cannot be read or written, or not every span was accepted.
pub(crate) async fn replay(args: &ReplayArgs, config: &Config) -> Result<(), Error> {
    let input = read(&args.files)?;
    let settled = settled(args.state.as_deref())?;
    let mut replay = match &args.to {
        Some(to) => Replay::new(to, &args.headers, settled)?,
        None => Replay::over(compose::to_xray(config).await?, settled),
    };
    // Not before the input is read: standard input may never end, and reading it hears no signal but the default way.
    let mut stop = Stop::new().map_err(Error::Signals)?;
    let bar = progress(&input.spans);
    let now = compose::clock().now().micros().saturating_mul(1_000);
    // A collector that asks for patience is waited for, up to half a minute each time.
    let summary = stop.unless_asked(replay.run(&input.spans, now, |spans| bar.inc(spans as u64))).await;
    bar.finish_and_clear();
    if let Some(path) = &args.state {
        let mut keys: Vec<_> = replay.settled().iter().map(String::as_str).collect();
        keys.sort_unstable();
        std::fs::write(path, keys.join("\n") + "\n").map_err(|error| Error::Write(path.clone(), error))?;
    }
    let summary = summary.ok_or(Error::Stopped(args.state.is_some()))?;
    tell(&input, &summary, replay.age_max());
    if summary.is_complete() {
        return Ok(());
    }
    Err(Error::NotAccepted(summary.refusals.iter().map(|refusal| refusal.spans).sum()))
}

/// The spans that earlier runs settled; a state file that is not there yet holds none.
fn settled(state: Option<&Path>) -> Result<HashSet<String>, Error> {
    let Some(path) = state else { return Ok(HashSet::new()) };
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(HashSet::new()),
        Err(error) => Err(Error::Read(path.to_owned(), error)),
    }
}

fn progress(spans: &[SpanRecord]) -> ProgressBar {
    let bar = ProgressBar::new(spans.len() as u64);
    // The template is ours; one that is wrong would only be drawn plainly.
    let style = ProgressStyle::with_template("[{bar:30}] {human_pos}/{human_len} spans · {per_sec}");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

fn tell(input: &Input, summary: &Summary, age_max: Duration) {
    let too_old = format!("older than {} days, not sent", age_max.as_secs() / 86_400);
    for span in summary.too_old.iter().take(NAMED_MAX) {
        eprintln!("{too_old}: {span}");
    }
    if let Some(more) = summary.too_old.len().checked_sub(NAMED_MAX).filter(|more| *more > 0) {
        eprintln!("{too_old}: {more} more");
    }
    for (trace, became) in &summary.traces {
        let parts = [
            (became.sent, "sent"),
            (became.refused, "not accepted"),
            (became.too_old, too_old.as_str()),
            (became.before, "sent by an earlier run"),
        ];
        let words: Vec<_> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
        println!("{trace}  {}", words.join(", "));
    }
    for refusal in &summary.refusals {
        eprintln!("{} spans were not accepted: {}", refusal.spans, refusal.reason);
    }
    let sent: u64 = summary.traces.values().map(|became| became.sent).sum();
    let (traces, repeated, others) = (summary.traces.len(), input.repeated, input.others);
    println!(
        "{sent} spans of {traces} traces sent; {repeated} lines repeated a span, {others} lines were of other kinds"
    );
}
