// The page for operators can be used by whoever there is: on a phone, in the dark, by keyboard, with a reader of screens, and for long.
import t from 'tap';
import { controlled } from '../6-control/controlling.ts';
import { ask } from '../client.ts';
import { browserObstacle, closeBrowser, open, overflows, styleOf, urlOf } from './browser.ts';
import { contrastFaults } from './contrast.ts';
import { caching, live, says, watched, WITHIN } from './dashboard.ts';

const skip = browserObstacle;

t.teardown(closeBrowser);

t.test('much happens for long', { skip }, async (t) => {
  const server = await controlled(t, { root: t.testdir({}) });
  const opened = await open(t);
  const metrics = await server.server.metricsSnapshot();
  const snapshots = Array.from({ length: 1000 }, (_, second) => `event: snapshot\ndata: ${JSON.stringify({ time: new Date().toISOString(), phase: 'ready', workers: { configured: 1, ready: 1, replaced: 0 }, metrics: { ...metrics, atMs: metrics.atMs + second * 1000 } })}\n\n`);
  const reports = Array.from({ length: 1000 }, (_, number) => `event: report\ndata: ${JSON.stringify({ time: new Date().toISOString(), name: 'leaseBroken', message: '<b>m</b>', facts: { path: `${'x'.repeat(5000)}${number % 500}`, number: Math.floor(number / 2) } })}\n\n`);
  await opened.page.route('**/api/v1/events', (route) => route.fulfill({ contentType: 'text/event-stream', body: [...snapshots, ...reports].join('') }));
  await opened.page.goto(urlOf(server.control));
  await says(opened.page, '#link', /^cut off/);
  t.equal(await opened.page.locator('#feed li').count(), 100);
  t.equal(await opened.page.locator('#feed b').count(), 0, 'what others wrote is text');
  t.ok(await opened.page.evaluate<boolean>("[...document.querySelectorAll('path')].every((path) => (path.getAttribute('d') ?? '').length < 20_000)"));
  t.notOk(await overflows(opened.page));
});

t.test('by keyboard alone', { skip }, async (t) => {
  const { page } = await watched(t, await caching(t));
  await live(page);
  await page.keyboard.press('Tab');
  t.equal(await page.locator(':focus').innerText(), 'Skip to traffic');
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  t.match(await page.locator(':focus').getAttribute('aria-label'), /^Requests, by what/);
  t.equal(await styleOf(page, ':focus', 'outline-style'), 'solid');
  const column = page.locator('figure').first().getByRole('columnheader').first();
  t.equal(await column.innerText(), 'now');
  for (const key of ['ArrowLeft', 'ArrowLeft', 'PageDown']) await page.keyboard.press(key);
  t.equal(await page.locator(':focus').getAttribute('aria-valuetext'), '32 seconds ago');
  t.match(await column.innerText(), /\d:\d\d/);
  await page.keyboard.press('Home');
  t.equal(await page.locator(':focus').getAttribute('aria-valuenow'), '-300');
  await page.keyboard.press('Escape');
  t.equal(await column.innerText(), 'now');
  const walked: string[] = [];
  for (let i = 0; i < 30 && walked.at(-1) !== 'drain'; ++i) {
    await page.keyboard.press('Tab');
    walked.push((await page.locator(':focus').getAttribute('id')) ?? (await page.locator(':focus').getAttribute('name')) ?? '');
    t.equal(await styleOf(page, ':focus', 'outline-style'), 'solid', `${walked.at(-1)!} is seen to have the focus`);
  }
  t.strictSame(walked.filter((name) => name !== ''), ['method', 'url', 'fields', 'by', 'which', 'soft', 'reload', 'drain']);
  await page.keyboard.press('Enter');
  await page.keyboard.press('Escape');
  await says(page, '#steer-told', 'It goes on.');
  await page.getByLabel('URL', { exact: true }).focus();
  await page.keyboard.type('/a');
  await page.keyboard.press('Enter');
  await says(page, '#explain-told', /origin/);
});

t.test('light and dark, wide and narrow', { skip }, async (t) => {
  const server = await caching(t);
  const papers = new Set<string>();
  for (const colorScheme of ['light', 'dark'] as const) {
    const { page } = await watched(t, server, { colorScheme });
    await live(page);
    await ask(server.site, `/${'long-'.repeat(60)}`, { fields: { Host: 'h.example' } });
    await page.locator('#hottest tbody tr').first().waitFor(WITHIN);
    papers.add(await styleOf(page, 'html', 'background-color'));
    for (const width of [1280, 360, 320]) {
      await page.setViewportSize({ width, height: 800 });
      await page.emulateMedia({ reducedMotion: width === 320 ? 'reduce' : 'no-preference' });
      t.notOk(await overflows(page), `${colorScheme}, ${width} pixels: nothing is cut off`);
      const { texts, faults } = await contrastFaults(page);
      t.ok(texts > 60, `${texts} texts were looked at`);
      t.strictSame(faults, [], `${colorScheme}: all of it can be read`);
      t.equal(await page.evaluate("getComputedStyle(document.querySelector('#link'), '::before').animationName"), width === 320 ? 'none' : 'beat', 'nothing moves where nothing should');
    }
  }
  t.equal(papers.size, 2);
});

t.test('every chart has a table, every field a name', { skip }, async (t) => {
  const { page } = await watched(t, await caching(t));
  await live(page);
  t.equal(await page.locator('figure').count(), await page.locator('figure table[aria-label]').count());
  t.equal(await page.locator('figure svg:not([aria-hidden=true])').count(), 0, 'drawings are for those who see them');
  t.equal(await page.evaluate("[...document.querySelectorAll('input, select, textarea')].filter((field) => field.labels.length === 0).length"), 0);
  t.strictSame(await page.evaluate("[...document.querySelectorAll('h1, h2, h3')].map((title) => Number(title.tagName[1])).filter((level, index, all) => level > (all[index - 1] ?? 0) + 1)"), [], 'no level of titles is left out');
});
