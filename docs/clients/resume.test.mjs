// The rules of resume, played through: a model of the server with the digest cursor, connections that are cut at any byte,
// data that changes all the while. However it went, the client ends up holding what a new client would get.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventStreamParser } from './sse-parser.mjs';
import { StreamState, compareNames } from './sse-state.mjs';
import { block } from './stand-ins.mjs';

const RUNS = 400;
const BUCKETS = 4; // fewer than the real 16: more tickers share one
const NAMES = Array.from({ length: 12 }, (_, i) => `T${i}`);
const bucketOf = (ticker) => Number(ticker.slice(1)) % BUCKETS;
const METRICS = BUCKETS; // the digest's last part
const UNKNOWN = '?';
const LISTED_MAX = 4; // beyond so many tickers `metrics` lists none, and pages name them
/** Ends of the pages, both inclusive; together they cover all names. */
const PAGES = [['', 'T10'], ['T11', 'T3'], ['T4', '\u{10ffff}']];

/** A small seeded generator (mulberry32): the seed in a failure's message plays the same run again. */
function generator(seed) {
  let a = seed;
  return (below) => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

/** The data, and what the server derives from it. */
class World {
  counts = new Map();

  change(pick) {
    const ticker = NAMES[pick(NAMES.length)];
    if (pick(3) === 0) this.counts.delete(ticker);
    else this.counts.set(ticker, 1 + pick(3));
    return ticker;
  }

  update(ticker) {
    return { ticker, count: this.counts.get(ticker) ?? 0 };
  }

  metrics() {
    const all = [...this.counts].sort();
    return { by_tag: this.isPaged() ? null : Object.fromEntries(all), tags: all.length };
  }

  isPaged() {
    return this.paged && this.counts.size > LISTED_MAX;
  }

  page(n) {
    const [from, to] = PAGES[n];
    const isOn = ([ticker]) => compareNames(from, ticker) <= 0 && compareNames(ticker, to) <= 0;
    return { from, to, by_tag: Object.fromEntries([...this.counts].filter(isOn).sort()) };
  }

  /** The parts of the digest for a client that sees `list` (null: everything). */
  parts(list) {
    const parts = Array.from({ length: BUCKETS }, (_, bucket) => this.inBucket(bucket, list).map((t) => `${t}=${this.counts.get(t)}`).join());
    return [...parts, JSON.stringify([...this.counts].sort())];
  }

  inBucket(bucket, list) {
    return [...this.counts.keys()].filter((t) => bucketOf(t) === bucket && (!list || list.includes(t))).sort();
  }
}

/** One connection's bytes, made as the reader takes writes. */
class Connection {
  constructor(world, list, cursor) {
    Object.assign(this, { world, list, unsent: new Set() });
    const theirs = cursor ? JSON.parse(atob(cursor)) : [];
    world.parts(list).forEach((part, i) => {
      if (theirs[i] === part) return;
      if (i === METRICS) this.count();
      else for (const ticker of [...world.inBucket(i, list), ...(list ?? []).filter((t) => bucketOf(t) === i)]) this.unsent.add(ticker);
    });
    const more = list ? { tickers: list } : {};
    // Its id takes back what the list no longer covers: the client drops that on reading this event.
    this.first = block('heartbeat', { degraded: false, ...more }, { id: list ? this.id(this.differing(theirs)) : undefined });
  }

  differing(theirs) {
    return this.world.parts(this.list).flatMap((part, i) => (theirs[i] === part ? [] : [i]));
  }

  changed(ticker) {
    if (!this.list || this.list.includes(ticker)) this.unsent.add(ticker);
    this.count();
  }

  /** The counts are to be told: with their names, or followed by the pages that name them. */
  count() {
    this.unsent.add('metrics');
    PAGES.forEach((_, n) => (this.world.isPaged() ? this.unsent.add(n) : this.unsent.delete(n)));
  }

  id(unknown) {
    const open = new Set([...unknown, ...Array.from(this.unsent, part)]);
    return btoa(JSON.stringify(this.world.parts(this.list).map((value, i) => (open.has(i) ? UNKNOWN : value))));
  }

  /** One write of some of what is unsent, in any order. */
  write(pick) {
    const taken = [...this.unsent].sort(() => pick(3) - 1).slice(0, 1 + pick(5));
    for (const one of taken) this.unsent.delete(one);
    const touched = taken.map(part);
    return taken.map((one, i) => {
      const id = i === taken.length - 1 ? this.id([]) : i === 0 ? this.id(touched) : undefined;
      if (one === 'metrics') return block('metrics', this.world.metrics(), { id });
      if (typeof one === 'number') return block('tags', this.world.page(one), { id });
      return block('sentiment_update', this.world.update(one), { id });
    }).join('');
  }
}

const part = (one) => (one === 'metrics' || typeof one === 'number' ? METRICS : bucketOf(one));

/** The client's side of one connection: what is cut away was never read. */
class Reader {
  state = new StreamState();
  cursor = '';

  connect() {
    this.state.begin();
    this.parser = new EventStreamParser(this.cursor);
  }

  read(bytes) {
    for (const { type, data, id } of this.parser.push(bytes)) {
      this.state.apply(type, JSON.parse(data));
      this.cursor = id;
    }
  }
}

function play(seed, filtered, paged) {
  const pick = generator(seed), world = new World(), reader = new Reader();
  world.paged = paged;
  const lists = [0, 1].map(() => NAMES.filter(() => pick(2) === 0)); // two, so that a change is often taken back
  for (let i = 0; i < 8; i += 1) world.change(pick);
  let list = filtered ? lists[0] : null;
  const connections = 2 + pick(8);
  for (let n = 0; n <= connections; n += 1) {
    const last = n === connections;
    if (list) list = lists[pick(2)];
    for (let i = pick(4); i > 0; i -= 1) world.change(pick);
    const connection = new Connection(world, list, reader.cursor);
    let left = last ? Infinity : pick(600);
    const send = (text) => {
      const bytes = new TextEncoder().encode(text).slice(0, left);
      left -= bytes.length;
      reader.read(bytes);
    };
    reader.connect();
    send(connection.first);
    while (left > 0 && (connection.unsent.size > 0 || (!last && pick(4) > 0))) {
      if (!last && pick(3) === 0) connection.changed(world.change(pick));
      if (connection.unsent.size > 0) send(connection.write(pick));
    }
  }
  const expected = [...world.counts].filter(([t]) => !list || list.includes(t)).sort();
  const held = Array.from(reader.state.tickers.values(), ({ ticker, count }) => [ticker, count]).sort();
  assert.deepEqual(held, expected, `seed ${seed}, ${filtered ? 'with a list' : 'without a list'}, ${paged ? 'paged' : 'listed'}`);
  assert.deepEqual(reader.state.metrics, world.metrics(), `metrics, seed ${seed}`);
}

for (const filtered of [false, true]) {
  for (const paged of [false, true]) {
    const how = `${filtered ? 'with a list that changes' : 'without a filter'}, ${paged ? 'named on pages' : 'named by metrics'}`;
    test(`after any cuts a client holds what a new one would, ${how}`, () => {
      for (let seed = 1; seed <= RUNS; seed += 1) play(seed, filtered, paged);
    });
  }
}
