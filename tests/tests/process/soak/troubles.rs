//! Random troubles of the sidecars, for the time of one round.

use std::time::Duration;

use lambda_env::{AwsFault, On, OtlpFault};

use crate::{dice::Dice, fixture::Fixture};

/// How long the collector stays away, in rounds, and what it does until then.
#[derive(Default)]
pub(super) struct Collector {
    away: u64,
}

impl Collector {
    /// Sets what the collector does in the round that begins.
    pub(super) async fn next_round(&mut self, dice: &Dice, fixture: &Fixture) {
        if self.away > 0 {
            self.away -= 1;
            if self.away == 0 {
                fixture.collector.set_fault(None).await.unwrap();
            }
            return;
        }
        match dice.between(0, 99) {
            0..=59 => {}
            60..=89 => {
                let faults = (0..dice.between(1, 2)).map(|_| Some(fault(dice)));
                fixture.collector.queue_faults(faults);
            }
            _ => {
                let fault = dice.pick(&[
                    OtlpFault::Refuse,
                    OtlpFault::Hang,
                    OtlpFault::RetryAfter(503, 0),
                    OtlpFault::AnswerLost,
                ]);
                fixture.collector.set_fault(Some(fault)).await.unwrap();
                self.away = dice.between(1, 3);
            }
        }
    }
}

fn fault(dice: &Dice) -> OtlpFault {
    match dice.between(0, 11) {
        0 => OtlpFault::Reset,
        1 => OtlpFault::Hang,
        // Most name a short time: otherwise nothing would be sent for 10 s, which is longer than most environments here live.
        2 => OtlpFault::RetryAfter(500, 0),
        3 => OtlpFault::RetryAfter(503, 1),
        4 => OtlpFault::RetryAfter(429, 0),
        5 => OtlpFault::Status(400),
        6 => OtlpFault::Slow(Duration::from_millis(dice.between(1, 400))),
        7 | 8 => OtlpFault::AnswerLost,
        9 => OtlpFault::PartialSuccess(usize::try_from(dice.between(1, 3)).unwrap_or(1)),
        10 => OtlpFault::RejectAll,
        _ => OtlpFault::Garbage,
    }
}

/// Now and then a fault of DynamoDB's queries or of CloudWatch.
pub(super) fn of_aws(dice: &Dice, fixture: &Fixture) {
    fixture.aws.clear_faults();
    if !dice.percent(15) {
        return;
    }
    let fault = match dice.between(0, 7) {
        0 => AwsFault::Throttle,
        1 => AwsFault::Internal,
        2 => AwsFault::AccessDenied,
        3 => AwsFault::Hang,
        4 => AwsFault::Slow(Duration::from_millis(dice.between(5, 150))),
        5 => AwsFault::Garbage,
        6 => AwsFault::HugeError(50_000),
        _ => AwsFault::Reset,
    };
    let on = match dice.between(0, 3) {
        0 => On::operation("Query"),
        1 => On::operation("Query").partition("neutral"),
        2 => On::operation("PutMetricData"),
        _ => On::operation("Query").times(u32::try_from(dice.between(1, 6)).unwrap_or(1)),
    };
    fixture.aws.fault(on, fault);
}
