// The function at the edge, as CloudFront runs it: a script with one global function, whose event has header names in lower case.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import vm from 'node:vm';

const CODE = readFileSync(new URL('token.js', import.meta.url), 'utf8');

/** What the origin gets of these headers. */
function forwarded(headers) {
  const context = vm.createContext({});
  vm.runInContext(CODE, context, { filename: 'token.js' });
  const wrapped = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, { value }]));
  const request = { method: 'GET', uri: '/api/v2/stream', querystring: {}, headers: wrapped, cookies: {} };
  const event = { version: '1.0', context: { eventType: 'viewer-request' }, viewer: { ip: '192.0.2.7' }, request };
  const answer = context.handler(event);
  assert.equal(answer, request, 'the request goes on');
  return Object.fromEntries(Object.entries(answer.headers).map(([name, { value }]) => [name, value]));
}

test('a token is copied to the header that the signature leaves alone', () => {
  assert.deepEqual(forwarded({ authorization: 'Bearer t', accept: 'text/event-stream' }), {
    authorization: 'Bearer t', accept: 'text/event-stream', 'x-user-authorization': 'Bearer t',
  });
});

test('a copy that a viewer sends itself is dropped, or replaced', () => {
  assert.deepEqual(forwarded({ 'x-user-authorization': 'Bearer forged' }), {});
  assert.equal(forwarded({ 'x-user-authorization': 'Bearer forged', authorization: 'Bearer t' })['x-user-authorization'], 'Bearer t');
});

test('anonymous requests, and the cursor, pass as they are', () => {
  assert.deepEqual(forwarded({ 'last-event-id': 'abc', accept: 'text/event-stream' }), { 'last-event-id': 'abc', accept: 'text/event-stream' });
});

test('the function is small enough, and uses nothing that its runtime lacks', () => {
  assert.ok(CODE.length <= 10_240, `${CODE.length}`);
  assert.doesNotMatch(CODE, /\b(import|require|fetch|setTimeout|async|await)\b/);
});
