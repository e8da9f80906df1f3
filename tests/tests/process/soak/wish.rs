//! One random invocation: what is asked for, and what the client or the Runtime API does to its answer.

use std::time::Duration;

use http::StatusCode;
use lambda_env::{Deadline, FunctionUrl, Invocation, ResponseFault, When};

use crate::{dice::Dice, fixture};

/// An invocation, and whether it reaches the streaming phase.
pub(super) struct Wish {
    pub(super) invocation: Invocation,
    pub(super) streams: bool,
}

impl Wish {
    pub(super) fn random(dice: &Dice) -> Self {
        let (invocation, streams) = match dice.between(0, 99) {
            0..=54 => (fixture::stream(), true),
            55..=64 => (Invocation::get("/api/v2/stream"), true),
            65..=74 => (Invocation::get("/api/v2/stream?tickers=T1,T5"), true),
            75..=84 => (fixture::config_stream(), true),
            85..=90 => (Invocation::get("/api/v2/stream/status"), false),
            91..=93 => (Invocation::get("/api/v2/configurations/c1/stream"), false),
            94..=96 => (Invocation::url(FunctionUrl::new("POST", "/api/v2/stream")), false),
            _ => (Invocation::get("/nowhere"), false),
        };
        let invocation = traced(dice, deadline(dice, invocation));
        let invocation = if streams { troubled(dice, invocation) } else { invocation };
        Self { invocation, streams }
    }
}

fn deadline(dice: &Dice, invocation: Invocation) -> Invocation {
    let ms = Duration::from_millis;
    match dice.between(0, 9) {
        // Nearer than the margin or a little beyond: the stream ends by it.
        0 => invocation.deadline(Deadline::In(ms(dice.between(900, 1_000)))),
        1 | 2 => invocation.deadline(Deadline::In(ms(dice.between(1_020, 1_250)))),
        3 => invocation.deadline(Deadline::Past(ms(dice.between(1, 5_000)))),
        4 => invocation.deadline(Deadline::Constant(600_000)),
        _ => invocation.deadline(Deadline::In(ms(30_000))),
    }
}

fn traced(dice: &Dice, invocation: Invocation) -> Invocation {
    match dice.between(0, 19) {
        0 | 1 => invocation.unsampled(),
        2 => invocation.no_trace(),
        3 => invocation.raw_trace("Root=1-67891233-abcdef012345678912345678;Sampled=1"),
        _ => invocation,
    }
}

fn troubled(dice: &Dice, invocation: Invocation) -> Invocation {
    let when = match dice.between(0, 2) {
        0 => When::AtOnce,
        1 => When::AfterChunks(usize::try_from(dice.between(1, 9)).unwrap_or(1)),
        _ => When::After(Duration::from_millis(dice.between(0, 150))),
    };
    match dice.between(0, 19) {
        0 => invocation.fault(when, ResponseFault::Cut),
        1 => invocation.fault(when, ResponseFault::Refuse(StatusCode::PAYLOAD_TOO_LARGE)),
        2 => invocation.stale(),
        3 => {
            let deadline = Deadline::In(Duration::from_millis(dice.between(1_100, 1_400)));
            invocation.deadline(deadline).fault(when, ResponseFault::StandStill)
        }
        4 => {
            let later = When::After(Duration::from_millis(dice.between(160, 300)));
            invocation.fault(when, ResponseFault::StandStill).fault(later, ResponseFault::GoOn)
        }
        _ => invocation,
    }
}
