// The client of docs/clients against a server that refuses (429, 503, with and without `Retry-After`) and cuts, in Node and in Chromium,
// on real clocks: it comes back with its cursor, and many of them do not storm.
//
// CLIENT names the folder of the client's modules, CHROMIUM a browser; without one its tests are skipped.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { EventSource } from 'eventsource';
import { chromium } from 'playwright-core';
import { answers, troubled } from './troubled-server.mjs';

const { CLIENT, CHROMIUM } = process.env;
const { connect } = await import(pathToFileURL(`${CLIENT}/sse-client.mjs`));

let browser;
before(async () => { if (CHROMIUM) browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] }); });
after(() => browser?.close());

/** Begins clients of a server; `steady` takes the chance out of their pauses. Says what they hold, and closes them. */
async function inNode(origin, transport, count, steady) {
  const one = () => connect({ url: `${origin}/api/v2/stream`, transport, EventSource, ...(steady && { random: () => 0.5 }) });
  const links = Array.from({ length: count }, one);
  return {
    held: async () => links.map(({ state }) => ({ status: state.status, tickers: [...state.tickers.keys()] })),
    close: async () => links.forEach((link) => link.close()),
  };
}

async function inChromium(origin, transport, count, steady) {
  const page = await browser.newPage();
  await page.goto(`${origin}/`);
  await page.waitForFunction(() => window.begin);
  await page.evaluate(([...given]) => window.begin(...given), [transport, count, steady]);
  return {
    held: () => page.evaluate(() => window.links.map(({ state }) => ({ status: state.status, tickers: [...state.tickers.keys()] }))),
    close: () => page.close(),
  };
}

async function until(condition, ms) {
  const end = performance.now() + ms;
  while (!(await condition())) {
    assert.ok(performance.now() < end, `not within ${ms} ms`);
    await pause(20);
  }
}

const pauses = (visits) => visits.slice(1).map(({ at }, i) => Math.round(at - visits[i].at));

/** No pause is shorter than the client's rules allow, nor much longer: timers and a busy machine are late, not early. */
function assertPauses(visits, least) {
  const taken = pauses(visits);
  assert.equal(taken.length, least.length, `${taken}`);
  taken.forEach((ms, i) => assert.ok(ms >= least[i] - 30 && ms < least[i] + 2_000, `pauses ${taken}, wanted ${least}`));
}

describe('a server in trouble', { concurrency: true }, () => {
  for (const [place, begin, transport] of [
    ['Node', inNode, 'fetch'], ['Node', inNode, 'eventsource'], ['Chromium', inChromium, 'fetch'], ['Chromium', inChromium, 'eventsource'],
  ]) {
    const skip = place === 'Chromium' && !CHROMIUM ? 'no browser' : false;
    describe(`${place}, ${transport}`, { skip, concurrency: true }, () => {
      const against = async (t, list, count, steady, judge) => {
        const server = await troubled(CLIENT, list);
        t.after(() => server.close());
        const clients = await begin(server.origin, transport, count, steady);
        t.after(() => clients.close());
        await judge(server.visits, clients);
      };

      test('a cut, then 429 and 503 without Retry-After: back with the cursor, ever more slowly', async (t) => {
        const list = [answers.cut, answers.refused(429), answers.refused(503), answers.open];
        await against(t, list, 1, true, async (visits, clients) => {
          await until(() => visits.length === 4, 20_000);
          await until(async () => (await clients.held())[0].status === 'open', 2_000);
          // A browser tells nobody the delay that the server asked for, so the client's own default holds once EventSource has given up.
          assertPauses(visits, transport === 'fetch' ? [200, 400, 800] : [200, 3_000, 6_000]);
          assert.deepEqual(visits.map(({ cursor }) => cursor), ['', 'one', 'one', 'one']);
          assert.deepEqual((await clients.held())[0].tickers, ['A']);
          await pause(1_000);
          assert.equal(visits.length, 4, 'it stays');
        });
      });

      for (const status of [429, 503]) {
        test(`${status} with Retry-After: not sooner, where the header can be seen`, async (t) => {
          const list = [answers.cut, answers.refused(status, { 'retry-after': '2' }), answers.open];
          await against(t, list, 1, true, async (visits) => {
            await until(() => visits.length === 3, 20_000);
            assertPauses(visits, transport === 'fetch' ? [200, 2_000] : [200, 3_000]);
          });
        });
      }

      test('twenty that are refused at once do not come back at once', async (t) => {
        await against(t, [answers.refused(429)], 20, false, async (visits) => {
          await until(() => visits.length >= 20, 10_000);
          const began = visits[0].at;
          await pause(6_500);
          const again = visits.slice(20).map(({ at }) => at - began);
          assert.ok(again.length >= 20 && again.length <= 40, `${again.length} came back within 6.5 s`);
          const busiest = Math.max(...again.map((from) => again.filter((at) => at >= from && at < from + 250).length));
          assert.ok(busiest <= 12, `${busiest} came within 250 ms`);
          t.diagnostic(`=> ${place} ${transport}: of 20 refused at once, at most ${busiest} come back within 250 ms`);
        });
      });
    });
  }
});
