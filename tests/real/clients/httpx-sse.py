"""PyPI `httpx-sse`: one connection, to its end. Prints what it is told, one JSON line an event."""

import json
import sys

import httpx
from httpx_sse import connect_sse

how = "clean"
try:
    with httpx.Client(timeout=30) as client, connect_sse(client, "GET", sys.argv[1]) as source:
        for event in source.iter_sse():
            print(json.dumps({"event": event.event, "data": event.data, "id": event.id}), flush=True)
except httpx.RemoteProtocolError:
    how = "cut"
print(json.dumps({"end": how}), flush=True)
