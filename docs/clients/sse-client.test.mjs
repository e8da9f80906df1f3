// The client against a scripted server on loopback: what it holds, what it asks for, and when it comes back.
// No test waits on the clock: delays are timers that the test fires.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { SILENCE_MS, connect } from './sse-client.mjs';
import { HandTimers, block, eventSourceOn, scriptedServer } from './stand-ins.mjs';

const TRACE = '1-6b02a100-0123456789abcdef01234567';
const beat = (more = {}) => ({ timestamp: '2026-11-22T08:00:00.000Z', connections: 1, uptime_seconds: 5, degraded: false, trace_id: TRACE, ...more });
const metrics = (byTag) => ({
  total: 9, positive: 3, neutral: 3, negative: 3, by_tag: byTag, rate_last_hour: 1, rate_last_24h: null, timestamp: '2026-11-22T08:00:00.000Z',
});
const update = (ticker, count = 3) => ({
  ticker, score: count && 0.5, label: count ? 'positive' : 'neutral', confidence: count && 1, count, source: 'aggregate', timestamp: '2026-11-22T08:00:00.000Z',
});
const reconnect = (ms) => ms !== SILENCE_MS;

let server;
before(async () => { server = await scriptedServer(); });
after(() => server.close());

/** A client under test, with a way to wait until its state satisfies something. */
function client(t, options = {}) {
  const timers = new HandTimers(), events = [], watchers = new Set();
  const look = () => { for (const watcher of watchers) watcher(); };
  const link = connect({
    url: server.url, EventSource: eventSourceOn(timers), setTimeout: timers.setTimeout, clearTimeout: timers.clearTimeout,
    random: () => 0.5, onState: look, onEvent: (event) => events.push(event), ...options,
  });
  t.after(() => link.close());
  const until = (wanted) => new Promise((done) => {
    const watcher = () => {
      if (!wanted(link.state)) return;
      watchers.delete(watcher);
      done();
    };
    watchers.add(watcher);
    watcher();
  });
  const status = (name) => until((state) => state.status === name);
  return { ...link, timers, events, until, status, names: () => [...link.state.tickers.keys()].sort().join(' ') };
}

for (const transport of ['fetch', 'eventsource']) {
  describe(transport, () => {
    test('keeps tickers and metrics, drops on count 0, prunes by by_tag', async (t) => {
      const c = client(t, { transport });
      const line = (await server.next()).stream();
      line.send('heartbeat', beat(), { retry: 700 }).send('metrics', metrics({ A: 3, B: 3, C: 3 }));
      for (const ticker of ['A', 'B', 'C']) line.send('sentiment_update', update(ticker));
      await c.until((s) => s.tickers.size === 3);
      assert.equal(c.state.metrics.total, 9);
      assert.equal(c.state.traceId, TRACE);
      assert.equal(c.state.status, 'open');
      line.send('sentiment_update', update('B', 0));
      await c.until((s) => s.tickers.size === 2);
      line.send('metrics', metrics({ C: 9 }));
      await c.until((s) => s.tickers.size === 1);
      assert.equal(c.names(), 'C');
      line.send('heartbeat', beat({ degraded: true }));
      await c.until((s) => s.degraded);
      assert.deepEqual(c.events.map((e) => e.type).join(' '), 'heartbeat metrics sentiment_update sentiment_update sentiment_update sentiment_update metrics heartbeat');
    });

    test('pages of names prune where metrics list none', async (t) => {
      const c = client(t, { transport });
      const line = (await server.next()).stream().send('heartbeat', beat());
      for (const ticker of ['A', 'M', 'Z', '\u{ff21}', '\u{1f4a5}']) line.send('sentiment_update', update(ticker));
      line.send('metrics', { ...metrics(null), tags: 1500 });
      await c.until((s) => s.metrics);
      assert.equal(c.state.tickers.size, 5, 'no list prunes nothing');
      line.send('tags', { from: 'A', to: 'M', by_tag: { A: 3 } });
      await c.until((s) => s.tickers.size === 4);
      // By code points U+FF21 comes before U+1F4A5; by UTF-16 units it would come behind.
      line.send('tags', { from: 'N', to: '\u{ff21}', by_tag: { Z: 3 } });
      await c.until((s) => s.tickers.size === 3);
      assert.deepEqual([...c.state.tickers.keys()], ['A', 'Z', '\u{1f4a5}']);
    });

    test('with a filter the first heartbeat says what belongs, and metrics do not prune', async (t) => {
      const c = client(t, { transport, tickers: ['A', 'B'] });
      const line = await server.next();
      assert.equal(line.query.tickers, 'A,B');
      line.stream().send('heartbeat', beat({ tickers: ['A', 'B'] })).send('sentiment_update', update('A')).send('sentiment_update', update('Z'));
      line.send('metrics', metrics({})).send('heartbeat', beat()).send('sentiment_update', update('Z')).send('metrics', metrics({}));
      await c.until(() => c.events.length === 7);
      assert.equal(c.names(), 'A');
    });

    test('a list that shrank between connections drops the others', async (t) => {
      const c = client(t, { transport });
      const first = (await server.next()).stream().send('heartbeat', beat({ tickers: ['A', 'B'] }), { retry: 10 });
      first.send('sentiment_update', update('A')).send('sentiment_update', update('B')).end();
      await c.timers.fire(reconnect);
      (await server.next()).stream().send('heartbeat', beat({ tickers: ['B'] }));
      await c.until((s) => s.tickers.size === 1);
      assert.equal(c.names(), 'B');
    });

    test('a cut in mid-event: what was not read does not count, neither state nor cursor', async (t) => {
      const c = client(t, { transport });
      const line = (await server.next()).stream().send('heartbeat', beat(), { retry: 432 }).send('sentiment_update', update('A'), { id: 'one' });
      const half = block('sentiment_update', update('B'), { id: 'two' });
      await line.raw(half.slice(0, -1)); // all but the blank line
      await c.until((s) => s.lastEventId === 'one');
      line.cut();
      await c.status('waiting');
      assert.equal(await c.timers.fire(reconnect), 432);
      const next = await server.next();
      assert.equal(next.headers['last-event-id'], 'one');
      next.stream().send('heartbeat', beat()).send('sentiment_update', update('B'), { id: 'two' });
      await c.until((s) => s.lastEventId === 'two');
      assert.equal(c.names(), 'A B');
    });

    for (const [type, reason] of [['deadline', 'lambda_deadline'], ['done', 'stream_max'], ['done', 'shutdown']]) {
      test(`${type} ${reason}: comes back after the server's delay, with the cursor and all it holds`, async (t) => {
        const c = client(t, { transport });
        const line = (await server.next()).stream().send('heartbeat', beat(), { retry: 321 }).send('sentiment_update', update('A'), { id: 'cur' });
        line.send(type, { reason }).end();
        await c.status('waiting');
        assert.equal(c.state.reason, `${type}: ${reason}`);
        assert.equal(await c.timers.fire(reconnect), 321);
        const next = await server.next();
        assert.equal(next.headers['last-event-id'], 'cur');
        next.stream().send('heartbeat', beat());
        await c.until((s) => s.status === 'open');
        assert.equal(c.names(), 'A');
      });
    }

    test('busy: waits retry_ms, then a new connection with the cursor', async (t) => {
      const c = client(t, { transport });
      (await server.next()).stream().send('heartbeat', beat(), { retry: 5 }).send('sentiment_update', update('A'), { id: 'x y' }).end();
      await c.timers.fire(reconnect);
      (await server.next()).stream().send('busy', { reason: 'max_connections', retry_ms: 7777 }, { retry: 7777 }).end();
      await c.until((s) => s.reason === 'busy');
      assert.equal(c.state.retryInMs, 7777);
      assert.equal(await c.timers.fire(reconnect), 7777);
      const next = await server.next();
      if (transport === 'fetch') assert.equal(next.headers['last-event-id'], 'x y');
      else assert.equal(next.query.last_event_id, 'x y');
      next.stream().send('heartbeat', beat());
      await c.status('open');
      assert.equal(c.names(), 'A');
    });

    test('tells the session, the trace before and the number of the connection', async (t) => {
      const c = client(t, { transport });
      const said = ({ headers, query }) => (transport === 'fetch'
        ? [headers['x-sse-session-id'], headers['x-sse-previous-trace'], headers['x-sse-connection-seq']]
        : [query.sse_session_id, query.sse_previous_trace, query.sse_connection_seq]);
      const first = await server.next();
      const [session, ...rest] = said(first);
      assert.match(session, /^[0-9a-f]{32}$/);
      assert.deepEqual(rest, [undefined, '1']);
      first.stream().send('heartbeat', beat()).send('busy', { reason: 'max_connections', retry_ms: 5000 });
      await c.timers.fire(reconnect);
      assert.deepEqual(said(await server.next()), [session, TRACE, '2']);
    });

    test('a silent connection is given up', async (t) => {
      const c = client(t, { transport });
      const line = (await server.next()).stream().send('heartbeat', beat(), { retry: 50 });
      await c.status('open');
      await c.until((s) => s.heartbeat);
      const spoken = () => c.timers.started.filter((ms) => ms === SILENCE_MS).length;
      const before = spoken();
      line.send('heartbeat', beat({ connections: 2 }));
      await c.until((s) => s.heartbeat.connections === 2);
      assert.equal(spoken(), before + 1, 'an event puts the limit off');
      await c.timers.fire((ms) => ms === SILENCE_MS);
      await line.gone;
      assert.equal(c.state.reason, 'silent');
      await c.timers.fire(reconnect);
      (await server.next()).stream().send('heartbeat', beat());
      await c.status('open');
    });

    test('an unreadable event: begins again without a cursor', async (t) => {
      const c = client(t, { transport });
      const line = (await server.next()).stream().send('heartbeat', beat(), { retry: 9 }).send('sentiment_update', update('A'), { id: 'good' });
      await line.raw('event: metrics\nid: bad\ndata: {"by_tag\n\n');
      await c.until((s) => s.reason === 'unreadable event');
      await c.timers.fire(reconnect);
      const next = await server.next();
      assert.equal(next.headers['last-event-id'], undefined);
      assert.equal(next.query.last_event_id, undefined);
    });

    test('close: no connection and no timer is left, also from within a callback', async (t) => {
      const c = client(t, { transport, onEvent: (event) => { if (event.type === 'busy') c.close(); } });
      const line = (await server.next()).stream().send('heartbeat', beat()).send('busy', { reason: 'max_connections', retry_ms: 5 }).send('sentiment_update', update('A'));
      await line.gone;
      assert.equal(c.state.status, 'closed');
      assert.equal(c.names(), '');
      assert.deepEqual(c.timers.delays(), []);
    });

    test('an error in a callback surfaces and does not end the stream', async (t) => {
      const seen = [];
      const onEvent = () => { throw new Error('mine'); };
      const c = client(t, { transport, onEvent, onError: (error) => seen.push(error.message) });
      (await server.next()).stream().send('heartbeat', beat()).send('metrics', metrics({ A: 1 })).send('sentiment_update', update('A'));
      await c.until((s) => s.tickers.size === 1);
      assert.deepEqual(seen, ['mine', 'mine', 'mine']);
    });
  });
}

describe('fetch only', () => {
  test('sends the token as a header, never in the address', async (t) => {
    client(t, { token: 'abc' });
    const line = await server.next();
    assert.equal(line.headers.authorization, 'Bearer abc');
    assert.deepEqual(line.query, {});
  });

  test('a final refusal ends it and says why', async (t) => {
    const c = client(t, { token: 'abc' });
    (await server.next()).refuse(404, { detail: 'no such configuration' }, { 'content-type': 'text/event-stream' });
    await c.status('failed');
    assert.equal(c.state.reason, 'no such configuration');
    assert.deepEqual(c.timers.delays(), []);
  });

  test('a refused token is asked for anew, ever more slowly, and not for ever', async (t) => {
    let given = 0;
    const c = client(t, { token: async () => `t${++given}` });
    const waits = [];
    for (let i = 1; i <= 4; i += 1) {
      const line = await server.next();
      assert.equal(line.headers.authorization, `Bearer t${i}`);
      line.refuse(401, { detail: 'expired' });
      waits.push(await c.timers.fire(reconnect));
    }
    assert.deepEqual(waits, [3000, 6000, 12_000, 24_000]);
    (await server.next()).refuse(401, { detail: 'expired' });
    await c.status('failed');
  });

  const jwt = (claims) => `x.${btoa(JSON.stringify(claims)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')}.y`;
  const seconds = (offset) => Math.floor(Date.now() / 1000) + offset;

  test('a token that becomes valid in a second is tried again until it is', async (t) => {
    const c = client(t, { token: jwt({ sub: 'ü', nbf: seconds(1) }) });
    for (let i = 0; i < 2; i += 1) {
      (await server.next()).refuse(401, { detail: 'no valid token' });
      await c.timers.fire(reconnect);
    }
    (await server.next()).stream().send('heartbeat', beat());
    await c.status('open');
  });

  test('a token that was valid long ago, or says nothing, is final', async (t) => {
    for (const token of [jwt({ nbf: seconds(-3600) }), jwt({ nbf: seconds(3600) }), jwt({}), 'abc']) {
      const c = client(t, { token });
      (await server.next()).refuse(401, { detail: 'no valid token' });
      await c.status('failed');
    }
  });

  for (const status of [429, 500, 502, 503, 504]) {
    test(`${status} is tried again, not sooner than Retry-After`, async (t) => {
      const c = client(t, { transport: 'fetch' });
      (await server.next()).refuse(status, { detail: 'full' }, { 'retry-after': '17' });
      assert.equal(await c.timers.fire(reconnect), 17_000);
      const date = new Date(Date.now() + 60_000).toUTCString();
      (await server.next()).refuse(status, { Message: 'Rate Exceeded.' }, { 'retry-after': date });
      const ms = await c.timers.fire(reconnect);
      assert.ok(ms > 50_000 && ms <= 60_000, `${ms}`);
      (await server.next()).refuse(status, { detail: 'full' });
      assert.equal(await c.timers.fire(reconnect), 12_000);
      (await server.next()).stream().send('heartbeat', beat());
      await c.status('open');
    });
  }

  test('failures in a row wait longer, up to a minute, until a connection brings something', async (t) => {
    const c = client(t, { transport: 'fetch' });
    const waits = [];
    for (let i = 0; i < 7; i += 1) {
      (await server.next()).cut();
      waits.push(await c.timers.fire(reconnect));
    }
    assert.deepEqual(waits, [3000, 6000, 12_000, 24_000, 48_000, 60_000, 60_000]);
    // A heartbeat is the first event whatever the state of the table: it resets nothing.
    let line = (await server.next()).stream().send('heartbeat', beat());
    await c.until((s) => s.heartbeat);
    line.cut();
    assert.equal(await c.timers.fire(reconnect), 60_000);
    line = (await server.next()).stream().send('heartbeat', beat()).send('sentiment_update', update('A'));
    await c.until((s) => s.tickers.size === 1);
    line.cut();
    assert.equal(await c.timers.fire(reconnect), 3000);
    // An equal client is sent no state; a second heartbeat says that the stream held.
    line = (await server.next()).stream().send('heartbeat', beat()).send('heartbeat', beat({ connections: 7 }));
    await c.until((s) => s.heartbeat.connections === 7);
    line.cut();
    assert.equal(await c.timers.fire(reconnect), 3000);
    await server.next();
  });

  test('an event that can never be read does not storm', async (t) => {
    const c = client(t, { transport: 'fetch' });
    const waits = [];
    for (let i = 0; i < 3; i += 1) {
      (await server.next()).stream().raw('event: heartbeat\ndata: {"time\n\n');
      waits.push(await c.timers.fire(reconnect));
    }
    assert.deepEqual(waits, [3000, 6000, 12_000]);
    await server.next();
  });

  test('an answer that is no event stream is final', async (t) => {
    const c = client(t, { transport: 'fetch' });
    (await server.next()).refuse(200, { some: 'page' });
    await c.status('failed');
    assert.match(c.state.reason, /not an event stream/);
  });
});

describe('EventSource only', () => {
  test('429 ends the browser\'s EventSource for good; the client opens a new one, ever more slowly', async (t) => {
    const c = client(t);
    const waits = [];
    for (let i = 0; i < 4; i += 1) {
      (await server.next()).refuse(429, { Message: 'Rate Exceeded.' });
      waits.push(await c.timers.fire(reconnect));
    }
    assert.deepEqual(waits, [3000, 6000, 12_000, 24_000]);
    (await server.next()).stream().send('heartbeat', beat());
    await c.status('open');
  });

  test('the browser reconnects by itself; the client opens no second connection beside it', async (t) => {
    const c = client(t);
    const line = (await server.next()).stream().send('heartbeat', beat(), { retry: 40 }).send('sentiment_update', update('A'), { id: 'n' });
    await c.until((s) => s.lastEventId === 'n');
    line.cut();
    await c.status('waiting');
    assert.deepEqual(c.timers.delays(), [40]);
    await c.timers.fire(reconnect);
    const again = await server.next();
    assert.equal(again.query.sse_connection_seq, '1');
    assert.equal(server.untaken, 0);
  });

  test('streams that bring nothing but a heartbeat: the browser comes back once, then the client, ever more slowly', async (t) => {
    const c = client(t, { transport: 'eventsource' });
    const waits = [];
    for (let i = 0; i < 4; i += 1) {
      (await server.next()).stream().send('heartbeat', beat(), { retry: 800 }).end();
      // From the second on the browser's own timer is void.
      waits.push(await c.timers.fire((ms) => reconnect(ms) && (i === 0 || ms !== 800)));
    }
    assert.deepEqual(waits, [800, 6000, 12_000, 24_000]);
    await server.next();
    assert.equal(server.untaken, 0, 'one connection at a time');
  });

  test('refused by status: a new one, later, with the cursor and a fresh token as queries', async (t) => {
    let given = 0;
    const c = client(t, { transport: 'eventsource', token: () => `t${++given}` });
    const first = await server.next();
    assert.equal(first.query.user_token, 't1');
    first.stream().send('heartbeat', beat(), { retry: 30 }).send('sentiment_update', update('A'), { id: 'k' }).end();
    assert.equal(await c.timers.fire(reconnect), 30);
    (await server.next()).refuse(401, { detail: 'expired' });
    assert.equal(await c.timers.fire(reconnect), 3000);
    const next = await server.next();
    assert.equal(next.query.user_token, 't2');
    assert.equal(next.query.last_event_id, 'k');
  });
});
