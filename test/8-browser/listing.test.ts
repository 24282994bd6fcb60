// A listing in a browser, with its policy: its style holds, its links lead to the very bytes of their names, its orders work, by
// keyboard too. Folders are listed by listingPage; their files come from the server.
import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import t, { type Test } from 'tap';
import { LISTING_POLICY, listingPage } from '../../server/static/listing-page.ts';
import type { ListedName } from '../../server/static/listing.ts';
import { serve, shortFolder } from '../serving.ts';
import { browserObstacle, closeBrowser, open, overflows, styleOf, urlOf, type Opened } from './browser.ts';

const skip = browserObstacle;
const utf8 = (text: string): string => Buffer.from(text).toString('latin1');

/** Bytes as latin1; each file holds its own name. */
const NAMES = [
  'a.txt', 'B.txt', 'file9.txt', 'file10.txt', ' spaces  within ', '100%.txt', '%2e%2e.txt', 'a?b#c.txt', 'javascript:alert(1).txt', '<img src=x onerror=alert(1)>.txt', '"\'&amp;.txt', 'line\nbreak.txt',
  'caf\xe9.txt', '\xff\xfe\xfd.txt', utf8('Übersicht – 日本.txt'), utf8('\u202egnp.txt'), utf8('\u2069\u202dtxt.txt'), `${'long-'.repeat(48)}.txt`,
];

t.teardown(closeBrowser);

function listed(root: string, path: string): ListedName[] {
  const folder = `${root}${decodeURIComponent(path)}`; // the test's folders have names in ASCII
  return readdirSync(folder, { encoding: 'buffer' }).map((name) => {
    const found = statSync(Buffer.concat([Buffer.from(folder), name]));
    return { name: name.toString('latin1'), kind: found.isDirectory() ? 'directory' : 'file', size: found.size, modifiedMs: found.mtimeMs };
  });
}

/** A page on a site whose folders are listed. */
async function site(t: Test, options: Parameters<typeof open>[1] = {}): Promise<Opened & { readonly url: (path?: string) => string }> {
  const root = shortFolder(t);
  mkdirSync(`${root}/sub dir/deep:er`, { recursive: true });
  for (const name of NAMES) writeFileSync(Buffer.from(`${root}/${name}`, 'latin1'), Buffer.from(name, 'latin1'));
  writeFileSync(`${root}/sub dir/big.bin`, Buffer.alloc(3_000_000));
  writeFileSync(`${root}/sub dir/small.bin`, 'x');
  const { place } = await serve(t, { root });
  const opened = await open(t, options);
  await opened.page.route((url) => url.pathname.endsWith('/'), (route) => {
    const { pathname, search } = new URL(route.request().url());
    const body = listingPage(pathname, listed(root, pathname), false, search);
    return route.fulfill({ contentType: 'text/html; charset=utf-8', headers: { 'Content-Security-Policy': LISTING_POLICY }, body });
  });
  return { ...opened, url: (path = '/') => urlOf(place, path) };
}

async function texts(page: Page): Promise<string[]> {
  return page.locator('td:first-child').allInnerTexts();
}

t.test('every link leads to the file of that name', { skip }, async (t) => {
  const { page, troubles, url } = await site(t);
  await page.goto(url());
  const hrefs = await page.evaluate<string[]>("[...document.querySelectorAll('td:first-child a')].map((link) => link.href)");
  const seen = new Set<string>();
  for (const href of hrefs.filter((href) => !href.endsWith('/'))) {
    const answer = await page.request.get(href);
    t.equal(answer.status(), 200, href);
    seen.add((await answer.body()).toString('latin1'));
  }
  t.strictSame([...seen].sort(), [...NAMES].sort(), 'each one once');
  t.strictSame(troubles, [], 'nor does the policy refuse anything of the page');
  t.equal(await page.locator('img, script').count(), 0, 'no name became an element');
});

t.test('a click on a name opens it', { skip }, async (t) => {
  const { page, url } = await site(t);
  for (const [text, body] of [['javascript:alert(1).txt', 'javascript:alert(1).txt'], ['100%.txt', '100%.txt'], ['a?b#c.txt', 'a?b#c.txt']] as const) {
    await page.goto(url());
    await page.getByRole('link', { name: text, exact: true }).click();
    await page.waitForURL((now) => now.pathname !== '/');
    t.equal(await page.locator('body').innerText(), body);
  }
});

t.test('orders, by links', { skip }, async (t) => {
  const { page, url } = await site(t);
  await page.goto(url('/sub%20dir/'));
  t.strictSame(await texts(page), ['..', 'deep:er', 'big.bin', 'small.bin']);
  await page.getByRole('link', { name: 'Size' }).click();
  t.equal(page.url(), url('/sub%20dir/?sort=size&order=desc'));
  t.strictSame(await texts(page), ['..', 'deep:er', 'big.bin', 'small.bin']);
  t.equal(await page.getByRole('columnheader', { name: 'Size' }).getAttribute('aria-sort'), 'descending');
  await page.getByRole('link', { name: 'Size' }).click();
  t.strictSame(await texts(page), ['..', 'deep:er', 'small.bin', 'big.bin']);
  await page.getByRole('link', { name: 'Modified' }).click();
  t.equal(page.url(), url('/sub%20dir/?sort=date&order=desc'));
  await page.getByRole('link', { name: 'Name' }).click();
  await page.getByRole('link', { name: 'Name' }).click();
  t.strictSame(await texts(page), ['..', 'deep:er', 'small.bin', 'big.bin']);
  t.match(await page.locator('data').first().getAttribute('title'), '1 byte');
});

t.test('down and up again', { skip }, async (t) => {
  const { page, url } = await site(t, { javaScriptEnabled: false });
  await page.goto(url());
  await page.getByRole('link', { name: 'sub dir' }).click();
  await page.getByRole('link', { name: 'deep:er' }).click();
  t.equal(page.url(), url('/sub%20dir/deep%3Aer/'));
  t.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'deep:er');
  t.match(await page.locator('header').innerText(), 'This folder is empty.');
  await page.getByRole('link', { name: '..', exact: true }).click();
  t.equal(page.url(), url('/sub%20dir/'));
  await page.getByRole('navigation').getByRole('link', { name: '/' }).click();
  t.equal(page.url(), url());
  t.equal(await page.getByRole('link', { name: '..', exact: true }).count(), 0, 'the root has no way up');
  await page.goto(url('//sub%20dir//deep:er/'));
  await page.getByRole('navigation').getByRole('link', { name: 'sub dir' }).click();
  t.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'sub dir', 'doubled slashes are climbed over');
});

t.test('by keyboard alone', { skip }, async (t) => {
  const { page, url } = await site(t);
  await page.goto(url('/sub%20dir/'));
  const walked: string[] = [];
  for (let i = 0; i < 8; ++i) {
    await page.keyboard.press('Tab');
    walked.push(await page.locator(':focus').innerText());
    t.equal(await styleOf(page, ':focus', 'outline-style'), 'solid', `${walked.at(-1)!} is seen to have the focus`);
  }
  t.strictSame(walked.map((text) => text.replace(/ .$/, '').trim()), ['/', 'Name', 'Size', 'Modified (UTC)', '..', 'deep:er', 'big.bin', 'small.bin']);
  for (let i = 0; i < 2; ++i) await page.keyboard.press('Shift+Tab');
  await Promise.all([page.waitForURL(url('/sub%20dir/deep%3Aer/')), page.keyboard.press('Enter')]);
  t.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'deep:er');
});

t.test('light and dark, wide and narrow', { skip }, async (t) => {
  const papers = new Set<string>();
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1280, 375, 320]) {
      const { page, url } = await site(t, { colorScheme, viewport: { width, height: 800 } });
      await page.goto(url());
      papers.add(await styleOf(page, 'html', 'background-color'));
      t.notOk(await overflows(page), `${colorScheme}, ${width} pixels: nothing is cut off`);
      const box = await page.getByRole('link', { name: 'a.txt', exact: true }).boundingBox();
      t.ok(box!.height >= 40, `a row to touch is ${box!.height} pixels high`);
      t.equal((await page.locator('time span').first().isVisible()), width > 576, 'the hour where there is room');
    }
  }
  t.equal(papers.size, 2, 'the policy lets the style through');
});
