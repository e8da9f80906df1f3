//! Which streams are opened, and when: first one after another, so that they meet a warm environment; then, side by side, one
//! that is left open, one that resumes from its cursor (and so meets another environment), a new one, and a configuration's.

use super::stream::{Opening, read};
use crate::{
    aws::client::Aws,
    evidence::{Event, Purpose, StreamRecord},
    options::Options,
};
use futures::{channel::oneshot, future::join};
use std::time::Duration;

/// After a stream's end its environment still sends spans; the next request would meet another one.
const SETTLING: Duration = Duration::from_secs(1);

pub(super) async fn open_all(aws: &Aws, options: &Options) -> Vec<StreamRecord> {
    let mut streams = Vec::new();
    let mut is_signed = false;
    for number in 1..=options.invocations {
        aws.ports
            .progress
            .say(&format!("stream {number} of {}, one after another, each to its end", options.invocations));
        let mut stream = read(aws, opening(options, Purpose::Sequential, is_signed), |_| ()).await;
        // An URL that asks for signatures says so in no other way.
        if number == 1 && stream.status == Ok(403) && aws.ports.credentials.credentials().await.is_ok() {
            let signed = read(aws, opening(options, Purpose::Sequential, true), |_| ()).await;
            if signed.status != Ok(403) {
                is_signed = true;
                stream = signed;
            }
        }
        let is_lost = stream.status.is_err() || matches!(stream.status, Ok(403 | 404));
        streams.push(stream);
        // What answers like this answers the next one alike.
        if is_lost {
            return streams;
        }
        aws.pause(SETTLING).await;
    }
    aws.ports.progress.say("streams side by side: one that resumes, a new one beside it, a configuration's");
    let configuration = configuration(aws, options, is_signed);
    let (resuming, configuration) = join(resuming(aws, options, is_signed, streams.len()), configuration).await;
    streams.extend(resuming);
    streams.extend(configuration);
    streams
}

fn opening(options: &Options, purpose: Purpose, is_signed: bool) -> Opening<'_> {
    let url = format!("{}/api/v2/stream", options.url.trim_end_matches('/'));
    Opening { url, purpose, token: None, last_event_id: None, read_limit: options.read_limit, is_signed }
}

async fn configuration(aws: &Aws, options: &Options, is_signed: bool) -> Option<StreamRecord> {
    let (id, token) = options.configuration.as_ref()?;
    let base = opening(options, Purpose::Configuration, is_signed);
    let url = format!("{}/api/v2/configurations/{id}/stream", options.url.trim_end_matches('/'));
    Some(read(aws, Opening { url, token: Some(token), ..base }, |_| ()).await)
}

/// A stream that stays open, and from its cursor on a second and a third. `index` is where it will stand among all.
async fn resuming(aws: &Aws, options: &Options, is_signed: bool, index: usize) -> Vec<StreamRecord> {
    if !options.is_resuming {
        return Vec::new();
    }
    let (send, cursor) = oneshot::channel();
    let mut send = Some(send);
    let first = read(aws, opening(options, Purpose::Parallel, is_signed), move |events| {
        if let Some(id) = cursor_of(events)
            && let Some(send) = send.take()
        {
            // The receiver waits for as long as this stream is read.
            let _ = send.send((id, events.len()));
        }
    });
    let others = async {
        // No cursor until its end: nothing to resume from.
        let Ok((id, events)) = cursor.await else { return Vec::new() };
        let resumed = Opening {
            last_event_id: Some(id),
            ..opening(options, Purpose::Resumed { from: index, events }, is_signed)
        };
        let fresh = opening(options, Purpose::Fresh, is_signed);
        let (resumed, fresh) = join(read(aws, resumed, |_| ()), read(aws, fresh, |_| ())).await;
        vec![resumed, fresh]
    };
    let (first, others) = join(first, others).await;
    [vec![first], others].concat()
}

/// The cursor, once the initial state was read: in a write of several state events the first carries an id that claims little,
/// the last one that claims all of it.
fn cursor_of(events: &[Event]) -> Option<String> {
    let last = events.last()?;
    let ids = || events.iter().filter_map(|event| event.id.as_ref());
    let is_control = matches!(last.name.as_str(), "heartbeat" | "done" | "deadline");
    let is_time = ids().count() >= 2 || (is_control && events.len() > 1);
    if is_time { ids().next_back().cloned() } else { None }
}
