// Two ways to read the stream: fetch, and the browser's EventSource. Each opens one connection and says what happens.
// Must not know the events' meaning, nor when or whether to connect again.
//
// A transport is `(request, on) => close`. `request` has `url`, `headers` and `cursor`; `on` has
//   opened()                   the answer is a stream
//   message({ type, data, id })  a complete event
//   retry(ms)                  the server asked for this reconnect delay
//   waiting()                  the connection is gone and the transport itself connects again
//   ended(how)                 it is over: {} after a clean end, { detail } after a cut, { status, detail, retryAfterMs } if refused

import { EventStreamParser } from './sse-parser.mjs';

/** Headers, a readable refusal, and every reconnect in the caller's hands. */
export function fetchTransport(fetch) {
  return (request, on) => {
    const stop = new AbortController();
    const run = async () => {
      const response = await fetch(request.url, { headers: request.headers, cache: 'no-store', signal: stop.signal });
      const type = response.headers.get('content-type') ?? '';
      if (response.status !== 200 || !type.startsWith('text/event-stream')) {
        const refusal = await refusalOf(response);
        if (!stop.signal.aborted) on.ended(refusal);
        return;
      }
      if (stop.signal.aborted) return;
      on.opened();
      const parser = new EventStreamParser(request.cursor);
      const reader = response.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (stop.signal.aborted) return;
        if (done) break;
        const events = parser.push(value);
        if (parser.retryMs !== undefined) on.retry(parser.retryMs);
        events.forEach(on.message);
      }
      on.ended({});
    };
    run().catch((error) => {
      if (!stop.signal.aborted) on.ended({ detail: String(error?.message ?? error) });
    });
    return () => stop.abort();
  };
}

async function refusalOf(response) {
  const body = await response.json().catch(() => null);
  const detail = typeof body?.detail === 'string' ? body.detail : `HTTP ${response.status}, not an event stream`;
  return { status: response.status, detail, retryAfterMs: retryAfterMs(response.headers.get('retry-after') ?? '') };
}

/** Seconds or an HTTP date; 0 for anything else and for dates that have passed. */
function retryAfterMs(text) {
  const ms = /^[0-9]+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return ms > 0 ? ms : 0;
}

const TYPES = ['heartbeat', 'metrics', 'tags', 'sentiment_update', 'deadline', 'done', 'busy'];

/** No headers and no reason for a refusal, but the browser reconnects by itself, with `Last-Event-ID`. */
export function eventSourceTransport(EventSource) {
  return (request, on) => {
    const source = new EventSource(request.url);
    let open = true, cursor = request.cursor;
    const close = () => {
      open = false;
      source.close();
    };
    source.onopen = () => open && on.opened();
    source.onerror = () => {
      if (!open) return;
      if (source.readyState !== 2) on.waiting();
      else {
        close();
        on.ended({ detail: 'refused, EventSource does not say why' });
      }
    };
    for (const type of TYPES) {
      source.addEventListener(type, (event) => {
        if (!open) return;
        // Some leave it empty until the first `id:` of a connection; the cursor is still the one before.
        cursor = event.lastEventId || cursor;
        on.message({ type, data: event.data, id: cursor });
      });
    }
    return close;
  };
}
