// npm `@microsoft/fetch-event-source`: one connection, to its end. It is written for pages, so it gets the two names of one that it uses.
import { createRequire } from 'node:module';
import { print } from './print.mjs';

globalThis.window = globalThis;
globalThis.document = { hidden: false, addEventListener() {}, removeEventListener() {} };
// Its CommonJS form: the other one imports files by names that only bundlers find.
const { fetchEventSource } = createRequire(import.meta.url)('@microsoft/fetch-event-source');
try {
  await fetchEventSource(process.argv[2], {
    openWhenHidden: true,
    onmessage: ({ event, data, id }) => print({ event: event || 'message', data, id }),
    onclose: () => print({ end: 'clean' }),
    onerror: error => { throw error; }, // without it, it connects again
  });
} catch {
  print({ end: 'cut' });
}
