// npm `eventsource`, as its README shows it. Prints what it is told, one JSON line an event, and never ends by itself.
import { EventSource } from 'eventsource';
import { NAMES, print } from './print.mjs';

const source = new EventSource(process.argv[2]);
for (const name of NAMES) source.addEventListener(name, event => print({ event: name, data: event.data, id: event.lastEventId }));
source.onerror = () => { if (source.readyState === EventSource.CLOSED) print({ gave_up: true }); };
// While it waits to connect again it keeps nothing alive: a program that does nothing else would end then.
setInterval(() => {}, 60_000);
