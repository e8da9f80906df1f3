//! What the function does: a few events, each polled for and then dispatched. It prints a line for every span that it begins, which is
//! what the spans that arrive are compared with.

use bytes::Bytes;
use lambda_runtime::{Context, streaming::Sender};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tracing::{Instrument, Span, info_span};

/// Between two events.
pub const APART: Duration = Duration::from_millis(40);
/// The stream ends this long before its deadline, as every function should see to. `opentelemetry-lambda-extension` needs a second.
pub const MARGIN: Duration = Duration::from_millis(1_500);
const EVENTS: u32 = 6;
/// More than any deadline leaves time for.
const ENDLESS: u32 = 10_000;
const PANICS_AT: u32 = 4;

/// What is asked for, and under which ids. The path says whether the answer is streamed, the query what happens to it.
#[derive(Clone, Debug)]
pub struct Request {
    pub id: String,
    pub trace: String,
    pub is_streamed: bool,
    pub events: u32,
    pub panics: bool,
    ends_ms: u64,
}

impl Request {
    pub fn new(path: &str, query: &str, context: &Context) -> Self {
        let margin = u64::try_from(MARGIN.as_millis()).unwrap_or_default();
        Self {
            id: context.request_id.clone(),
            trace: context.xray_trace_id.clone().unwrap_or_default(),
            is_streamed: path == "/stream",
            events: if query == "endless" { ENDLESS } else { EVENTS },
            panics: query == "panic",
            ends_ms: context.deadline.saturating_sub(margin),
        }
    }

    pub fn of_event(event: &serde_json::Value, context: &Context) -> Self {
        let text = |key: &str| event[key].as_str().unwrap_or_default();
        Self::new(text("rawPath"), text("rawQueryString"), context)
    }

    /// The deadline is near.
    pub fn is_late(&self) -> bool {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        now >= Duration::from_millis(self.ends_ms)
    }

    /// The span of the whole stream.
    pub fn span(&self) -> Span {
        info_span!("stream", request = self.id, n = 0)
    }

    /// Panics where it is asked to.
    ///
    /// # Panics
    /// That is what it is for.
    pub fn may_panic(&self, n: u32) {
        assert!(!(self.panics && n == PANICS_AT), "asked for by the query");
    }
}

/// A span begins.
pub fn begun(request: &Request, name: &str, n: u32) {
    println!(r#"{{"begun":"{name}","n":{n},"request":"{}"}}"#, request.id);
}

/// The function has nothing more to say: from now on its client waits for something else.
pub fn done(request: &Request) {
    println!(r#"{{"done":"{}"}}"#, request.id);
}

/// One event.
pub fn event(n: u32) -> String {
    format!("data: {{\"n\":{n}}}\n\n")
}

/// Where the events go.
pub enum Sink {
    Body(Sender),
    Text(String),
}

impl Sink {
    /// Whether it was taken.
    async fn write(&mut self, text: String) -> bool {
        match self {
            Self::Body(sender) => sender.send_data(Bytes::from(text)).await.is_ok(),
            Self::Text(body) => {
                body.push_str(&text);
                true
            }
        }
    }
}

/// The stream, inside its span, which ends with it.
pub async fn tell(request: &Request, stream: Span, sink: &mut Sink) {
    let work = async {
        for n in 1..=request.events {
            if request.is_late() {
                break;
            }
            begun(request, "poll", n);
            tokio::time::sleep(APART).instrument(info_span!("poll", request = request.id, n = i64::from(n))).await;
            request.may_panic(n);
            begun(request, "dispatch", n);
            if !sink.write(event(n)).instrument(info_span!("dispatch", request = request.id, n = i64::from(n))).await {
                break;
            }
        }
        done(request);
    };
    work.instrument(stream).await;
}
