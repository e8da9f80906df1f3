// A server in trouble, for clients that have to come back: it answers the stream's requests one after the other as it is told, and keeps when each came. It
// also serves the client's modules and a page for them, so that a browser has everything from one origin.
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import http from 'node:http';

const PAGE = `<!doctype html><title>client</title><script type="module">
  import { connect } from './sse-client.mjs';
  window.links = [];
  window.begin = (transport, count, steady) => {
    for (let i = 0; i < count; i += 1) window.links.push(connect({ url: '/api/v2/stream', transport, ...(steady && { random: () => 0.5 }) }));
  };
</script>`;

const block = (type, data, extra = '') => `event: ${type}\n${extra}data: ${JSON.stringify(data)}\n\n`;
const heartbeat = { timestamp: '2026-11-22T08:00:00.000Z', connections: 1, uptime_seconds: 5, degraded: false };
const update = (ticker) => ({
  ticker, score: 0.5, label: 'positive', confidence: 1, count: 3, source: 'aggregate', timestamp: '2026-11-22T08:00:00.000Z',
});

function stream(response) {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache, no-transform' });
  response.write(block('heartbeat', heartbeat, 'retry: 200\n'));
  response.write(block('sentiment_update', update('A'), 'id: one\n'));
}

/** What the server may be told to answer. */
export const answers = {
  /** Lambda's own words, without `Retry-After`, when no place is left. */
  refused: (status, headers = {}) => (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end('{"Message":"Rate Exceeded."}');
  },
  /** A state, then half of an event, then nothing: the connection is destroyed. */
  cut: (response) => {
    stream(response);
    const half = block('sentiment_update', update('B'), 'id: two\n').slice(0, -1);
    setTimeout(() => response.write(half, () => response.destroy()), 50);
  },
  /** A state, and no end. */
  open: stream,
};

/** Answers with the list, and with its last entry from then on. `visits` are `{ at, cursor }`, `at` in milliseconds. */
export async function troubled(modules, list) {
  const visits = [];
  const server = http.createServer(async (request, response) => {
    const url = new URL(request.url, 'http://localhost');
    if (url.pathname === '/api/v2/stream') {
      const cursor = request.headers['last-event-id'] ?? url.searchParams.get('last_event_id') ?? '';
      visits.push({ at: performance.now(), cursor });
      list[Math.min(visits.length, list.length) - 1](response);
    } else if (url.pathname === '/') {
      response.writeHead(200, { 'content-type': 'text/html' }).end(PAGE);
    } else if (/^\/[a-z-]+\.mjs$/.test(url.pathname)) {
      response.writeHead(200, { 'content-type': 'text/javascript' }).end(await readFile(`${modules}${url.pathname}`));
    } else {
      response.writeHead(204).end();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${server.address().port}`,
    visits,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
