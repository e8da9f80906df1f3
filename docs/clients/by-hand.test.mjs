// The EventSource sample of clients.md, taken from the page and run.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { HandTimers, eventSourceOn, scriptedServer } from './stand-ins.mjs';

const page = readFileSync(new URL('../clients.md', import.meta.url), 'utf8');
const [sample] = Array.from(page.matchAll(/^```js\n(.*?)^```$/gms), ([, code]) => code).filter((code) => code.includes('new EventSource('));

test('the sample of the page follows the rules of the page', async (t) => {
  const server = await scriptedServer(), timers = new HandTimers();
  class Local extends eventSourceOn(timers) {
    static CLOSED = 2;
    constructor(path) { super(new URL(path, server.url).href); }
  }
  const { tickers, source, cursor } = new Function('EventSource', `${sample}; return { tickers, source, cursor: () => cursor };`)(Local);
  t.after(() => { source.close(); server.close(); });
  const heard = () => new Promise((done) => { source.addEventListener('heartbeat', done, { once: true }); });
  const names = () => [...tickers.keys()].join(' ');

  const line = (await server.next()).stream();
  assert.equal(new URL(source.url).pathname, '/api/v2/stream');
  let beat = heard();
  line.send('heartbeat', {}, { retry: 11 });
  await beat;
  for (const [ticker, count] of [['A', 1], ['B', 1], ['C', 1], ['C', 0]]) line.send('sentiment_update', { ticker, count }, { id: `after ${ticker}` });
  line.send('metrics', { by_tag: { A: 1, C: 1 } });
  beat = heard();
  line.send('heartbeat', {});
  await beat;
  assert.equal(names(), 'A');
  assert.equal(cursor(), 'after C');

  line.send('sentiment_update', { ticker: 'D', count: 1 }).send('metrics', { by_tag: null, tags: 1500 }).send('tags', { from: 'B', to: 'X', by_tag: {} });
  beat = heard();
  line.send('heartbeat', {});
  await beat;
  assert.equal(names(), 'A');

  line.send('sentiment_update', { ticker: 'B', count: 1 }).end();
  await timers.fire((ms) => ms === 11);
  const next = (await server.next()).stream();
  assert.equal(next.headers['last-event-id'], 'after C');
  beat = heard();
  next.send('heartbeat', { tickers: ['B'] });
  await beat;
  beat = heard();
  next.send('sentiment_update', { ticker: 'Z', count: 1 }).send('metrics', { by_tag: {} }).send('heartbeat', {});
  await beat;
  assert.equal(names(), 'B');
  assert.equal(cursor(), 'after C');
});
