// Listings: names as bytes, as text and as links; orders; the page and the JSON. Pure: no server, no directory.
import { createHash } from 'node:crypto';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { resolvePath } from '../../http/path.ts';
import { LISTING_POLICY, listingPage } from '../../server/static/listing-page.ts';
import { DEFAULT_ORDER, listingJson, orderOf, type ListedName } from '../../server/static/listing.ts';
import { dateCases, linkCases, nameOrderCases, orderCases, pathCases, sizeCases, textCases } from './listing-cases.ts';

const MODIFIED_MS = Date.UTC(2026, 10, 22, 18, 14, 5);

function listed(name: string, more: Partial<ListedName> = {}): ListedName {
  return { name, kind: 'file', size: 1, modifiedMs: MODIFIED_MS, ...more };
}

interface JsonName {
  readonly name: string;
  readonly href: string;
  readonly kind: string;
  readonly size: number | null;
  readonly modified: string | null;
}

function json(names: readonly ListedName[], path = '/', truncated = false): { path: string; truncated: boolean; names: JsonName[] } {
  return JSON.parse(listingJson(path, names, truncated)) as ReturnType<typeof json>;
}

/** What a tag of the page may be: whatever a name brings in that looks like another one has broken out. */
const TAG = /^<(?:!doctype html|\/?(?:html|head|title|style|body|header|nav|ol|li|h1|p|main|table|thead|tbody|tr|td|bdi|span|footer|a|th|data|time)|html lang="en"|meta [^<>]*|nav aria-label="Folders above"|bdi class="folder"|th scope="col"(?: aria-sort="(?:a|de)scending")?|a href="(?:\.\.?\/|\?)[0-9A-Za-z._~%/?&;=-]*"(?: title="[A-Za-z ]+")?|data value="\d+" title="[\d,]+ bytes?"|\/data|time datetime="[\d:TZ-]{20}" title="[\d: UTC-]{23}")>$/;

function tagsOf(page: string): string[] {
  const inner = page.replace(/<style>[^<]*<\/style>/, '');
  assert.equal(inner.replaceAll(/<[^<>]*>/g, '').search(/[<>]/), -1, 'a bracket that is no tag');
  return inner.match(/<[^<>]*>/g) ?? [];
}

/** Texts of the name cells, as escaped, in order. */
function namesOf(page: string): string[] {
  return [...page.matchAll(/<tr><td>(?:<a [^>]*>)?<bdi[^>]*>([^<]*)<\/bdi>/g)].map(([, text]) => text!);
}

function hrefsOf(page: string): string[] {
  return [...page.matchAll(/<tr><td><a href="([^"]*)"><bdi/g)].map(([, href]) => href!);
}

t.test('links', (t) => {
  for (const [name, kind, href] of linkCases) {
    t.equal(json([listed(name, { kind })]).names[0]!.href, href, JSON.stringify(name));
    t.strictSame(hrefsOf(listingPage('/', [listed(name, { kind })], false, '')), kind === 'other' ? [] : [href]);
  }
  t.end();
});

t.test('texts', (t) => {
  for (const [name, html, text] of textCases) {
    t.strictSame(namesOf(listingPage('/', [listed(name)], false, '')), [html], JSON.stringify(name));
    t.equal(json([listed(name)]).names[0]!.name, text);
  }
  t.end();
});

t.test('sizes', (t) => {
  for (const [size, kind, short, exact] of sizeCases) {
    const page = listingPage('/', [listed('x', { size, kind })], false, '');
    const cell = short === '' ? '' : `<data value="${size}" title="${exact}">${short}</data>`;
    t.ok(page.includes(`</td><td>${cell}</td><td>`), `${size} is ${short}`);
    t.equal(json([listed('x', { size, kind })]).names[0]!.size, short === '' ? null : size);
  }
  t.end();
});

t.test('dates', (t) => {
  for (const [modifiedMs, time] of dateCases) {
    const page = listingPage('/', [listed('x', { modifiedMs })], false, '');
    t.equal(/datetime="([^"]*)"/.exec(page)?.[1], time, String(modifiedMs));
    if (time !== undefined) t.ok(page.includes(`>${time.slice(0, 10)}<span> ${time.slice(11, 16)}</span></time>`));
    t.equal(json([listed('x', { modifiedMs })]).names[0]!.modified, time ?? null);
  }
  t.end();
});

t.test('orders of a query', (t) => {
  for (const [query, by, descending] of orderCases) {
    t.strictSame(orderOf(query), { by, descending }, query);
    t.strictSame(orderOf(`?${query}`), { by, descending }, `?${query}`);
  }
  fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (query) => {
    const { by, descending } = orderOf(query);
    return ['name', 'size', 'date'].includes(by) && typeof descending === 'boolean';
  }));
  t.end();
});

t.test('names in order', (t) => {
  for (const names of nameOrderCases) {
    for (const mixed of [names, [...names].reverse()]) t.strictSame(json(mixed.map((name) => listed(name))).names.map(({ name }) => name), names);
  }
  t.end();
});

const various = [
  listed('b', { size: 3, modifiedMs: 2000 }), listed('z', { kind: 'directory', size: 9, modifiedMs: 1000 }), listed('a', { size: 3, modifiedMs: 9000 }),
  listed('y', { kind: 'directory', size: 1, modifiedMs: 5000 }), listed('c', { size: 10, modifiedMs: NaN }), listed('s', { kind: 'other', size: 99, modifiedMs: 1 }),
];

const columns: readonly (readonly [query: string, names: string])[] = [
  ['', 'y z a b c s'], ['?order=desc', 'z y s c b a'], ['?sort=size', 'y z s a b c'], ['?sort=size&order=desc', 'y z c a b s'],
  ['?sort=date', 'z y c s b a'], ['?sort=date&order=desc', 'y z a b s c'], ['?sort=nonsense&order=desc', 'y z a b c s'],
];

t.test('directories first, equal ones by name', (t) => {
  for (const [query, names] of columns) t.equal(namesOf(listingPage('/', various, false, query)).join(' '), names, query);
  t.equal(json(various).names.map(({ name }) => name).join(' '), 'y z a b c s', 'JSON is in the default order');
  t.strictSame(various.map(({ name }) => name).join(' '), 'b z a y c s', 'what was passed in stands as it was');
  t.end();
});

t.test('the heads of the columns lead to the other orders', (t) => {
  const heads = (query: string): string[] => [...listingPage('/', various, false, query).matchAll(/<th[^>]*><a href="([^"]*)">/g)].map(([, href]) => href!.replace('&amp;', '&'));
  t.strictSame(heads(''), ['?sort=name&order=desc', '?sort=size&order=desc', '?sort=date&order=desc']);
  t.strictSame(heads('?sort=size&order=desc'), ['?sort=name&order=asc', '?sort=size&order=asc', '?sort=date&order=desc']);
  t.strictSame(heads('?sort=date'), ['?sort=name&order=asc', '?sort=size&order=desc', '?sort=date&order=desc']);
  t.match(listingPage('/', various, false, '?sort=date'), /<th scope="col" aria-sort="ascending"><a href="\?sort=date/);
  t.equal(listingPage('/', various, false, '?sort=date').match(/ aria-sort="/g)?.length, 1);
  t.end();
});

t.test('the way up', (t) => {
  for (const [path, heading, up, ancestors] of pathCases) {
    const page = listingPage(path, [listed('x')], false, '');
    t.equal(/<h1><bdi>([^<]*)<\/bdi><\/h1>/.exec(page)?.[1], heading, path);
    t.equal(/<a href="([^"]*)" title="The folder above">\.\.</.exec(page)?.[1], up);
    const nav = /<nav[^]*<\/nav>/.exec(page)?.[0] ?? '';
    t.strictSame([...nav.matchAll(/href="([^"]*)"/g)].map(([, href]) => href), ancestors);
    for (const href of ancestors) t.equal(new URL(href, `http://site${path}`).host, 'site', 'never to another host');
  }
  t.end();
});

t.test('a path of thousands of folders', (t) => {
  const page = listingPage(`/${'a/'.repeat(4000)}`, [], false, '');
  t.ok(page.length < 100_000, `${page.length} characters`);
  t.equal(/<nav[^]*<\/nav>/.exec(page)![0].match(/<li>/g)?.length, 10, 'the root, an ellipsis, the nearest eight');
  t.match(page, '<li>…</li>');
  t.end();
});

t.test('what it says beside the names', (t) => {
  const file = (count: number): ListedName[] => Array.from({ length: count }, (_, i) => listed(String(i)));
  t.match(listingPage('/', [...file(2), listed('d', { kind: 'directory' })], false, ''), '<p>1 folder, 2 files</p>');
  t.match(listingPage('/', file(1), false, ''), '<p>1 file</p>');
  t.match(listingPage('/', [], false, ''), '<p>This folder is empty.</p>');
  t.notMatch(listingPage('/', [], false, ''), '<table>');
  t.match(listingPage('/a/', [], false, ''), '<a href="../" title="The folder above">..</a>', 'an empty folder has a way up');
  t.match(listingPage('/', file(5), true, ''), 'There are more names in this folder than the 5 shown here.');
  t.notMatch(listingPage('/', file(5), false, ''), 'There are more');
  t.strictSame([json(file(1), '/a%20b/', true).path, json([], '/', true).truncated, json([], '/').truncated], ['/a%20b/', true, false]);
  t.strictSame(json([]).names, []);
  t.end();
});

t.test('the policy allows this very style, and no script', (t) => {
  const style = /<style>([^]*?)<\/style>/.exec(listingPage('/', [], false, ''))![1]!;
  t.ok(LISTING_POLICY.includes(`style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`));
  t.match(LISTING_POLICY, /^default-src 'none';/);
  t.notMatch(LISTING_POLICY, /unsafe|script-src|\*|[\r\n]/);
  const page = listingPage('/a/', various, true, '');
  t.notMatch(page, /<script|<link|<img|\son\w+=|\sstyle=|https?:/);
  t.match(page, '<meta name="viewport" content="width=device-width, initial-scale=1">');
  t.match(page, /^<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">/);
  t.end();
});

/** Names that a directory can hold (no NUL, no slash) and that are asked for by their bytes (no backslash, see http/path.ts). */
const fileNames = fc.uint8Array({ minLength: 1, maxLength: 255 })
  .map((bytes) => Buffer.from(bytes).toString('latin1').replaceAll(/[\0/\\]/g, '<'))
  .filter((name) => name !== '.' && name !== '..');
const nasty = fc.constantFrom('<b>', '"><script>', "' onclick='", '&amp;', '--> ', '</title>', '</style>', '\xe2\x80\xae', '\xe2\x81\xa9', '%2e%2e', '?', '#', ':', '\r\n', '\x1b[2J', '\xff');
const hostileNames = fc.oneof(fileNames, fc.array(nasty, { minLength: 1, maxLength: 20 }).map((parts) => parts.join('').replaceAll('/', '!')));

t.test('every name is a link to itself, in the page and in JSON', (t) => {
  fc.assert(fc.property(hostileNames, fc.constantFrom('/', '/a/', '//x/', '/a%20b/%ff/'), (name, path) => {
    const kind = name.length % 2 === 0 ? 'file' : 'directory';
    for (const href of [hrefsOf(listingPage(path, [listed(name, { kind })], false, ''))[0]!, json([listed(name, { kind })], path).names[0]!.href]) {
      const url = new URL(href, `http://site${path}`);
      assert.equal(url.host + url.search + url.hash, 'site');
      const folder = resolvePath(path, true) as { path: string };
      const below = folder.path === '' ? name : `${folder.path}/${name}`;
      assert.deepEqual(resolvePath(url.pathname, true), { path: below, directory: kind === 'directory' });
    }
  }), { numRuns: 500 });
  t.pass('500 names');
  t.end();
});

t.test('no name, path or query breaks out of the page', (t) => {
  const segment = fc.oneof(nasty, fc.constantFrom('%3Cscript%3E', '%22', '%E2%80%AE', '%00', '%', 'a')).map((text) => text.replaceAll(/[^\x21-\x7e]|\//g, ''));
  const paths = fc.array(segment, { maxLength: 12 }).map((segments) => `/${segments.map((one) => `${one}/`).join('')}`);
  const kind = fc.constantFrom<ListedName['kind'][]>('file', 'directory', 'other');
  const names = fc.array(fc.record({ name: hostileNames, kind, size: fc.double(), modifiedMs: fc.double() }), { maxLength: 5 });
  fc.assert(fc.property(paths, names, fc.boolean(), fc.string(), (path, list, truncated, query) => {
    const whole = list.map((one) => ({ ...one, size: (Math.trunc(one.size) % 2 ** 53) + 0 }));
    const page = listingPage(path, whole, truncated, query);
    for (const tag of tagsOf(page)) assert.match(tag, TAG);
    assert.doesNotMatch(page, /[\0-\x09\x0b-\x1f\x7f-\x9f\ud800-\udfff]/u);
    JSON.parse(listingJson(path, whole, truncated));
  }), { numRuns: 300 });
  t.pass('300 listings');
  t.end();
});

t.test('ten thousand names', (t) => {
  const names = Array.from({ length: 10_000 }, (_, i) => listed(`${'1a'.repeat(120)}${i}`, { size: i, modifiedMs: i * 1e9 }));
  const page = listingPage('/', names, true, '?sort=name&order=desc');
  t.equal(namesOf(page).length, 10_000);
  t.equal(json(names).names.length, 10_000);
  t.strictSame(DEFAULT_ORDER, { by: 'name', descending: false });
  t.end();
});
