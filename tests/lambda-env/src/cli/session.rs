//! A run of `serve`, from its first line to its summary: what is started, and what is printed when.

use std::{
    collections::BTreeMap,
    error::Error,
    io::{self, Write},
    time::Duration,
};

use tokio::signal::unix::{SignalKind, signal};

use super::{
    flags::ServeArgs,
    json,
    palette::Palette,
    scenario_file,
    setup::{self, Unusable},
    summary::Summary,
    text,
    traces::Traces,
    waterfall,
};
use crate::{
    clock::Stamp,
    environment::Phase,
    function_url::{UrlOptions, UrlServer},
    notice::{Ended, Event, Notice},
    otlp_receiver::OtlpReceiver,
    scenario::FaultKind,
    xray_receiver::XrayReceiver,
};

/// How long a notice is held back, so that those of different origins come in order.
const ORDER: Duration = Duration::from_millis(60);
const LOOK: Duration = Duration::from_millis(20);
/// How long a trace waits for its spans where nothing is frozen.
const NO_FREEZE: Duration = Duration::from_secs(2);

/// Offers the function until it is told to end.
pub(super) async fn run(arguments: &ServeArgs) -> Result<(), Box<dyn Error>> {
    let mut faults = arguments.all_faults();
    if let Some(file) = &arguments.scenario {
        faults.extend(scenario_file::read(file)?);
    }
    let xray = XrayReceiver::start_on(arguments.xray_port).await?;
    let collector = arguments.otlp.map(OtlpReceiver::start_on).transpose()?;
    if collector.is_none() && faults.iter().any(|fault| matches!(fault.kind, FaultKind::Collector(_))) {
        return Err(Unusable::NoCollector.into());
    }
    let builder = setup::environment(arguments, &xray, collector.as_ref())?;
    let options = UrlOptions {
        listen: arguments.listen,
        environments: arguments.environments.into(),
        start_at_once: arguments.managed_instances.is_some(),
        faults,
        collector: collector.clone(),
        seed: arguments.seed,
    };
    let server = UrlServer::start(builder, options).await?;
    let palette = Palette::detect(arguments.no_color || arguments.json);
    let mut session = Session {
        arguments,
        palette,
        xray,
        collector,
        begin: Stamp::now(),
        held: Vec::new(),
        environments: BTreeMap::new(),
        traces: Traces::default(),
        summary: Summary::default(),
    };
    session.serve(server).await?;
    Ok(())
}

/// What is known of an environment.
#[derive(Debug, Default)]
struct Known {
    started: Option<Stamp>,
    /// It does nothing: frozen, or without a process.
    is_still: bool,
    /// Invocations whose traces have not been shown, with the end of each.
    unshown: Vec<(Stamp, Ended)>,
}

struct Session<'a> {
    arguments: &'a ServeArgs,
    palette: Palette,
    xray: XrayReceiver,
    collector: Option<OtlpReceiver>,
    begin: Stamp,
    held: Vec<Notice>,
    environments: BTreeMap<usize, Known>,
    traces: Traces,
    summary: Summary,
}

impl Session<'_> {
    async fn serve(&mut self, mut server: UrlServer) -> Result<(), Box<dyn Error>> {
        let mut terminated = signal(SignalKind::terminate())?;
        let mut interrupted = signal(SignalKind::interrupt())?;
        self.greet(&server)?;
        loop {
            tokio::select! {
                Some(notice) = server.notice() => self.held.push(notice),
                () = tokio::time::sleep(LOOK) => {}
                _ = interrupted.recv() => break,
                _ = terminated.recv() => break,
            }
            self.look(ORDER)?;
            let limit = self.arguments.requests.and_then(|limit| usize::try_from(limit).ok());
            let is_shown = self.environments.values().all(|known| known.unshown.is_empty());
            if limit.is_some_and(|limit| self.summary.over() >= limit) && is_shown && self.held.is_empty() {
                break;
            }
        }
        let ends = tokio::select! {
            ends = server.shut_down() => ends,
            // Whoever asks twice means at once; processes are killed with their environments.
            _ = interrupted.recv() => Vec::new(),
        };
        self.summary.count_ends(&ends);
        while let Ok(Some(notice)) = tokio::time::timeout(ORDER, server.notice()).await {
            self.held.push(notice);
        }
        self.look(Duration::ZERO)?;
        for number in self.environments.keys().copied().collect::<Vec<_>>() {
            self.show(number)?;
        }
        self.conclude()
    }

    /// Takes in spans, and prints what is old enough to be in order.
    fn look(&mut self, order: Duration) -> Result<(), Box<dyn Error>> {
        let spans = self.collector.as_ref().map(OtlpReceiver::take).unwrap_or_default();
        let late = self.traces.add(&self.xray.take(), &spans);
        if !late.is_empty() && !self.arguments.json {
            let names: Vec<&str> = late.iter().map(|bar| bar.name.as_str()).collect();
            let what = format!("{} too late: {}", text::counted(late.len(), "span"), names.join(", "));
            print(&text::placed(&late[0].at, None, &self.palette.bad(&what), self.palette))?;
        }
        for bar in late.iter().filter(|_| self.arguments.json) {
            print(&json::span(bar, true).to_string())?;
        }
        self.held.sort_by_key(|notice| notice.at);
        let ready = self.held.partition_point(|notice| notice.at.elapsed() >= order);
        for notice in self.held.drain(..ready).collect::<Vec<_>>() {
            self.tell(&notice)?;
        }
        if !self.arguments.no_freeze && self.arguments.managed_instances.is_none() {
            return Ok(());
        }
        let is_due = |known: &Known| known.unshown.iter().any(|(at, _)| at.elapsed() >= NO_FREEZE);
        let due: Vec<usize> =
            self.environments.iter().filter(|(_, known)| is_due(known)).map(|(number, _)| *number).collect();
        due.into_iter().try_for_each(|number| self.show(number))
    }

    fn tell(&mut self, notice: &Notice) -> Result<(), Box<dyn Error>> {
        self.summary.count(notice);
        let mut known = Known::default();
        let known = notice.environment.map_or(&mut known, |number| self.environments.entry(number).or_default());
        let mut init = None;
        match &notice.event {
            Event::Phase(Phase::Started(_)) => known.started = Some(notice.at),
            Event::Phase(Phase::Ready) => init = known.started.map(|started| notice.at.since(&started)),
            _ => {}
        }
        match &notice.event {
            Event::Phase(Phase::Frozen | Phase::TimedOut(_) | Phase::Exited(_) | Phase::ShutDown(_)) => {
                known.is_still = true;
            }
            Event::Phase(_) => known.is_still = false,
            Event::Ended(ended) => known.unshown.push((notice.at, Ended::clone(ended))),
            _ => {}
        }
        let is_still = known.is_still;
        if self.arguments.json {
            print(&json::notice(notice).to_string())?;
        } else if self.is_shown(&notice.event) {
            print(&text::line(notice, init, self.palette))?;
        }
        notice.environment.filter(|_| is_still).map_or(Ok(()), |number| self.show(number))
    }

    /// People are told of an invocation by its request, and of lines if they want them.
    fn is_shown(&self, event: &Event) -> bool {
        match event {
            Event::Phase(Phase::Invoked(_)) => false,
            Event::Line(_) => !self.arguments.no_log,
            _ => true,
        }
    }

    /// Shows the traces of an environment's invocations that are over: it does nothing more for them.
    fn show(&mut self, number: usize) -> Result<(), Box<dyn Error>> {
        let unshown = self.environments.get_mut(&number).map(|known| std::mem::take(&mut known.unshown));
        for (_, ended) in unshown.unwrap_or_default() {
            let Some(trace) = ended.trace else { continue };
            let bars = self.traces.close(&trace.trace_id()).to_vec();
            if self.arguments.json {
                for bar in &bars {
                    print(&json::span(bar, false).to_string())?;
                }
            } else if !self.arguments.no_traces {
                if !bars.is_empty() {
                    print(&text::below(&format!("#{} trace {}", ended.request.number, trace.root)))?;
                }
                for line in waterfall::draw(&bars, self.palette) {
                    print(&text::below(&line))?;
                }
            }
        }
        Ok(())
    }

    /// The first lines: what is where.
    fn greet(&self, server: &UrlServer) -> Result<(), Box<dyn Error>> {
        let arguments = self.arguments;
        let url = format!("http://{}", server.address());
        let otlp = self.collector.as_ref().map(OtlpReceiver::endpoint);
        if arguments.json {
            let fields = serde_json::json!({"url": url, "xray": self.xray.address().to_string(), "otlp": otlp,
                "version": env!("CARGO_PKG_VERSION")});
            return print(&json::line(&self.begin, "listening", fields).to_string());
        }
        let platform = match arguments.managed_instances {
            Some(workers) => {
                format!("Managed Instances, {} with {workers} workers each", plural(arguments.environments))
            }
            None => format!("{} at most, {} at once in each", plural(arguments.environments), arguments.concurrency),
        };
        let program = arguments.program.display();
        print(&self.palette.bold(&format!("lambda-env {}: {program}", env!("CARGO_PKG_VERSION"))))?;
        print(&format!("  function URL  {url}"))?;
        print(&format!("  environments  {platform}; time limit {}", text::short(arguments.timeout)))?;
        print(&format!("  X-Ray daemon  {} (UDP)", self.xray.address()))?;
        print(&format!("  collector     {}", otlp.as_deref().unwrap_or("none (--otlp)")))?;
        print("  Ctrl-C ends it.")
    }

    fn conclude(&mut self) -> Result<(), Box<dyn Error>> {
        let now = Stamp::now();
        self.summary.duration = now.since(&self.begin);
        self.summary.traces = self.traces.counts;
        self.summary.malformed = self.xray.malformed().len();
        if self.arguments.json {
            return print(&json::summary(&self.summary, &now).to_string());
        }
        print("")?;
        self.summary.lines(self.palette).iter().try_for_each(|line| print(line))
    }
}

fn print(line: &str) -> Result<(), Box<dyn Error>> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()?;
    Ok(())
}

fn plural(environments: u16) -> String {
    text::counted(environments.into(), "environment")
}
