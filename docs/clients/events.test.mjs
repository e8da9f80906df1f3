// events.md against itself: every sample parses as an event and has the fields of its table, each of its type and in range.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { EventStreamParser } from './sse-parser.mjs';

const page = readFileSync(new URL('../events.md', import.meta.url), 'utf8');
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
const DIGEST_BYTES = 1 + 4 + 16 * 4; // version, metrics, buckets

/** The sections of the page that describe an event: name, fields in order, samples. */
function sections() {
  return page.split(/^## /m).slice(1).filter((text) => text.includes('| field |')).map((text) => ({
    name: text.slice(0, text.indexOf('\n')),
    fields: text.split('\n').filter((line) => line.startsWith('| `')).map(fieldOf),
    samples: Array.from(text.matchAll(/^```sse event=(\w+)\n(.*?)^```$/gms), ([, event, wire]) => ({ event, wire })),
  }));
}

function fieldOf(row) {
  const [name, type, unit, when] = row.split('|').slice(1, -1).map((cell) => cell.trim());
  const [, low, high] = /`(-?\d+)\.\.(-?\d+)?`/.exec(unit) ?? [];
  return { name: name.replaceAll('`', ''), type, low: Number(low ?? -Infinity), high: Number(high ?? Infinity), always: when === 'always' };
}

const inRange = ({ low, high }, value) => value >= low && value <= high;

const TYPES = {
  timestamp: (_, value) => TIMESTAMP.test(value) && !Number.isNaN(Date.parse(value)),
  'trace id': (_, value) => /^1-[0-9a-f]{8}-[0-9a-f]{24}$/.test(value),
  string: (_, value) => typeof value === 'string' && value !== '',
  boolean: (_, value) => typeof value === 'boolean',
  integer: (field, value) => Number.isInteger(value) && inRange(field, value),
  number: (field, value) => typeof value === 'number' && inRange(field, value) && Number(value.toFixed(4)) === value,
  'integer or null': (field, value) => value === null || TYPES.integer(field, value),
  'map of integer or null': (field, value) => value === null || TYPES['map of integer'](field, value),
  'array of string': (field, value) => Array.isArray(value) && value.every((one) => TYPES.string(field, one)),
  'map of integer': (field, value) => value !== null && typeof value === 'object' && !Array.isArray(value)
    && Object.values(value).every((one) => TYPES.integer(field, one)),
};

/** What is wrong with `data` by the table `fields`: a list of complaints, empty if nothing is. */
function complaints(fields, data) {
  const wrong = [];
  for (const key of Object.keys(data)) if (!fields.some(({ name }) => name === key)) wrong.push(`unknown field ${key}`);
  for (const field of fields) {
    if (!Object.hasOwn(data, field.name)) {
      if (field.always) wrong.push(`missing field ${field.name}`);
      continue;
    }
    const words = field.type.startsWith('`') ? Array.from(field.type.matchAll(/`([^`]+)`/g), ([, word]) => word) : null;
    const right = words ? words.includes(data[field.name]) : TYPES[field.type](field, data[field.name]);
    if (!right) wrong.push(`${field.name} is not ${field.type} in ${field.low}..${field.high}: ${JSON.stringify(data[field.name])}`);
  }
  const order = fields.map(({ name }) => name).filter((name) => Object.hasOwn(data, name));
  if (Object.keys(data).filter((key) => order.includes(key)).join() !== order.join()) wrong.push('keys are not in the order of the table');
  return wrong;
}

const all = sections();

test('the overview and the sections name the same events', () => {
  const overview = Array.from(page.matchAll(/^\| \[`(\w+)`\]\(#(\w+)\)/gm), ([, name, anchor]) => (assert.equal(name, anchor), name));
  assert.deepEqual(all.map(({ name }) => name), overview);
  assert.deepEqual(overview, ['heartbeat', 'metrics', 'tags', 'sentiment_update', 'deadline', 'done', 'busy']);
  const samples = all.reduce((sum, { samples: some }) => sum + some.length, 0);
  assert.equal(page.match(/^```sse/gm).length, samples, 'a sample stands outside of the sections or has no event=');
});

for (const { name, fields, samples } of all) {
  describe(name, () => {
    test('has fields of known types, and samples that show each of them', () => {
      for (const field of fields) assert.ok(field.type.startsWith('`') || TYPES[field.type], `${field.name}: unknown type ${field.type}`);
      const shown = new Set(samples.flatMap(({ wire }) => Object.keys(JSON.parse(/^data: (.*)$/m.exec(wire)[1]))));
      assert.deepEqual(fields.map((field) => field.name).filter((field) => !shown.has(field)), []);
    });
    samples.forEach(({ event, wire }, i) => {
      test(`sample ${i + 1}`, () => {
        const parser = new EventStreamParser();
        const parsed = parser.push(new TextEncoder().encode(`${wire}\n`));
        assert.deepEqual(parsed.map(({ type }) => type), [name]);
        assert.equal(event, name);
        assert.deepEqual(wire.trimEnd().split('\n').filter((line) => !/^(event|id|retry|data): \S/.test(line)), []);
        assert.equal(wire.match(/^data: /gm).length, 1);
        assert.deepEqual(complaints(fields, JSON.parse(parsed[0].data)), []);
        if (parsed[0].id) {
          assert.match(parsed[0].id, /^[\w-]+$/);
          assert.equal(Buffer.from(parsed[0].id, 'base64url').length, DIGEST_BYTES);
        }
      });
    });
  });
}

test('a wrong sample is found', () => {
  const { fields } = all.find(({ name }) => name === 'sentiment_update');
  const good = { ticker: 'A', score: 0.5, label: 'positive', confidence: 1, count: 2, source: 'aggregate', timestamp: '2026-11-22T08:00:00.000Z' };
  assert.deepEqual(complaints(fields, good), []);
  const { source, ...rest } = good;
  for (const bad of [
    rest, { ...good, extra: 1 }, { source, ...rest }, { ...good, score: 1.5 }, { ...good, score: 0.12345 }, { ...good, label: 'good' }, { ...good, count: 1.5 },
    { ...good, count: -1 }, { ...good, ticker: null }, { ...good, timestamp: '2026-11-22T08:00:00Z' }, { ...good, confidence: '1' },
  ]) assert.notDeepEqual(complaints(fields, bad), [], JSON.stringify(bad));
});
