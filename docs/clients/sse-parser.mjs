// The wire: bytes of a `text/event-stream` in, complete events out, as the WHATWG specification parses them.
// Must not know what any event means, nor where the bytes come from.

export class EventStreamParser {
  /** The reconnect delay in milliseconds that the server asked for last, if it did. */
  retryMs = undefined;

  #decoder = new TextDecoder('utf-8'); // drops one leading byte order mark
  #rest = ''; // a line whose end has not arrived
  #scanned = 0; // how much of #rest is known to hold no line end
  #afterCr = false; // a LF that comes next belongs to the CR before it
  #data = [];
  #type = '';
  #id;

  /** `lastEventId`: the cursor of the connection before this one; an event without an `id:` leaves it as it is. */
  constructor(lastEventId = '') {
    this.#id = lastEventId;
  }

  /**
   * Takes the next bytes; returns the events that are complete now, as `{ type, data, id }`.
   * What is incomplete when the stream ends is dropped with the parser: neither its data nor its id count.
   */
  push(bytes) {
    const events = [];
    this.#rest += this.#decoder.decode(bytes, { stream: true });
    let start = 0;
    if (this.#afterCr && this.#rest !== '') {
      if (this.#rest[0] === '\n') start = 1;
      this.#afterCr = false;
    }
    const lineEnd = /[\r\n]/g;
    lineEnd.lastIndex = Math.max(start, this.#scanned);
    for (let found; (found = lineEnd.exec(this.#rest)); lineEnd.lastIndex = start) {
      this.#line(this.#rest.slice(start, found.index), events);
      start = found.index + 1;
      if (found[0] === '\r') {
        if (start === this.#rest.length) this.#afterCr = true;
        else if (this.#rest[start] === '\n') start += 1;
      }
    }
    this.#rest = this.#rest.slice(start);
    this.#scanned = this.#rest.length;
    return events;
  }

  #line(line, events) {
    if (line === '') {
      this.#dispatch(events);
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return; // a comment
    const field = colon < 0 ? line : line.slice(0, colon);
    let value = colon < 0 ? '' : line.slice(colon + 1);
    if (value.startsWith(' ')) value = value.slice(1);
    if (field === 'data') this.#data.push(value);
    else if (field === 'event') this.#type = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    else if (field === 'retry' && /^[0-9]+$/.test(value)) this.retryMs = Number(value);
  }

  #dispatch(events) {
    if (this.#data.length > 0) {
      events.push({ type: this.#type || 'message', data: this.#data.join('\n'), id: this.#id });
    }
    this.#data = [];
    this.#type = '';
  }
}
