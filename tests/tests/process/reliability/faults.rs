//! The faults of the page, one a row. They are values; nothing happens here.

use std::time::Duration;

use http::StatusCode;
use lambda_env::{
    AwsFault, Deadline, Invocation, On, OtlpFault, ResponseFault, StaleConnections, When,
    environment::EnvironmentBuilder,
};

use crate::fixture::{config_stream, stream};

/// How an invocation ends, whatever befalls it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// By itself, soon.
    Soon,
    /// By itself, late enough for a call to be given up before.
    Late,
    /// By its deadline.
    Deadline,
    /// By SIGTERM.
    Stopped,
}

pub(super) struct Fault {
    pub(super) name: &'static str,
    pub(super) way: Way,
    /// What the collector does in the first invocation.
    pub(super) collector: Option<OtlpFault>,
    /// It goes on doing so to the end.
    pub(super) stays: bool,
    /// What DynamoDB or CloudWatch does in the first invocation.
    pub(super) aws: Option<(fn() -> On, AwsFault)>,
    /// It does so from the first state on only.
    pub(super) in_mid_stream: bool,
    /// What client or Runtime API do.
    pub(super) response: Option<ResponseFault>,
    /// The answer is turned away from the start.
    pub(super) is_stale: bool,
    /// What has become of the connections to AWS in the freeze before the first invocation of the row, which has one before it.
    pub(super) stale: Option<StaleConnections>,
    /// What takes the spans drops every connection between the two invocations.
    pub(super) cut_while_frozen: bool,
}

const NONE: Fault = Fault {
    name: "none",
    way: Way::Soon,
    collector: None,
    stays: false,
    aws: None,
    in_mid_stream: false,
    response: None,
    is_stale: false,
    stale: None,
    cut_while_frozen: false,
};

const fn collector(name: &'static str, fault: OtlpFault) -> Fault {
    Fault { name, collector: Some(fault), ..NONE }
}

const fn response(name: &'static str, fault: ResponseFault) -> Fault {
    Fault { name, response: Some(fault), ..NONE }
}

const fn aws(name: &'static str, on: fn() -> On, fault: AwsFault) -> Fault {
    Fault { name, aws: Some((on, fault)), ..NONE }
}

const fn thawed(name: &'static str, stale: StaleConnections) -> Fault {
    Fault { name, stale: Some(stale), ..NONE }
}

fn queries() -> On {
    On::operation("Query")
}

fn one_partition() -> On {
    On::operation("Query").partition("neutral")
}

fn metrics() -> On {
    On::operation("PutMetricData")
}

pub(super) const FAULTS: &[Fault] = &[
    NONE,
    collector("collector: connection refused", OtlpFault::Refuse),
    collector("collector: connection reset", OtlpFault::Reset),
    collector("collector: hangs", OtlpFault::Hang),
    collector("collector: answers slowly (200 ms)", OtlpFault::Slow(Duration::from_millis(200))),
    collector("collector: answers slowly (900 ms)", OtlpFault::Slow(Duration::from_millis(900))),
    collector("collector: answer lost", OtlpFault::AnswerLost),
    collector("collector: 500", OtlpFault::Status(500)),
    collector("collector: 503 with `Retry-After`", OtlpFault::RetryAfter(503, 1)),
    collector("collector: 429", OtlpFault::Status(429)),
    collector("collector: 400", OtlpFault::Status(400)),
    collector("collector: partial success", OtlpFault::PartialSuccess(2)),
    collector("collector: rejects everything", OtlpFault::RejectAll),
    collector("collector: answer is no protobuf", OtlpFault::Garbage),
    Fault { name: "collector: refused to the end", stays: true, ..collector("", OtlpFault::Refuse) },
    Fault { name: "collector: hangs to the end", stays: true, ..collector("", OtlpFault::Hang) },
    response("client or Runtime API: connection cut", ResponseFault::Cut),
    response("client: stands still", ResponseFault::StandStill),
    response("Runtime API: 413 in mid-body", ResponseFault::Refuse(StatusCode::PAYLOAD_TOO_LARGE)),
    Fault { name: "Runtime API: 410, the answer is stale", is_stale: true, ..NONE },
    aws("DynamoDB: access denied", queries, AwsFault::AccessDenied),
    aws("DynamoDB: answers garbage", queries, AwsFault::Garbage),
    Fault { way: Way::Late, ..aws("DynamoDB: hangs", queries, AwsFault::Hang) },
    Fault { in_mid_stream: true, ..aws("DynamoDB: access denied in mid-stream", queries, AwsFault::AccessDenied) },
    Fault {
        in_mid_stream: true,
        ..aws("DynamoDB: one partition fails in mid-stream", one_partition, AwsFault::AccessDenied)
    },
    Fault { in_mid_stream: true, way: Way::Late, ..aws("DynamoDB: hangs in mid-stream", queries, AwsFault::Hang) },
    Fault { in_mid_stream: true, ..aws("DynamoDB: error text of 100 kB", queries, AwsFault::HugeError(100_000)) },
    thawed("AWS: connections reset during a freeze", StaleConnections::Reset),
    thawed("AWS: connections lost during a freeze, reset on use", StaleConnections::ResetOnUse),
    thawed("AWS: connections lost during a freeze, a black hole", StaleConnections::Silent),
    aws("CloudWatch: access denied", metrics, AwsFault::AccessDenied),
    aws("CloudWatch: hangs", metrics, AwsFault::Hang),
    Fault { name: "the deadline comes near", way: Way::Deadline, ..NONE },
    Fault {
        name: "the deadline comes near, the collector hangs",
        way: Way::Deadline,
        ..collector("", OtlpFault::Hang)
    },
    Fault { name: "SIGTERM in mid-stream", way: Way::Stopped, ..NONE },
    Fault { name: "SIGTERM in mid-stream, the collector hangs", way: Way::Stopped, ..collector("", OtlpFault::Hang) },
    Fault {
        name: "SIGTERM in mid-stream, the collector refuses",
        way: Way::Stopped,
        ..collector("", OtlpFault::Refuse)
    },
];

/// What was seen of the endpoint where a permission is missing.
pub(crate) const NOT_ALLOWED: OtlpFault = OtlpFault::Says(
    403,
    7,
    "User: arn:aws:sts::123456789012:assumed-role/role/function is not authorized to perform: xray:PutTraceSegments because no \
     identity-based policy allows the xray:PutTraceSegments action",
);
/// What was seen of it in accounts without Transaction Search.
pub(crate) const SEARCH_OFF: OtlpFault = OtlpFault::Says(
    400,
    3,
    "The OTLP API is supported with CloudWatch Logs as a Trace Segment Destination. Please enable the CloudWatch Logs destination for \
     your traces using the UpdateTraceSegmentDestination API",
);

/// What only X-Ray's own endpoint has.
pub(super) const OF_XRAY: &[Fault] = &[
    collector("X-Ray: a permission is missing", NOT_ALLOWED),
    collector("X-Ray: Transaction Search is off", SEARCH_OFF),
    Fault { name: "X-Ray: connections cut while frozen", cut_while_frozen: true, ..NONE },
];

impl Fault {
    pub(super) fn describe(&self, function: EnvironmentBuilder) -> EnvironmentBuilder {
        let length = match self.way {
            Way::Deadline | Way::Stopped => "20000",
            Way::Late => "4000",
            // Longer than the longest pause after failed polls, so that what follows a fault is seen to recover.
            Way::Soon => "700",
        };
        function.var("SSE_STREAM_MAX_MS", length).var("SSE_FLUSH_TIMEOUT_MS", "1500")
    }

    pub(super) fn invocation(&self) -> Invocation {
        let milliseconds = match self.way {
            Way::Deadline => 2_500,
            Way::Stopped | Way::Late => 30_000,
            // No later than this a client that stands still is given up.
            Way::Soon => 5_000,
        };
        let invocation = if self.stale.is_some() { config_stream() } else { stream() };
        let invocation = invocation.deadline(Deadline::In(Duration::from_millis(milliseconds)));
        let invocation = if self.is_stale { invocation.stale() } else { invocation };
        match self.response {
            Some(fault) => invocation.fault(When::AfterChunks(4), fault),
            None => invocation,
        }
    }
}
