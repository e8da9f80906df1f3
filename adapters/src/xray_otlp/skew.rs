//! The offset of this machine's clock, derived from the date of a response that refused a signature. A signature is
//! valid for five minutes; the clock of a machine that was suspended, or of a laptop, may be off by more.

use http::{Response, header::DATE};
use lambda_trace::Timestamp;
use std::{
    sync::atomic::{AtomicI64, Ordering::Relaxed},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// A smaller difference is not the reason of a refusal (the SDKs use the same value).
const SKEW_MIN: Duration = Duration::from_mins(4);

/// The offset that is added to the clock, in
#[derive(Debug, Default)]
pub(super) struct ClockSkew(AtomicI64);

impl ClockSkew {
    /// The corrected time.
    pub(super) fn corrected(&self, now: Timestamp) -> SystemTime {
        let skew = self.0.load(Relaxed);
        let by = Duration::from_millis(skew.unsigned_abs());
        let now = system_time(now);
        if skew < 0 { now - by } else { now + by }
    }

    /// Whether the request that was signed `at` was refused because of its date, and the response, which arrived `now`,
    /// has the right one.
    pub(super) fn is_corrected_by<B>(&self, answer: &Response<B>, at: SystemTime, now: Timestamp) -> bool {
        if !matches!(answer.status().as_u16(), 400..=403) {
            return false;
        }
        let date = answer.headers().get(DATE).and_then(|date| httpdate::parse_http_date(date.to_str().ok()?).ok());
        let Some(date) = date.filter(|date| apart(*date, at) >= SKEW_MIN) else { return false };
        let now = system_time(now);
        let by = i64::try_from(apart(date, now).as_millis()).unwrap_or(0);
        self.0.store(if date < now { -by } else { by }, Relaxed);
        true
    }
}

fn system_time(at: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(at.micros())
}

fn apart(one: SystemTime, other: SystemTime) -> Duration {
    one.duration_since(other).unwrap_or_else(|error| error.duration())
}
