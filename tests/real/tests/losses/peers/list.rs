//! Who is compared, in which set-up, and why it loses what it loses. Words of the page.

use super::Peer;

pub(crate) const PEERS: [Peer; 8] = [
    Peer {
        key: "runtime_layer",
        name: "`lambda_runtime`'s layer",
        what: "`lambda_runtime` 1.5.0 with its `OpenTelemetryLayer`, which flushes the batch processor of `opentelemetry_sdk` 0.33.1 when \
               the answer has been sent, and with its hook for SIGTERM, which flushes too.",
        source: "src/bin/runtime_layer.rs",
        why: &[
            (
                "in another trace",
                "the span that the layer makes of the invocation knows nothing of X-Ray's header, and begins a trace of its own.",
            ),
            (
                "lost where the collector fails",
                "a batch leaves the processor's queue before its export, and after four attempts within a second nobody has it.",
            ),
            (
                "lost and orphaned where the reader is gone",
                "the runtime ends its process when the answer cannot be sent, before the stream's span has ended.",
            ),
            ("lost and orphaned at SIGTERM", "the hook flushes what has ended, and the stream has not."),
            ("twice", "the exporter sends again what was not answered."),
        ],
        not_concurrent: Some("the layer's service cannot be cloned, which `run_concurrent` asks for"),
        not_streaming: None,
    },
    Peer {
        key: "batch_at_return",
        name: "batch processor, flushed at return",
        what: "`opentelemetry_sdk` 0.33.1 with its batch processor, flushed when the handler returns, on `lambda_runtime` 1.5.0 with its hook for SIGTERM.",
        source: "src/bin/batch_at_return.rs",
        why: &[
            (
                "stale, streaming",
                "the handler returns before its stream has begun, so there is nothing to flush yet; what follows waits for the next invocation.",
            ),
            (
                "stale, streaming, where the collector fails",
                "the same: nothing was sent while the collector failed, and it had recovered when something was.",
            ),
            (
                "lost, buffered, where the collector fails",
                "a batch leaves the queue before its export, and after four attempts within a second nobody has it.",
            ),
            ("stale at a panic", "the flush stands behind what panicked."),
            ("lost where the reader is gone", "the runtime ends its process when the answer cannot be sent."),
            ("lost and orphaned at SIGTERM", "the hook flushes what has ended, and the stream has not."),
            ("waits", "the flush comes before the answer, with its retries, and at most 5 s."),
            ("twice", "the exporter sends again what was not answered."),
        ],
        not_concurrent: None,
        not_streaming: None,
    },
    Peer {
        key: "batch_in_body",
        name: "batch processor, flushed in the body",
        what: "The same, flushed where the stream ends, a panic included, and before its body does. No documentation says so for Rust; it is \
               what whoever knows of the freeze would write.",
        source: "src/bin/batch_in_body.rs",
        why: &[
            (
                "lost where the collector fails",
                "a batch leaves the queue before its export, and after four attempts within a second, or 5 s of a flush, nobody has it.",
            ),
            ("lost and orphaned at SIGTERM", "the hook flushes what has ended, and the stream has not."),
            ("waits", "the body ends after the flush, with its retries, and at most 5 s."),
            ("twice", "the exporter sends again what was not answered."),
        ],
        not_concurrent: None,
        not_streaming: None,
    },
    Peer {
        key: "otel_lite",
        name: "`lambda-otel-lite`",
        what: "`lambda-otel-lite` 0.20.0 in its asynchronous mode, its own span processor before the OTLP exporter (0.32) with a blocking \
               client, and `AWS_LAMBDA_LOG_LEVEL=INFO`, without which its filter passes no span. Its layer takes no streamed answer, so the \
               function that streams calls `complete` at the end of its body.",
        source: "src/bin/otel_lite.rs",
        why: &[
            (
                "lost where the collector fails",
                "its processor hands what it holds to the exporter once, and this exporter makes one attempt.",
            ),
            (
                "lost where the reader is gone",
                "the runtime ends its process when the answer cannot be sent, before the extension has flushed.",
            ),
            ("lost and orphaned at SIGTERM", "the extension flushes what has ended, and the stream has not."),
            (
                "killed at its time limit, and lost, at a panic in a buffered answer",
                "its layer does not say that a handler which panicked is complete, and the extension waits for that.",
            ),
        ],
        not_concurrent: Some("its extension registers for INVOKE, which Managed Instances refuse"),
        not_streaming: None,
    },
    Peer {
        key: "tower",
        name: "`opentelemetry-lambda-tower`",
        what: "`opentelemetry-lambda-tower` 0.1.8 around the handler, with the batch processor and the OTLP exporter of 0.32, on \
               `lambda_runtime` 1.5.0 with its hook for SIGTERM.",
        source: "src/bin/tower.rs",
        why: &[
            (
                "stale, streaming",
                "it flushes when the handler returns, which is before the stream; what follows waits for the next invocation.",
            ),
            (
                "in another trace",
                "its extractor reads X-Ray's header from the environment, where it is not when invocations are concurrent.",
            ),
            (
                "lost, buffered, where the collector fails",
                "a batch leaves the queue before its export, and this exporter makes one attempt.",
            ),
            ("stale at a panic", "the flush stands behind what panicked."),
            ("lost where the reader is gone", "the runtime ends its process when the answer cannot be sent."),
            ("lost and orphaned at SIGTERM", "the hook flushes what has ended, and the stream has not."),
            (
                "waits",
                "the flush comes before the answer; its own time limit cannot interrupt a flush that blocks its thread.",
            ),
        ],
        not_concurrent: None,
        not_streaming: None,
    },
    Peer {
        key: "extension",
        name: "`opentelemetry-lambda-extension`",
        what: "`opentelemetry-lambda-extension` 0.2.0 as an external extension between function and collector, with \
               `LAMBDA_OTEL_FLUSH_STRATEGY=end`, its strategy that keeps nothing back. The function flushes the batch processor (0.32) into it at the end of its \
               body and then says that it is complete, as its wrappers for other languages do.",
        source: "src/bin/extension_function.rs",
        why: &[
            (
                "in the log where the collector fails",
                "after its attempts it prints what it has, as JSON that can be sent again.",
            ),
            (
                "lost at SIGTERM",
                "while it waits for the end of the invocation it asks for no event, is not told of SHUTDOWN, and is killed.",
            ),
            ("twice", "it sends again what was not answered."),
        ],
        not_concurrent: Some("it registers for INVOKE, which Managed Instances refuse"),
        not_streaming: None,
    },
    Peer {
        key: "python",
        name: "the Python recipe",
        what: "The recipe that this project was asked to port, on `awslambdaric` 4.2.2: `opentelemetry-sdk` 1.45.2 with its batch processor, the \
               propagator and the id generator of AWS, and a flush of 5 s in the generator's `finally`. SIGTERM shuts the provider down.",
        source: "python/app.py",
        why: &[
            (
                "lost where the collector fails",
                "a batch leaves the queue before its export, and nobody has it when the exporter gives up.",
            ),
            ("lost and orphaned at SIGTERM", "the provider is shut down with what has ended, and the stream has not."),
            (
                "waits",
                "the exporter tries again, up to 10 s, and the limit of 5 s for the flush does not interrupt it.",
            ),
            ("twice", "the exporter sends again what was not answered."),
        ],
        not_concurrent: Some("its interface client takes one invocation at a time"),
        not_streaming: Some("the interface client for Python has no streaming"),
    },
    Peer {
        key: "ours",
        name: "ours",
        what: "`lambda-stream`, `lambda-trace` and `lambda-trace-otlp` of this repository.",
        source: "src/bin/ours.rs",
        why: &[
            (
                "stale where the collector fails",
                "a batch that was not delivered is retained, and sent after the next invocation's own spans, under its own ids; at SIGTERM it would be printed.",
            ),
            ("twice", "a batch whose answer was lost is sent again, and counted as resent."),
            ("waits", "the body waits for its flush, for 500 ms at most."),
        ],
        not_concurrent: None,
        not_streaming: None,
    },
];
