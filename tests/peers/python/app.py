"""The recipe that this project was asked to port: a batch processor, X-Ray's header read anew in each invocation, and a flush of at most
five seconds in the generator's `finally`. The interface client for Python buffers, so the handler consumes the generator itself.

- https://opentelemetry.io/docs/languages/python/exporters/#usage
- https://docs.aws.amazon.com/xray/latest/devguide/xray-python-opentel-sdk.html
- https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html (no streaming on Python's managed runtimes)
"""

import signal
import sys
import time

from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagators.aws.aws_xray_propagator import AwsXRayLambdaPropagator
from opentelemetry.sdk.extension.aws.trace import AwsXRayIdGenerator
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

APART, MARGIN, EVENTS, PANICS_AT = 0.04, 1.5, 6, 4

propagate.set_global_textmap(AwsXRayLambdaPropagator())
provider = TracerProvider(id_generator=AwsXRayIdGenerator())
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
tracer = trace.get_tracer(__name__)


def stopped(_signal, _frame):
    provider.shutdown()
    sys.exit(0)


signal.signal(signal.SIGTERM, stopped)


def begun(request, name, n):
    print(f'{{"begun":"{name}","n":{n},"request":"{request}"}}', flush=True)


def span(request, name, n, context=None):
    begun(request, name, n)
    return tracer.start_as_current_span(name, context=context, attributes={"request": request, "n": n})


def events(request, query, ends, context):
    try:
        with span(request, "stream", 0, context):
            for n in range(1, (10_000 if query == "endless" else EVENTS) + 1):
                if time.time() >= ends:
                    break
                with span(request, "poll", n):
                    time.sleep(APART)
                    if query == "panic" and n == PANICS_AT:
                        raise RuntimeError("asked for by the query")
                with span(request, "dispatch", n):
                    yield f'data: {{"n":{n}}}\n\n'
            print(f'{{"done":"{request}"}}', flush=True)
    finally:
        provider.force_flush(5000)


def handler(event, context):
    parent = propagate.extract(carrier={})
    ends = time.time() + context.get_remaining_time_in_millis() / 1000 - MARGIN
    body = "".join(events(context.aws_request_id, event.get("rawQueryString", ""), ends, parent))
    return {"statusCode": 200, "headers": {"content-type": "text/event-stream"}, "body": body}
