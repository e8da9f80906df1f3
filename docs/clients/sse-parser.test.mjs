// The parser against the specification: line ends, fields, marks, and any way to cut the bytes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventStreamParser } from './sse-parser.mjs';

const bytes = (text) => new TextEncoder().encode(text);
const parse = (text, before) => new EventStreamParser(before).push(bytes(text));

for (const [name, end] of [['LF', '\n'], ['CR', '\r'], ['CRLF', '\r\n']]) {
  test(`lines end with ${name}`, () => {
    const text = ['event: a', 'id: 1', 'data: x', '', 'data: y', '', ''].join(end);
    assert.deepEqual(parse(text), [{ type: 'a', data: 'x', id: '1' }, { type: 'message', data: 'y', id: '1' }]);
  });
}

test('a byte order mark is dropped at the start, and only there', () => {
  assert.deepEqual(parse('\ufeffdata: a\n\n\ufeffdata: b\n\ndata: \ufeffc\n\n').map((e) => e.data), ['a', '\ufeffc']);
});

test('data lines are joined, one space after the colon is dropped', () => {
  assert.deepEqual(parse('data:a\ndata:  b\ndata\ndata: c\n\n').map((e) => e.data), ['a\n b\n\nc']);
});

test('empty data is an event, no data is none', () => {
  assert.deepEqual(parse('data\n\nevent: x\n\n\n\ndata:\ndata:\n\n').map((e) => [e.type, e.data]), [['message', ''], ['message', '\n']]);
});

test('comments, unknown fields and fields of other case are nothing', () => {
  assert.deepEqual(parse(':\n: data: x\nDATA: x\nfoo: x\ndata : x\n\n'), []);
});

test('an id with NUL is ignored, an empty one clears, one without data counts for the next', () => {
  assert.deepEqual(parse('id: 1\ndata: a\n\nid: 2\0\ndata: b\n\nid\ndata: c\n\nid: 4\n\ndata: d\n\n').map((e) => e.id), ['1', '1', '', '4']);
});

test('an event without an id keeps the cursor of the connection before', () => {
  assert.deepEqual(parse('data: a\n\n', 'kept'), [{ type: 'message', data: 'a', id: 'kept' }]);
});

test('retry takes digits only', () => {
  const parser = new EventStreamParser();
  parser.push(bytes('retry: 12\nretry: 1.5\nretry: -3\nretry: 7x\nretry:\n\n'));
  assert.equal(parser.retryMs, 12);
});

test('an event that is cut off is dropped, and so is its id', () => {
  assert.deepEqual(parse('id: 1\ndata: a\n\nid: 2\ndata: b\n').map((e) => e.id), ['1']);
});

test('any cut of the bytes gives the same events', () => {
  const text = '\ufeff:hi\r\nevent: ä\rid: 1\r\ndata: {"€":"😀"}\ndata: two\r\n\r\nretry: 5\r\rdata: z\n\r\ndata: cut';
  const all = bytes(text);
  const whole = new EventStreamParser().push(all);
  assert.equal(whole.length, 2);
  for (let i = 0; i <= all.length; i += 1) {
    for (let j = i; j <= all.length; j += 1) {
      const parser = new EventStreamParser();
      const events = [all.slice(0, i), all.slice(i, j), all.slice(j)].flatMap((part) => parser.push(part));
      assert.deepEqual(events, whole, `cut at ${i} and ${j}`);
    }
  }
  const parser = new EventStreamParser();
  assert.deepEqual(Array.from(all, (one) => parser.push(Uint8Array.of(one))).flat(), whole, 'byte by byte');
});
