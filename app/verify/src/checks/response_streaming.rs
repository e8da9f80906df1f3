//! The URL streams: in its configuration, and as its readers saw it.

use super::{Check, Finding, Judgement};
use crate::evidence::{Evidence, InvokeMode};
use std::time::Duration;

pub(super) const CHECK: Check =
    Check { id: "response-streaming", title: "the URL streams: events come as they are made, not at the end", judge };

/// Events of a stream that lasts longer than this do not come all at once unless something buffers them.
const LONG: Duration = Duration::from_secs(1);

fn judge(evidence: &Evidence) -> Finding {
    let mut judgement = Judgement::default();
    if let Some(url) = judgement.need(&evidence.url) {
        match url.invoke_mode {
            InvokeMode::ResponseStream => judgement.saw("invoke mode RESPONSE_STREAM"),
            InvokeMode::Buffered => judgement.fail("invoke mode BUFFERED: the reader gets everything at the end"),
        }
    }
    for stream in evidence.served() {
        let Some(first) = stream.first_event() else { continue };
        let said =
            format!("{stream}: first event after {:.2} s of {:.2} s", first.as_secs_f64(), stream.ended.as_secs_f64());
        if stream.ended > LONG && first > stream.ended / 2 && stream.events_took() < stream.ended / 10 {
            judgement.fail(format!("{said}, and all others with it"));
        }
    }
    judgement.finding()
}
