// A client of the stream: connects, keeps the state, resumes. No dependency; runs in browsers and in Node 20 or later.
// Must not know the wire (sse-parser), the meaning of the state (sse-state), or HTTP (sse-transports).

import { StreamState } from './sse-state.mjs';
import { eventSourceTransport, fetchTransport } from './sse-transports.mjs';

const DEFAULT_RETRY_MS = 3000;
const LONGEST_BACKOFF_MS = 60_000;
/** 2.5 times the longest heartbeat interval a server can have: such a silence is a connection that died unseen. */
export const SILENCE_MS = 150_000;
/** Refusals that the same request may survive later, like any 5xx; any other 4xx is final. */
const PASSING = new Set([408, 425, 429]);
/** A refused token is tried again this often: a new one from a function, or one that is about to become valid. */
const TOKEN_TRIES = 4;
/** Clocks may differ by this much: a token whose `nbf` or `iat` is as near may still become valid. */
const TOKEN_SKEW_MS = 60_000;

/**
 * Connects and stays connected until `close()` or a final refusal.
 *
 * - `url`: of `/api/v2/stream`, or of a configuration's stream
 * - `tickers`: array; only these (public stream only)
 * - `token`: JWT for a configuration's stream, or a (possibly async) function that is asked at each connection
 * - `transport`: `'fetch'` or `'eventsource'`; without it EventSource if there is one and no token, else fetch
 * - `onState(state)`: after every change; `onEvent({ type, data, id })`: each event, after it has been applied
 * - `onError(error)`: what a callback threw; without it such an error is uncaught
 * - `fetch`, `EventSource`, `setTimeout`, `clearTimeout`, `random`: in place of the platform's
 *
 * `state`: `status` (`connecting`, `open`, `waiting`, `failed`, `closed`), `reason`, `retryInMs`, `tickers` (Map),
 * `metrics`, `heartbeat`, `degraded`, `traceId`, `sessionId`, `connectionSeq`, `lastEventId`. One object, changed in place.
 */
export function connect(options) {
  const {
    url, tickers = [], token, onState = () => {}, onEvent = () => {}, onError = surface,
    fetch = globalThis.fetch?.bind(globalThis), EventSource = globalThis.EventSource,
    setTimeout = globalThis.setTimeout.bind(globalThis), clearTimeout = globalThis.clearTimeout.bind(globalThis),
    random = Math.random, transport = EventSource && !token ? 'eventsource' : 'fetch',
  } = options;
  const byFetch = transport === 'fetch';
  const open = byFetch ? fetchTransport(fetch) : eventSourceTransport(EventSource);
  const held = new StreamState();
  const state = {
    status: 'connecting', reason: '', retryInMs: 0, tickers: held.tickers, metrics: null, heartbeat: null,
    degraded: false, traceId: '', sessionId: newSessionId(random), connectionSeq: 0, lastEventId: '',
  };
  let attempt = 0; // whatever belongs to an older one is void
  let stop = () => {};
  let reconnect, silence;
  let retryMs = DEFAULT_RETRY_MS * (0.5 + random());
  let failures = 0; // connections in a row that brought nothing: a heartbeat alone is sent before the data is read
  let heartbeats = 0; // of this connection
  let hasBrought = false; // this connection something else, or a second one
  let ending = '';
  let bearer = ''; // the token of this connection
  let refusedTokens = 0; // 401s in a row

  const guarded = (callback, value) => {
    try {
      callback(value);
    } catch (error) {
      onError(error);
    }
  };
  const set = (status, reason = '', retryInMs = 0) => {
    Object.assign(state, { status, reason, retryInMs });
    guarded(onState, state);
  };

  function listen() {
    clearTimeout(silence);
    silence = setTimeout(() => again('silent', retryMs), SILENCE_MS);
  }

  function drop() {
    attempt += 1;
    clearTimeout(silence);
    clearTimeout(reconnect);
    stop();
    stop = () => {};
  }

  function again(reason, ms) {
    drop();
    reconnect = setTimeout(start, ms);
    set('waiting', reason, ms);
  }

  function fail(reason) {
    drop();
    set('failed', reason);
  }

  async function start() {
    drop();
    const mine = attempt;
    state.connectionSeq += 1;
    ending = '';
    set('connecting');
    try {
      const given = typeof token === 'function' ? await token() : token;
      if (mine !== attempt) return;
      bearer = given;
      stop = open(requestOf(), only(mine));
      listen();
    } catch (error) {
      if (mine === attempt) again(String(error?.message ?? error), backoff());
    }
  }

  /** Headers with fetch; the same names as queries with EventSource, which can send none. */
  function requestOf() {
    const target = new URL(url, globalThis.location?.href);
    if (tickers.length > 0) target.searchParams.set('tickers', tickers.join(','));
    const pairs = [
      ['Authorization', 'user_token', bearer, bearer && `Bearer ${bearer}`],
      ['Last-Event-ID', 'last_event_id', state.lastEventId],
      ['X-SSE-Session-Id', 'sse_session_id', state.sessionId],
      ['X-SSE-Previous-Trace', 'sse_previous_trace', state.traceId],
      ['X-SSE-Connection-Seq', 'sse_connection_seq', String(state.connectionSeq)],
    ];
    const headers = { Accept: 'text/event-stream' };
    for (const [header, query, value, inHeader = value] of pairs) {
      if (!value) continue;
      if (byFetch) headers[header] = inHeader;
      else target.searchParams.set(query, value);
    }
    return { url: target.href, headers, cursor: state.lastEventId };
  }

  function only(mine) {
    const on = {
      opened() {
        held.begin();
        heartbeats = 0;
        hasBrought = false;
        ending = '';
        listen();
        set('open');
      },
      message,
      retry(ms) { retryMs = ms; },
      waiting() {
        clearTimeout(silence); // the delay may be longer than that
        const delay = hasBrought ? 0 : backoff();
        // EventSource's own delay never grows, so from the second connection that brought nothing it is ours.
        if (failures > 1) again('cut', delay);
        else set('waiting', ending || 'cut');
      },
      ended,
    };
    return Object.fromEntries(Object.entries(on).map(([name, act]) => [name, (value) => { if (mine === attempt) act(value); }]));
  }

  function message(event) {
    listen();
    let data;
    try {
      data = JSON.parse(event.data);
      held.apply(event.type, data);
    } catch {
      // An event that cannot be applied: the next id would vouch for it, so begin again without a cursor.
      state.lastEventId = '';
      again('unreadable event', backoff());
      return;
    }
    state.lastEventId = event.id; // of the state after this event, so not before it was applied
    if (event.type === 'heartbeat') state.traceId = data.trace_id ?? '';
    Object.assign(state, { metrics: held.metrics, heartbeat: held.heartbeat, degraded: held.heartbeat?.degraded === true });
    const mine = attempt;
    guarded(onEvent, { type: event.type, data, id: event.id });
    if (mine !== attempt) return; // closed by the callback
    if (event.type === 'busy') {
      again('busy', Number(data?.retry_ms) || retryMs);
      return;
    }
    // State came, or the stream held for a whole interval between heartbeats, or it ended as planned.
    if (event.type === 'heartbeat') heartbeats += 1;
    hasBrought ||= event.type !== 'heartbeat' || heartbeats > 1;
    if (hasBrought) failures = 0;
    refusedTokens = 0;
    if (event.type === 'deadline' || event.type === 'done') ending = `${event.type}: ${data?.reason}`;
    guarded(onState, state);
  }

  function ended({ status, detail, retryAfterMs = 0 }) {
    if (status === 401 && refusedTokens < TOKEN_TRIES && (typeof token === 'function' || mayBecomeValid(bearer))) {
      refusedTokens += 1;
      again('token refused', Math.max(retryAfterMs, backoff()));
    } else if (status !== undefined && status < 500 && !PASSING.has(status)) fail(detail);
    else again(ending || detail || 'ended', Math.max(retryAfterMs, backoff()));
  }

  /** The server's delay first, then doubling with jitter; never sooner than the server asked. */
  function backoff() {
    failures += 1;
    if (failures === 1) return retryMs;
    return Math.max(retryMs, Math.min(retryMs * 2 ** (failures - 1), LONGEST_BACKOFF_MS) * (0.5 + random()));
  }

  start();
  return {
    state,
    close() {
      drop();
      if (state.status !== 'closed') set('closed');
    },
  };
}

/** Whether a token says that it has only just begun to be valid, or is about to: the server's clock may be behind. */
function mayBecomeValid(token) {
  try {
    const claims = JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')));
    return Math.abs(Number(claims.nbf ?? claims.iat) * 1000 - Date.now()) < TOKEN_SKEW_MS;
  } catch {
    return false; // not a JSON Web Token that can be read here
  }
}

/** An error in the application's callback is the application's: it surfaces as uncaught, and the stream goes on. */
function surface(error) {
  queueMicrotask(() => { throw error; });
}

/** Correlates connections; not a secret, so it need not be unguessable. */
function newSessionId(random) {
  return Array.from({ length: 4 }, () => Math.floor(random() * 2 ** 32).toString(16).padStart(8, '0')).join('');
}
