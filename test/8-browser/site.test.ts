// The site that is served by default, in a browser: it shows what it promises, and claims nothing that was not seen.
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import t from 'tap';
import { ask } from '../client.ts';
import { serve, until } from '../serving.ts';
import { browserObstacle, closeBrowser, open, overflows, styleOf, urlOf } from './browser.ts';

const PUBLIC = fileURLToPath(new URL('../../../public', import.meta.url));
const FACTS = /\/\.well-known\/pagecast\?/;
const FILES = ['index.html', 'mark.svg', 'style.css', 'facts.js', 'cast.png'];
const skip = browserObstacle;

t.teardown(closeBrowser);

/** What a server could tell, by path. */
function facts(path: string): Readonly<Record<string, unknown>> {
  const large = path.endsWith('.png');
  return {
    server: 'pagecast', version: '0.1.0', path, status: 200, sentBy: large ? 'sendfile from the page cache under a lease' : 'sendmsg from the arena',
    protection: large ? 'lease' : 'sealed', cause: null, bytes: large ? 171_449 : 4097, coding: 'identity', etag: '"x"', workers: 2, requests: 1234, tornPrevented: 7, uptimeS: 61,
  };
}

async function answerFacts(page: Page, body: (path: string) => string, status = 200): Promise<void> {
  await page.route(FACTS, (route) => route.fulfill({ status, contentType: 'application/json', body: body(new URL(route.request().url()).searchParams.get('path') ?? '') }));
}

async function measured(page: Page): Promise<void> {
  await page.getByRole('status').filter({ hasText: /^Measured at / }).waitFor();
}

/** Terms and descriptions of a list. */
async function rowsOf(page: Page, list: string): Promise<Map<string, string>> {
  const terms = await page.locator(`${list} dt`).allInnerTexts();
  const texts = await page.locator(`${list} dd`).allInnerTexts();
  return new Map(terms.map((term, at) => [term, texts[at]!]));
}

t.test('what the server tells', { skip }, async (t) => {
  const { place } = await serve(t, { root: PUBLIC });
  const { page, troubles, asked } = await open(t);
  await answerFacts(page, (path) => JSON.stringify(facts(path)));
  await page.goto(urlOf(place));
  await measured(page);
  t.strictSame(await page.locator('.files a').allInnerTexts(), FILES);
  for (const name of FILES) {
    const large = name === 'cast.png';
    const list = `[data-file="${name}"]`;
    const rows = await rowsOf(page, list);
    t.equal(rows.get('Server'), large ? 'sendfile from the page cache under a lease' : 'sendmsg from the arena', name);
    t.match(rows.get('Protection'), large ? /^lease: / : /^sealed: /);
    t.match(rows.get('Browser'), /^200 over http\/1\.1, \d+\.\d ms from request to last byte$/);
    t.equal(await page.locator(`${list} i`).count(), large ? 42 : 2, 'a sheet for each 4 KiB');
    t.equal(await page.locator(`${list} .pages`).getAttribute('data-from'), large ? 'file' : 'memory');
  }
  t.strictSame([...(await rowsOf(page, '#server')).values()], ['pagecast 0.1.0', '61 s', '1,234', '2', '7']);
  t.notOk(await page.locator('#silent').isVisible());
  t.match(await page.locator('.key').innerText(), /memory of its own[^]*the file's own pages/);
  t.strictSame(troubles, []);
  t.ok(asked.every((url) => url.startsWith(urlOf(place))), 'nothing is asked of anybody else');
});

t.test('what the browser sees by itself is so', { skip }, async (t) => {
  const { place } = await serve(t, { root: PUBLIC, site: { compress: false } });
  const { page, troubles } = await open(t);
  await answerFacts(page, () => 'not here', 404);
  await page.goto(urlOf(place));
  await measured(page);
  const { fields, body } = await ask(place, '/');
  const rows = await rowsOf(page, '#answers');
  t.match(rows.get('The page, once more'), new RegExp(`^200, ${body.length.toLocaleString('en')} bytes, not coded, `));
  t.equal(rows.get('Protocol'), 'http/1.1');
  t.equal(rows.get('ETag'), `${fields.get('etag')!}: strong; it is the SHA-256 of these bytes, computed again here`);
  t.match(rows.get('With that tag in If-None-Match'), /^304, 0 bytes of body, /);
  t.equal(rows.get('With Range: bytes=0-14'), `206, bytes 0-14/${body.length}: ${body.toString('latin1', 0, 15)}`);
  t.equal(rows.get('Last-Modified'), fields.get('last-modified'));
  t.equal(rows.get('Cache-Control'), fields.get('cache-control') ?? 'none');
  t.match(rows.get('Cache-Status'), fields.get('cache-status') ?? /^none/);
  t.match(await page.locator('#silent').innerText(), 'Nothing is told here: /.well-known/pagecast answered 404.');
  t.notOk(await page.locator('#server').isVisible());
  t.equal(await page.getByText('Protection').count(), 0, 'no protection is claimed');
  t.equal(await page.locator('.files .pages:not([data-from=unknown])').count(), 0, 'nor where it was sent from');
  const others = troubles.filter((trouble) => !FACTS.test(trouble) && !/^console: Failed to load resource: .* 404/.test(trouble));
  t.strictSame(others, [], 'nothing but that one 404');
  t.equal(troubles.filter((trouble) => FACTS.test(trouble)).length, 1, 'which is asked for once');
});

t.test('this server, as it is', { skip }, async (t) => {
  const { place } = await serve(t, { root: PUBLIC });
  const { page, troubles } = await open(t);
  await page.goto(urlOf(place));
  await measured(page);
  const tells = (await ask(place, '/.well-known/pagecast?path=/index.html')).status === 200;
  t.equal(await page.locator('#silent').isVisible(), !tells, tells ? 'it tells' : 'it does not tell');
  t.equal(await page.locator('#server').isVisible(), tells);
  if (tells) t.strictSame(troubles, []);
  else t.equal(troubles.filter((trouble) => FACTS.test(trouble)).length, 1);
});

t.test('measuring again asks again', { skip }, async (t) => {
  const { place, lines } = await serve(t, { root: PUBLIC, accessLog: 'json' });
  const { page } = await open(t);
  await page.goto(urlOf(place));
  await measured(page);
  const pictures = (): number => logged(lines(), '/cast.png').length;
  await until(() => pictures() === 1, 'the log');
  const [answer] = await Promise.all([page.waitForResponse(/cast\.png$/), page.getByRole('button', { name: 'Measure again' }).click()]);
  t.equal(answer.status(), 200);
  await page.getByRole('button', { disabled: false }).waitFor();
  await measured(page);
  await until(() => pictures() === 2, 'the log of a second answer');
  t.match((await rowsOf(page, '[data-file="cast.png"]')).get('Browser'), /^200 over http\/1\.1/);
});

t.test("a file from the browser's cache is not said to come from the server", { skip }, async (t) => {
  const { place, lines } = await serve(t, { root: PUBLIC, accessLog: 'json' });
  const { page } = await open(t);
  await page.goto(urlOf(place));
  await measured(page);
  const ways: readonly (readonly [how: string, go: () => Promise<unknown>])[] = [
    ['opened again', async () => [await page.goto('about:blank'), await page.goto(urlOf(place))]],
    ['reloaded', () => page.reload()],
  ];
  for (const [how, go] of ways) {
    await until(() => logged(lines(), '/').at(-1) === 206, 'the log of the last request');
    const before = lines().length;
    await go();
    await measured(page);
    await until(() => logged(lines().slice(before), '/').at(-1) === 206, 'the log of the last request');
    for (const name of FILES.slice(1)) {
      const status = logged(lines().slice(before), `/${name}`).at(-1);
      const said = (await rowsOf(page, `[data-file="${name}"]`)).get('Browser')!;
      t.match(said, status === undefined ? 'without a request' : status === 304 ? 'answered 304' : /^200 over/, `${how}, ${name}: ${status ?? 'no request'}`);
    }
  }
});

/** Statuses that a path was answered with. */
function logged(lines: readonly string[], path: string): number[] {
  return lines.map((line) => JSON.parse(line) as { target: string; status: number }).filter(({ target }) => target === path).map(({ status }) => status);
}

const strange: readonly (readonly [name: string, body: string])[] = [
  ['a page of HTML, as sites of one page answer', '<!doctype html><title>x</title>'],
  ['JSON of somebody else', '{"server":"other","version":"1"}'],
  ['null', 'null'],
  ['a list', '[1]'],
  ['a half', '{"server":"pagecast"'],
];

t.test('an endpoint that is not ours tells nothing', { skip }, async (t) => {
  const { place } = await serve(t, { root: PUBLIC });
  for (const [name, body] of strange) {
    const { page, troubles } = await open(t);
    await answerFacts(page, () => body);
    await page.goto(urlOf(place));
    await measured(page);
    t.match(await page.locator('#silent').innerText(), 'answered 200', name);
    t.strictSame(troubles, []);
  }
});

t.test('what is told is text, and may be less or more than expected', { skip }, async (t) => {
  const { place } = await serve(t, { root: PUBLIC });
  const { page, troubles } = await open(t);
  const markup = '<img src=x onerror=alert(1)>';
  await answerFacts(page, (path) => JSON.stringify({ server: 'pagecast', path, sentBy: markup, protection: 'warded', cause: 'EACCES', coding: 'br', bytes: 1e12 }));
  await page.goto(urlOf(place));
  await measured(page);
  const rows = await rowsOf(page, '[data-file="cast.png"]');
  t.equal(rows.get('Server'), `${markup}, coded as br`);
  t.equal(rows.get('Protection'), 'warded (a lease was refused: EACCES)');
  t.equal(await page.locator('img[src=x]').count(), 0);
  t.equal(await page.locator('[data-file="cast.png"] i').count(), 1024, 'a bound on sheets');
  t.equal(await page.locator('#server dt').count(), 0, 'what was not told is not shown');
  t.strictSame(troubles, []);
});

t.test('without JavaScript', { skip }, async (t) => {
  const { place } = await serve(t, { root: PUBLIC });
  const { page, troubles } = await open(t, { javaScriptEnabled: false });
  await page.goto(urlOf(place));
  t.match(await page.locator('main').innerText(), /JavaScript is off, so nothing was measured\.[^]*How it sends[^]*Serve your own/);
  for (const hidden of ['#answers', '#server', 'button', '.key']) t.notOk(await page.locator(hidden).isVisible(), `${hidden} is not shown empty`);
  t.strictSame(troubles, []);
});

t.test('light and dark, wide and narrow', { skip }, async (t) => {
  const { place } = await serve(t, { root: PUBLIC });
  const papers = new Set<string>();
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1280, 375, 320]) {
      const { page } = await open(t, { colorScheme, viewport: { width, height: 800 } });
      await answerFacts(page, (path) => JSON.stringify(facts(path)));
      await page.goto(urlOf(place));
      await measured(page);
      papers.add(await styleOf(page, 'html', 'background-color'));
      t.not(await styleOf(page, 'html', 'color'), await styleOf(page, 'html', 'background-color'));
      t.notOk(await overflows(page), `${colorScheme}, ${width} pixels: nothing is cut off`);
    }
  }
  t.equal(papers.size, 2);
});

t.test('landmarks, headings and the keyboard', { skip }, async (t) => {
  const { place } = await serve(t, { root: PUBLIC });
  const { page } = await open(t);
  await answerFacts(page, (path) => JSON.stringify(facts(path)));
  await page.goto(urlOf(place));
  await measured(page);
  for (const landmark of ['banner', 'main', 'contentinfo'] as const) t.equal(await page.getByRole(landmark).count(), 1, landmark);
  t.equal(await page.getByRole('heading', { level: 1 }).count(), 1);
  t.equal(await page.getByRole('region').count(), 5, 'each section has the name of its heading');
  for (const name of FILES) {
    await page.keyboard.press('Tab');
    t.equal(await page.locator(':focus').innerText(), name);
    t.equal(await styleOf(page, ':focus', 'outline-style'), 'solid', 'and is seen to have the focus');
  }
  await page.keyboard.press('Tab');
  t.equal(await page.locator(':focus').innerText(), 'Measure again');
});

t.test('the page for what is not there, at any depth', { skip }, async (t) => {
  const { place } = await serve(t, { root: PUBLIC });
  const { page, troubles } = await open(t);
  const url = urlOf(place, '/no/such/thing.html');
  await page.goto(url);
  t.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'Not here');
  t.match(await styleOf(page, 'h1', 'font-family'), /serif/, 'with its style');
  t.strictSame(troubles.filter((trouble) => !trouble.includes(url) && !/^console: Failed to load resource: .* 404/.test(trouble)), []);
  await page.getByRole('link').click();
  t.equal(page.url(), urlOf(place));
});
