// What a client holds: the tickers, the metrics and the last heartbeat, by the rules of events.md and clients.md.
// Must not know how events arrive, nor who looks at the state.

/** The order of names in pages: that of their UTF-8 bytes, which is that of their code points and not of their UTF-16 units. */
export function compareNames(a, b) {
  const left = Array.from(a, (c) => c.codePointAt(0)), right = Array.from(b, (c) => c.codePointAt(0));
  for (let i = 0; i < Math.min(left.length, right.length); i += 1) {
    if (left[i] !== right[i]) return left[i] - right[i];
  }
  return left.length - right.length;
}

export class StreamState {
  /** Ticker name to the `data` of its last `sentiment_update`. */
  tickers = new Map();
  /** The `data` of the last `metrics`; null before the first, and for ever on the stream of a configuration. */
  metrics = null;
  /** The `data` of the last `heartbeat`, or null. */
  heartbeat = null;
  /** With a filter or a configuration: the names that belong to the stream. Else null. */
  scope = null;

  #first = true;

  /** A connection begins. What is held stays: the server sends what differs from it. */
  begin() {
    this.#first = true;
  }

  /** Applies one event's parsed `data`. Types that carry no state change nothing. */
  apply(type, data) {
    if (type === 'heartbeat') this.#heartbeat(data);
    else if (type === 'metrics') this.#metrics(data);
    else if (type === 'tags') this.#tags(data);
    else if (type === 'sentiment_update') this.#update(data);
  }

  #heartbeat(data) {
    this.heartbeat = data;
    if (!this.#first) return;
    // Only the first heartbeat of a connection speaks of the filter: the list, or that there is none.
    this.#first = false;
    this.scope = Array.isArray(data.tickers) ? new Set(data.tickers) : null;
    if (this.scope) this.#keep((ticker) => this.scope.has(ticker));
  }

  #metrics(data) {
    this.metrics = data;
    // On a filtered stream the list in the first heartbeat says what belongs. Without one `by_tag` does; it is null where
    // there are too many tickers for one event, and pages (`tags`) follow.
    if (!this.scope && data.by_tag) this.#keep((ticker) => Object.hasOwn(data.by_tag, ticker));
  }

  /** A page of names: whatever lies between its ends, both inclusive, and is not named is gone. */
  #tags(data) {
    if (this.scope) return;
    const isOnPage = (ticker) => compareNames(data.from, ticker) <= 0 && compareNames(ticker, data.to) <= 0;
    this.#keep((ticker) => !isOnPage(ticker) || Object.hasOwn(data.by_tag, ticker));
  }

  #update(data) {
    if (data.count === 0) this.tickers.delete(data.ticker);
    else if (!this.scope || this.scope.has(data.ticker)) this.tickers.set(data.ticker, data);
  }

  #keep(wanted) {
    for (const ticker of this.tickers.keys()) if (!wanted(ticker)) this.tickers.delete(ticker);
  }
}
