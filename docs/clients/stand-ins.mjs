// For the tests: a server that plays scripted connections, timers that are fired by hand, and an EventSource.
// Must not know the client.

import { once } from 'node:events';
import http from 'node:http';
import { EventStreamParser } from './sse-parser.mjs';

/** One event as the server writes it. */
export function block(type, data, { id, retry } = {}) {
  const lines = [`event: ${type}`];
  if (id !== undefined) lines.push(`id: ${id}`);
  if (retry !== undefined) lines.push(`retry: ${retry}`);
  return `${lines.join('\n')}\ndata: ${JSON.stringify(data)}\n\n`;
}

/**
 * A server on loopback. Each connection is taken with `await server.next()`: `{ path, query, headers, stream(), send(), raw(),
 * end(), cut(), refuse() }`.
 */
export async function scriptedServer() {
  const arrived = [], wanted = [];
  const server = http.createServer((request, response) => {
    const url = new URL(request.url, 'http://localhost');
    const connection = {
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      gone: once(response, 'close'),
      stream() { response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform' }); return connection; },
      send(...event) { response.write(block(...event)); return connection; },
      /** Writes as it is and waits until it has left the process. */
      raw: (bytes) => new Promise((done) => { response.write(bytes, done); }),
      end() { response.end(); },
      cut() { response.destroy(); },
      refuse(status, body, headers = {}) {
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(JSON.stringify(body));
      },
    };
    const taker = wanted.shift();
    if (taker) taker(connection);
    else arrived.push(connection);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}/api/v2/stream`,
    next: () => (arrived.length > 0 ? Promise.resolve(arrived.shift()) : new Promise((taker) => { wanted.push(taker); })),
    get untaken() { return arrived.length; },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** `setTimeout` and `clearTimeout` without a clock: a test takes a timer by its delay and fires it. */
export class HandTimers {
  #pending = new Map();
  #next = 1;
  #waiting = [];
  /** The delays of all timers that were ever started. */
  started = [];

  setTimeout = (run, ms) => {
    const id = this.#next++;
    this.started.push(ms);
    this.#pending.set(id, { run, ms });
    this.#serve();
    return id;
  };

  clearTimeout = (id) => {
    this.#pending.delete(id);
  };

  /** Waits for a timer that `wanted(ms)` accepts, fires it, returns its delay. */
  fire(wanted) {
    return new Promise((done) => {
      this.#waiting.push({ wanted, done });
      this.#serve();
    });
  }

  delays() {
    return Array.from(this.#pending.values(), ({ ms }) => ms);
  }

  #serve() {
    this.#waiting = this.#waiting.filter(({ wanted, done }) => {
      const found = [...this.#pending].find(([, { ms }]) => wanted(ms));
      if (!found) return true;
      const [id, { run, ms }] = found;
      this.#pending.delete(id);
      queueMicrotask(() => {
        run();
        done(ms);
      });
      return false;
    });
  }
}

/**
 * An EventSource on `fetch` and timers fired by hand: enough of it to drive a client. Like some packages it forgets
 * `event.lastEventId`, though not its header, when a connection begins.
 */
export function eventSourceOn(timers) {
  return class extends EventTarget {
    readyState = 0;
    onopen = null;
    onerror = null;
    #stop = new AbortController();
    #lastEventId = '';
    #retryMs = 1234;

    constructor(url) {
      super();
      this.url = url;
      this.#connect();
    }

    close() {
      this.readyState = 2;
      this.#stop.abort();
    }

    async #connect() {
      try {
        const headers = { accept: 'text/event-stream', ...(this.#lastEventId && { 'last-event-id': this.#lastEventId }) };
        const response = await fetch(this.url, { headers, signal: this.#stop.signal });
        if (response.status !== 200) {
          this.readyState = 2;
          this.onerror?.(new Event('error'));
          return;
        }
        this.readyState = 1;
        this.onopen?.(new Event('open'));
        const parser = new EventStreamParser();
        for await (const bytes of response.body) {
          for (const { type, data, id } of parser.push(bytes)) {
            if (this.readyState === 2) return;
            this.#lastEventId = id || this.#lastEventId;
            this.dispatchEvent(Object.assign(new Event(type), { data, lastEventId: id }));
          }
          this.#retryMs = parser.retryMs ?? this.#retryMs;
        }
      } catch { /* a network error, or closed */ }
      if (this.readyState === 2) return;
      this.readyState = 0;
      this.onerror?.(new Event('error'));
      timers.setTimeout(() => { if (this.readyState !== 2) this.#connect(); }, this.#retryMs);
    }
  };
}
