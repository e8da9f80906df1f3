//! Progress for people: one line for each thing that happens.

use std::time::Duration;

use super::palette::Palette;
use crate::{
    clock::Stamp,
    environment::{Exit, LogLine, Phase, Stream},
    notice::{Ended, Event, Invoked, Notice},
    runtime_api::Outcome,
};

/// Columns of the clock and of the environment's name.
const CLOCK: usize = 12;
const PLACE: usize = 6;

/// One line, with its time and environment.
pub(super) fn line(notice: &Notice, init: Option<Duration>, palette: Palette) -> String {
    let what = match &notice.event {
        Event::Phase(phase) => of_phase(phase, init, palette),
        Event::Line(line) => of_line(line, palette),
        Event::Violation(violation) => palette.bad(&format!("violation: {}", violation.what)),
        Event::Invoked(invoked) => of_invoked(invoked, palette),
        Event::Ended(ended) => of_ended(ended, palette),
        Event::Throttled(request) => palette.odd(&format!(
            "#{} {} {}: 429, every environment is taken",
            request.number, request.method, request.target
        )),
        Event::StartFailed(request, reason) => {
            palette.bad(&format!("#{} {} {}: 502, {reason}", request.number, request.method, request.target))
        }
        Event::Fault(number, fault) => palette.odd(&format!("#{number} fault: {fault}")),
    };
    placed(&notice.at, notice.environment, &what, palette)
}

/// A line of its own at this time and place.
pub(super) fn placed(at: &Stamp, environment: Option<usize>, what: &str, palette: Palette) -> String {
    let place = environment.map_or(String::new(), |number| format!("env {number}"));
    format!("{}  {place:<PLACE$}  {what}", palette.dim(&clock(at)))
}

/// Continues the line before it.
pub(super) fn below(what: &str) -> String {
    format!("{}{what}", " ".repeat(CLOCK + PLACE + 6))
}

fn of_phase(phase: &Phase, init: Option<Duration>, palette: Palette) -> String {
    match phase {
        Phase::Started(1) => "starts".to_owned(),
        Phase::Started(time) => format!("starts, for the {time}. time"),
        Phase::Ready => match init {
            Some(init) => format!("ready after {}", short(init)),
            None => "ready".to_owned(),
        },
        Phase::Invoked(_) => "invoked".to_owned(),
        Phase::Frozen => palette.dim("frozen"),
        Phase::Thawed => palette.dim("thawed"),
        Phase::TimedOut(_) => palette.bad("killed: the time limit has passed"),
        Phase::Exited(exit) => palette.bad(&format!("its process ended: {}", ending(exit))),
        Phase::ExtensionExited(name, exit) => palette.bad(&format!("extension {name} ended: {}", ending(exit))),
        Phase::ShutDown(exit) => format!("shut down: {}", ending(exit)),
    }
}

fn of_line(line: &LogLine, palette: Palette) -> String {
    let mark = if line.stream == Stream::Stderr { "!" } else { "|" };
    palette.dim(&format!("{} {mark} {}", line.program, line.text))
}

fn of_invoked(invoked: &Invoked, palette: Palette) -> String {
    let cold = if invoked.is_cold { palette.odd(" (cold start)") } else { String::new() };
    let request = &invoked.request;
    palette.bold(&format!("#{} {} {}", request.number, request.method, request.target)) + &cold
}

fn of_ended(ended: &Ended, palette: Palette) -> String {
    let outcome = outcome(&ended.outcome);
    let outcome = if ended.outcome == Outcome::Complete { palette.good(&outcome) } else { palette.bad(&outcome) };
    let first = ended.first_byte.map_or(String::new(), |time| format!(", first byte after {}", short(time)));
    let left = if ended.caller_left { palette.odd(", its caller had left") } else { String::new() };
    let (chunks, bytes) = (counted(ended.chunks, "chunk"), counted(ended.bytes, "byte"));
    format!(
        "#{} {}: {outcome} after {}{first}, {chunks}, {bytes}{left}",
        ended.request.number,
        ended.status,
        short(ended.duration)
    )
}

/// An outcome in words.
pub(super) fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Complete => "complete".to_owned(),
        Outcome::ErrorTrailers { kind, .. } => format!("failed in mid-body with {kind}"),
        Outcome::Error { kind, .. } => format!("failed with {kind}"),
        Outcome::Truncated => "broken off by the function".to_owned(),
        Outcome::Refused(status) => format!("refused with {}", status.as_u16()),
        Outcome::Cut => "cut".to_owned(),
        Outcome::TimedOut => "timed out".to_owned(),
        Outcome::Throttled => "throttled".to_owned(),
        Outcome::Exited => "lost its process".to_owned(),
    }
}

/// How a process ended.
pub(super) fn ending(exit: &Exit) -> String {
    match (exit.code, exit.signal) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(9)) => "SIGKILL".to_owned(),
        (None, Some(15)) => "SIGTERM".to_owned(),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "unknown".to_owned(),
    }
}

/// A number with its noun.
pub(super) fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

/// A duration with as much of it as anybody reads.
pub(super) fn short(time: Duration) -> String {
    match time.as_millis() {
        ms if ms >= 1_000 && ms % 1_000 == 0 => format!("{} s", ms / 1_000),
        ms @ 0..10_000 => format!("{ms} ms"),
        ms => format!("{}.{} s", ms / 1_000, ms % 1_000 / 100),
    }
}

/// The time of day in UTC.
fn clock(at: &Stamp) -> String {
    let ms = at.unix_ms() % 86_400_000;
    format!("{:02}:{:02}:{:02}.{:03}", ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_as_short_as_they_are_read() {
        assert_eq!(short(Duration::from_micros(2_700)), "2 ms");
        assert_eq!(short(Duration::from_millis(61_250)) + &short(Duration::from_secs(30)), "61.2 s30 s");
        assert_eq!(counted(1, "byte") + &counted(2, "chunk"), "1 byte2 chunks");
    }
}
