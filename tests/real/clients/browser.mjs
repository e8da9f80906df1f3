// Chromium's own EventSource, headless. The page it runs on is a plain answer of the same server, so that nothing but EventSource is in play.
import { chromium } from 'playwright-core';
import { NAMES, print } from './print.mjs';

const [, , url, executablePath] = process.argv;
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const page = await browser.newPage();
await page.exposeFunction('print', print);
await page.goto(new URL('/api/v2/stream/status', url).href);
await page.evaluate(([url, names]) => {
  const source = new EventSource(url);
  // One after the other: calls out of the page are promises.
  let told = Promise.resolve();
  const tell = line => { told = told.then(() => window.print(line)); };
  for (const name of names) source.addEventListener(name, event => tell({ event: name, data: event.data, id: event.lastEventId }));
  source.onerror = () => { if (source.readyState === EventSource.CLOSED) tell({ gave_up: true }); };
}, [url, NAMES]);
