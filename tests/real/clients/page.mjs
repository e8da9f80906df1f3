// The page that the server serves, in headless Chromium: it says what it shows whenever that changes, and what went wrong in it.
import { chromium } from 'playwright-core';
import { print } from './print.mjs';

const [, , url, executablePath] = process.argv;
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
const page = await browser.newPage();
page.on('pageerror', error => print({ error: String(error) }));
page.on('console', message => {
  // The browser itself reports a stream that was cut, which is what the check does to it.
  if (message.type() === 'error' && !/ERR_INCOMPLETE_CHUNKED_ENCODING/.test(message.text())) print({ error: message.text() });
});
page.on('request', request => {
  if (!request.url().startsWith(new URL('/', url).href)) print({ error: `the page asked for ${request.url()}` });
});
await page.goto(new URL('/', url).href);
let last = '';
for (;;) {
  const shown = await page.evaluate(() => ({
    state: document.getElementById('state').textContent,
    tone: document.getElementById('state').dataset.tone,
    opened: Number(document.getElementById('opened').textContent),
    rows: document.querySelectorAll('#rows tr').length,
    total: document.getElementById('m-total').textContent,
    log: document.querySelectorAll('#log li').length,
    trace: document.getElementById('trace').textContent,
    falls: Array.from(document.querySelectorAll('#falls .name, #falls .turn'), row => row.textContent).slice(0, 3),
    ledger: document.getElementById('ledger').textContent,
  }));
  const text = JSON.stringify(shown);
  if (text !== last) print(shown);
  last = text;
  await page.waitForTimeout(50);
}
