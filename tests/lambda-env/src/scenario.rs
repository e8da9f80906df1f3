//! Faults in text form, for a command line or a file: what goes wrong, when, and in which invocations. They are only
//! parsed here.
//!
//! ```
//! use lambda_env::scenario::{Fault, FaultKind};
//!
//! let fault: Fault = "kill@1500ms#2,5".parse()?; // in the second and fifth invocation
//! assert_eq!(fault.kind, FaultKind::Kill);
//! assert!(fault.concerns(5) && !fault.concerns(1));
//! # Ok::<(), lambda_env::scenario::FaultError>(())
//! ```

use std::{fmt, str::FromStr, time::Duration};

use http::StatusCode;

use crate::{
    otlp_receiver::OtlpFault,
    runtime_api::{Deadline, Invocation, ResponseFault, When},
};

/// What can go wrong, for `--help` and error messages: word, value, meaning.
pub const WORDS: [(&str, &str, &str); 20] = [
    ("kill", "", "SIGKILL to the function's process"),
    ("shut-down", "", "the environment is shut down as Lambda does it when it needs it no more"),
    ("refuse", "STATUS", "the Runtime API answers in mid-body, 413 if not said, and closes the connection"),
    ("cut", "", "the connection that carries the answer is reset"),
    ("stand-still", "", "nothing more is read of the answer, as for a caller that stands still"),
    ("slow-down", "BYTES", "so many bytes of the answer are read in a second, as for a caller on a slow line"),
    ("go-on", "", "reading goes on at full speed"),
    ("stale", "", "the answer gets 410, as one that comes too late"),
    ("time-limit", "DURATION", "another time limit"),
    ("no-trace", "", "no trace header"),
    ("unsampled", "", "a trace header with Sampled=0"),
    ("malformed-trace", "", "a trace header that is none"),
    ("collector-refuse", "", "the built-in collector's port is closed"),
    ("collector-reset", "", "it takes nothing and resets the connection"),
    ("collector-hang", "", "it never answers"),
    ("collector-status", "STATUS", "it answers with this status"),
    ("collector-slow", "DURATION", "it takes spans and answers so much later"),
    ("collector-answer-lost", "", "it takes spans and resets the connection before its answer"),
    ("collector-reject-all", "", "it answers 200 and rejects every span"),
    ("collector-garbage", "", "it takes spans and answers 200 with garbage"),
];

/// A fault: `WHAT[:VALUE][@WHEN][#N[,N…]]`. A fault of the collector lasts until the next invocation begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What goes wrong.
    pub kind: FaultKind,
    /// When, counted from the head of the answer on; for `kill` and `shut-down` from the delivery of the event on.
    pub when: When,
    /// The invocations concerned, counted from 1; all of them if none is named.
    pub invocations: Vec<u64>,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// Something with the answer.
    Response(ResponseFault),
    /// The process is killed.
    Kill,
    /// The environment is shut down.
    ShutDown,
    /// The answer gets 410.
    Stale,
    /// The invocation has another time limit.
    TimeLimit(Duration),
    /// There is no trace header.
    NoTrace,
    /// The trace is not sampled.
    Unsampled,
    /// The trace header is malformed.
    MalformedTrace,
    /// Something with the built-in collector.
    Collector(OtlpFault),
}

/// Why a text is not a fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no fault: {what}")]
pub struct FaultError {
    /// The text.
    pub text: String,
    /// What is wrong with it.
    pub what: String,
}

impl Fault {
    /// Reads the parts of a fault: what with its value, when, and the invocations.
    ///
    /// # Errors
    /// A part is not understood, or they do not go together.
    pub fn of(what: &str, when: Option<&str>, invocations: Vec<u64>) -> Result<Self, FaultError> {
        let error = |reason: String| FaultError { text: what.to_owned(), what: reason };
        let (word, value) = what.split_once(':').map_or((what, None), |(word, value)| (word, Some(value)));
        let kind = kind(word, value).map_err(error)?;
        let when = when.map_or(Ok(When::AtOnce), moment).map_err(error)?;
        let is_timed = matches!(when, When::AtOnce | When::After(_));
        match kind {
            FaultKind::Response(_) => {}
            FaultKind::Kill | FaultKind::ShutDown if is_timed => {}
            FaultKind::Kill | FaultKind::ShutDown => return Err(error("its moment is a duration".to_owned())),
            _ if when != When::AtOnce => {
                return Err(error("it has no moment: it holds for the whole invocation".to_owned()));
            }
            _ => {}
        }
        Ok(Self { kind, when, invocations })
    }

    /// Whether it takes place in this invocation.
    pub fn concerns(&self, number: u64) -> bool {
        self.invocations.is_empty() || self.invocations.contains(&number)
    }

    /// Makes it part of an invocation, as far as it can be.
    pub(crate) fn apply(&self, invocation: Invocation) -> Invocation {
        match self.kind {
            FaultKind::Response(fault) => invocation.fault(self.when, fault),
            FaultKind::Stale => invocation.stale(),
            FaultKind::TimeLimit(limit) => invocation.deadline(Deadline::In(limit)),
            FaultKind::NoTrace => invocation.no_trace(),
            FaultKind::Unsampled => invocation.unsampled(),
            FaultKind::MalformedTrace => invocation.raw_trace("Root=none;Parent=none;Sampled=?"),
            FaultKind::Kill | FaultKind::ShutDown | FaultKind::Collector(_) => invocation,
        }
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<Self, FaultError> {
        let error = |what: &str| FaultError { text: text.to_owned(), what: what.to_owned() };
        let (rest, invocations) = match text.split_once('#') {
            None => (text, Vec::new()),
            Some((rest, numbers)) => {
                let numbers: Result<Vec<u64>, _> = numbers.split(',').map(|number| number.trim().parse()).collect();
                (rest, numbers.map_err(|_| error("behind # stand numbers of invocations"))?)
            }
        };
        let (what, when) = rest.split_once('@').map_or((rest, None), |(what, when)| (what, Some(when)));
        Self::of(what, when, invocations).map_err(|found| error(&found.what))
    }
}

impl fmt::Display for FaultKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self {
            Self::Response(ResponseFault::Refuse(status)) => return write!(f, "refuse:{}", status.as_u16()),
            Self::Response(ResponseFault::SlowDown(rate)) => return write!(f, "slow-down:{rate}"),
            Self::Response(ResponseFault::Cut) => "cut",
            Self::Response(ResponseFault::StandStill) => "stand-still",
            Self::Response(ResponseFault::GoOn) => "go-on",
            Self::Kill => "kill",
            Self::ShutDown => "shut-down",
            Self::Stale => "stale",
            Self::TimeLimit(limit) => return write!(f, "time-limit:{limit:?}"),
            Self::NoTrace => "no-trace",
            Self::Unsampled => "unsampled",
            Self::MalformedTrace => "malformed-trace",
            Self::Collector(fault) => return write!(f, "collector: {fault:?}"),
        };
        f.write_str(word)
    }
}

/// Reads `250ms`, `30s`, `15m` or `1h`.
///
/// # Errors
/// It is none of these.
pub fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let number: Option<u32> = text[..digits].parse().ok();
    let unit = match &text[digits..] {
        "ms" => Some(Duration::from_millis(1)),
        "s" => Some(Duration::from_secs(1)),
        "m" => Some(Duration::from_mins(1)),
        "h" => Some(Duration::from_hours(1)),
        _ => None,
    };
    let found = number.zip(unit).and_then(|(number, unit)| unit.checked_mul(number));
    found.ok_or_else(|| format!("{text:?} is no duration: a number with ms, s, m or h behind it"))
}

fn kind(word: &str, value: Option<&str>) -> Result<FaultKind, String> {
    let Some((_, wanted, _)) = WORDS.iter().find(|(known, ..)| *known == word) else {
        let known: Vec<&str> = WORDS.iter().map(|(known, ..)| *known).collect();
        return Err(format!("there are {}", known.join(", ")));
    };
    if value.is_some() && wanted.is_empty() {
        return Err(format!("{word} takes no value"));
    }
    let needed = || value.ok_or_else(|| format!("{word} needs a value: {word}:{wanted}"));
    let code = |text: &str| text.parse::<u16>().map_err(|_| format!("{text:?} is no status"));
    let collector = |fault| Ok(FaultKind::Collector(fault));
    Ok(match word {
        "kill" => FaultKind::Kill,
        "shut-down" => FaultKind::ShutDown,
        "refuse" => {
            let status = StatusCode::from_u16(code(value.unwrap_or("413"))?).map_err(|error| error.to_string())?;
            FaultKind::Response(ResponseFault::Refuse(status))
        }
        "cut" => FaultKind::Response(ResponseFault::Cut),
        "stand-still" => FaultKind::Response(ResponseFault::StandStill),
        "slow-down" => {
            let rate = needed()?.parse::<u32>().map_err(|_| "slow-down takes bytes in a second".to_owned())?;
            FaultKind::Response(ResponseFault::SlowDown(rate))
        }
        "go-on" => FaultKind::Response(ResponseFault::GoOn),
        "stale" => FaultKind::Stale,
        "time-limit" => FaultKind::TimeLimit(duration(needed()?)?),
        "no-trace" => FaultKind::NoTrace,
        "unsampled" => FaultKind::Unsampled,
        "malformed-trace" => FaultKind::MalformedTrace,
        "collector-refuse" => return collector(OtlpFault::Refuse),
        "collector-reset" => return collector(OtlpFault::Reset),
        "collector-hang" => return collector(OtlpFault::Hang),
        "collector-status" => return collector(OtlpFault::Status(code(needed()?)?)),
        "collector-slow" => return collector(OtlpFault::Slow(duration(needed()?)?)),
        "collector-answer-lost" => return collector(OtlpFault::AnswerLost),
        "collector-reject-all" => return collector(OtlpFault::RejectAll),
        "collector-garbage" => return collector(OtlpFault::Garbage),
        _ => return Err("a word without a meaning".to_owned()),
    })
}

fn moment(text: &str) -> Result<When, String> {
    let count = |text: &str| text.parse::<usize>().map_err(|_| format!("{text:?} is no number"));
    match text.split_once(':') {
        Some(("chunk", number)) => Ok(When::AfterChunks(count(number)?)),
        Some(("byte", number)) => Ok(When::AfterBytes(count(number)?)),
        Some(_) => Err(format!("{text:?} is no moment: a duration, chunk:N or byte:N")),
        None if text == "at-once" => Ok(When::AtOnce),
        None => duration(text).map(When::After),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Fault {
        text.parse().unwrap()
    }

    #[test]
    fn every_word_is_understood_and_says_itself() {
        for (word, value, _) in WORDS {
            let value = match value {
                "" => String::new(),
                "DURATION" => ":2s".to_owned(),
                _ => ":503".to_owned(),
            };
            let read = fault(&format!("{word}{value}#3"));
            assert!(read.concerns(3) && !read.concerns(1));
            let said = read.kind.to_string();
            assert!(said.starts_with(word) || said.starts_with("collector: "), "{word} says {said}");
        }
    }

    #[test]
    fn moments_are_durations_chunks_and_bytes() {
        assert_eq!(fault("cut@chunk:20").when, When::AfterChunks(20));
        assert_eq!(fault("stand-still@byte:1000").when, When::AfterBytes(1_000));
        assert_eq!(fault("kill@1500ms").when, When::After(Duration::from_millis(1_500)));
        assert_eq!(fault("refuse").kind, FaultKind::Response(ResponseFault::Refuse(StatusCode::PAYLOAD_TOO_LARGE)));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_a_reason() {
        for (text, reason) in [
            ("explode", "there are kill, "),
            ("kill:9", "takes no value"),
            ("kill@chunk:3", "its moment is a duration"),
            ("slow-down", "needs a value: slow-down:BYTES"),
            ("stale@1s", "it has no moment"),
            ("cut@soon", "is no duration"),
            ("cut@line:3", "is no moment"),
            ("cut#first", "numbers of invocations"),
            ("refuse:99", "status"),
            ("time-limit:9999999999s", "is no duration"),
        ] {
            let error = text.parse::<Fault>().unwrap_err();
            assert!(error.to_string().contains(reason), "{error}");
        }
    }
}
