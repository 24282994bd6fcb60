// The page for operators in a browser, before a real server: what it shows is so, and what it is told to do happens.
import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { open as openFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import type { ServerOptions } from '../../server/index.ts';
import { Redis, withoutRedis } from '../6-cluster/redis.ts';
import { controlled, origin, placeOf } from '../6-control/controlling.ts';
import { asking, serveHanging } from '../6-lifecycle/hanging.ts';
import { ask, Client } from '../client.ts';
import { shortFolder, until } from '../serving.ts';
import { browserObstacle, closeBrowser } from './browser.ts';
import { caching, fact, live, says, watched } from './dashboard.ts';

const skip = browserObstacle;

t.teardown(closeBrowser);

t.test('what it shows is what was done', { skip }, async (t) => {
  const { page, site, troubles, asked, url } = await watched(t, await caching(t));
  await live(page);
  const get = (target: string) => ask(site, target, { fields: { Host: 'h.example' } });
  for (let i = 0; i < 20; ++i) await get(`/a${i % 2}`);
  await get('/missing');
  await until(async () => (await page.locator('#hottest tbody tr').count()) === 3, 'three URLs');
  t.strictSame((await page.locator('#hottest tbody th').allInnerTexts()).sort(), ['h.example/a0', 'h.example/a1', 'h.example/missing']);
  t.equal(await page.locator('#hottest tr', { hasText: '/missing' }).locator('td').last().innerText(), '0 %', 'never from the store');
  t.match(await page.locator('#hottest tr', { hasText: '/a0' }).locator('td').last().innerText(), /^[89]\d\.\d %$/, 'but for the first time');
  t.equal(await fact(page, 'store', 'objects'), '2');
  t.equal(await fact(page, 'store', 'fills'), '3');
  t.equal(await fact(page, 'files', 'torn answers prevented'), '0');
  t.match(await page.locator('#panel-origins tbody').innerText(), /http:\/\/127\.0\.0\.1:\d+\s+1 of 1 workers/);
  const byCache = page.getByRole('table', { name: 'Requests, by what the cache had to do' });
  await until(async () => (await byCache.getByRole('row').count()) === 4, 'hits, misses and what is passed on have come, and nothing else has');
  t.strictSame((await byCache.getByRole('rowheader').allInnerTexts()).map((text) => text.trim()), ['hit', 'miss', 'pass']);
  t.match(await page.title(), /\/s · pagecast$/);
  t.strictSame(troubles, []);
  t.strictSame(asked.filter((one) => !one.startsWith(url)), [], 'nobody else is asked');
  t.ok(asked.length > 10, `${asked.length} were asked for`);
});

t.test('a writer comes', { skip }, async (t) => {
  const root = shortFolder(t);
  writeFileSync(join(root, 'large.bin'), Buffer.alloc(12 << 20));
  const { page, site } = await watched(t, await controlled(t, { root }));
  await live(page);
  const reader = await Client.open(site);
  t.teardown(() => reader.destroy());
  reader.socket.pause();
  await reader.send('GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n');
  try {
    await until(async () => (await fact(page, 'files', 'leases held')) === '1', 'the lease', 5000);
  } catch {
    return void t.pass('no lease', { skip: 'no lease is granted here' });
  }
  const file = await openFile(join(root, 'large.bin'), 'r+');
  await file.write('x');
  await file.close();
  await says(page, '#feed', /lease broken/);
  t.match(await page.locator('#feed li', { hasText: 'lease broken' }).innerText(), /path: large\.bin/);
  await until(async () => (await fact(page, 'files', 'leases broken by writers')) === '1', 'and it is counted');
  t.equal(await page.getByRole('log').getAttribute('id'), 'feed', 'a reader of screens hears of it');
});

t.test('a worker hangs, and a configuration comes into force', { skip }, async (t) => {
  const { server, place, reports } = await serveHanging(t, { control: '127.0.0.1:0' });
  const { page } = await watched(t, { server, site: place, control: placeOf(server.controlAddress!), reports });
  await live(page);
  await until(async () => (await fact(page, 'process', 'configuration')) === 'generation 1', 'the configuration of the start');
  t.match(await fact(page, 'memory', 'sealed: never taken back'), /^\d[\d.]* [KMG]?i?B(?: of \d[\d.]* [KMG]iB)?$/);
  t.match(await fact(page, 'memory', 'of its bounds in use'), / %$/);
  t.match(await page.locator('#panel-machines').innerText(), /It is alone/);
  t.equal(await (await asking(place, '/spin')).end(), 'reset');
  await until(async () => (await fact(page, 'process', 'of them, hung')) === '1', 'it is told');
  await until(async () => (await fact(page, 'process', 'workers replaced')) === '1', 'and that another one is there');
  await says(page, '#feed', /no sign of life/);
  await page.getByRole('button', { name: 'Reload' }).click();
  await until(async () => (await fact(page, 'process', 'configuration')) === 'generation 2', 'the next one');
});

t.test('machines that run other configurations', { skip: skip || withoutRedis() }, async (t) => {
  const redis = await Redis.start(t);
  const options = (maxAgeS: number): ServerOptions => ({ proxy: 'http://127.0.0.1:9', maxAgeS, cluster: { redis: `unix:${redis.path}` } });
  const other = await controlled(t, options(60));
  const { page } = await watched(t, await controlled(t, options(61)));
  await live(page);
  await until(async () => (await fact(page, 'machines', 'run another config')) === '1', 'the other one');
  t.equal(await fact(page, 'machines', 'Redis'), 'is heard');
  t.equal(await fact(page, 'machines', 'others'), '1');
  await until(async () => /^[0-9a-f]{16}, generation 1$/.test(await fact(page, 'machines', hostname())), 'which one it is, and what it runs');
  await other.server.reload({ ...options(61), workers: 1, control: '127.0.0.1:0' });
  await until(async () => (await fact(page, 'machines', 'run another config')) === '0', 'they agree');
});

t.test('purged and explained', { skip }, async (t) => {
  const { page, site, server } = await watched(t, await caching(t));
  await live(page);
  const get = async (target: string): Promise<string> => (await ask(site, target, { fields: { Host: 'h.example' } })).fields.get('cache-status') ?? '';
  await get('/a');
  await get('/b');
  await page.getByLabel('Which').fill('http://h.example/a');
  await page.getByRole('button', { name: 'Purge' }).click();
  await says(page, '#purge-told', '1 object purged.');
  t.match(await get('/a'), /uri-miss/);
  await page.locator('select[name=by]').selectOption('tag');
  await page.getByLabel('Which').fill('x');
  await page.getByLabel(/Keep it/).check();
  await page.getByRole('button', { name: 'Purge' }).click();
  await says(page, '#purge-told', '2 objects made stale.');
  await page.locator('select[name=by]').selectOption('everything');
  t.notOk(await page.locator('#purge-which').isVisible(), 'which is no question then');
  await page.getByRole('button', { name: 'Purge' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'No' }).click();
  await says(page, '#purge-told', 'Nothing was purged.');
  t.equal((await server.counts())['objects'], 2);
  await page.getByLabel(/Keep it/).uncheck();
  await page.getByRole('button', { name: 'Purge' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).click();
  await says(page, '#purge-told', '2 objects purged.');
  await until(async () => (await fact(page, 'store', 'objects')) === '0', 'and none is shown');
  await get('/a');
  await page.locator('#hottest button', { hasText: '/a' }).click();
  await says(page, '#explain-told', 'http://h.example/a');
  await page.getByLabel('Fields').fill('nonsense');
  await page.getByRole('button', { name: 'Explain', exact: true }).click();
  await says(page, '#explain-told', 'nonsense is no field');
  await page.getByLabel('Fields').fill('Cache-Control: no-cache\n');
  await page.getByLabel('URL', { exact: true }).fill('/<img src=x>');
  await page.getByRole('button', { name: 'Explain', exact: true }).click();
  await says(page, '#explain-told .told-fault', /percent-encoded/);
  t.equal(await page.locator('#explain-told img').count(), 0);
});

t.test('with a token', { skip }, async (t) => {
  const { page, troubles } = await watched(t, await controlled(t, { root: t.testdir({}), control: { listen: '127.0.0.1:0', token: 'correcthorse' } }));
  await says(page, '#link', 'a token is wanted');
  t.equal(await page.locator(':focus').getAttribute('id'), 'token');
  await page.keyboard.type('wronghorse');
  await page.keyboard.press('Enter');
  await says(page, '#token-told', 'That token is wrong.');
  t.equal(await page.getByLabel(/wants a token/).inputValue(), '', 'and gone');
  await page.getByLabel(/wants a token/).fill('correcthorse');
  await page.keyboard.press('Enter');
  await live(page);
  t.notOk(await page.locator('#token-form').isVisible());
  await page.getByLabel('Which').fill('http://h/');
  await page.getByRole('button', { name: 'Purge' }).click();
  await says(page, '#purge-told', '0 objects purged.');
  await page.reload();
  await live(page);
  t.match(await page.evaluate('JSON.stringify([{ ...sessionStorage }, { ...localStorage }])'), /^\[\{[^}]*correcthorse[^}]*\},\{\}\]$/, 'it is kept for the tab, and no longer');
  t.notOk((await page.content()).includes('correcthorse'));
  t.strictSame(troubles.filter((trouble) => !trouble.includes('401') && !/^failed: .*events$/.test(trouble)), [], 'but for the refusals, and the stream that the reload ended');
});

t.test('cut off, and back', { skip }, async (t) => {
  const first = await controlled(t, { root: t.testdir({}) });
  const { page } = await watched(t, first);
  await live(page);
  await says(page, '#about', /process \d+/);
  await first.server.close({ force: true });
  await says(page, '#link', /^cut off: asked again in \d+ s$/);
  t.ok(await page.locator('body.is-old').count(), 'what it shows is marked as old');
  const again = await controlled(t, { root: t.testdir({ 'a.txt': 'a' }), control: `127.0.0.1:${first.control.port}` });
  await live(page);
  t.notOk(await page.locator('body.is-old').count());
  t.equal(placeOf(again.server.controlAddress!).port, first.control.port);
});

t.test('while it drains', { skip }, async (t) => {
  const from = await origin(t, (request, response) => {
    if (request.url === '/slow') setTimeout(() => response.end(), 60_000).unref();
    else response.end();
  });
  const { page, site } = await watched(t, await controlled(t, { proxy: { urls: [from] }, graceMs: 6000 }));
  await live(page);
  const client = await Client.open(site);
  t.teardown(() => client.destroy());
  await client.send('GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await says(page, '#panel-origins td', /^1 of 1$/);
  await page.getByRole('button', { name: 'Drain' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Yes' }).click();
  await says(page, '#steer-told', 'It drains.');
  await says(page, '#phase', 'draining');
  client.reset();
});

t.test('while nobody sees it, it asks for nothing', { skip }, async (t) => {
  const { page, asked } = await watched(t, await controlled(t, { root: t.testdir({}) }));
  await live(page);
  const hide = (hidden: boolean): Promise<void> => page.evaluate(`Object.defineProperty(document, 'hidden', { configurable: true, get: () => ${hidden} }); document.dispatchEvent(new Event('visibilitychange'));`);
  await hide(true);
  await says(page, '#link', /^paused/);
  const streams = (): number => asked.filter((url) => url.endsWith('/events')).length;
  t.equal(streams(), 1);
  await hide(false);
  await live(page);
  t.equal(streams(), 2);
});
