"""PyPI `launchdarkly-eventsource`: goes on for ever, as it is meant to, and prints what it is told, one JSON line an event."""

import json
import sys

from ld_eventsource import SSEClient
from ld_eventsource.config import ErrorStrategy, RetryDelayStrategy

# No backoff of its own: what it waits is then what it was told, or its own 1 s.
client = SSEClient(
    sys.argv[1],
    initial_retry_delay=1,
    retry_delay_strategy=RetryDelayStrategy.default(backoff_multiplier=1),
    error_strategy=ErrorStrategy.always_continue(),
)
for event in client.events:
    print(json.dumps({"event": event.event, "data": event.data, "id": event.last_event_id}), flush=True)
