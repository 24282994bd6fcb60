import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { cacheControlOf, carriesHash, type CachingOptions } from '../../server/static/caching.ts';
import { freshFiles, hashedNames, otherNames } from './caching-cases.ts';

const unset: CachingOptions = { maxAgeS: undefined, immutable: false };
const hour: CachingOptions = { maxAgeS: 3600, immutable: false };
const forever = 'public, max-age=31536000, immutable';

t.test('names that carry a hash', (t) => {
  for (const name of hashedNames) t.equal(carriesHash(name), true, name);
  t.ok(hashedNames.length >= 60, `${hashedNames.length} names`);
  t.end();
});

t.test('names that do not', (t) => {
  for (const name of otherNames) t.equal(carriesHash(name), false, JSON.stringify(name));
  t.ok(otherNames.length >= 60, `${otherNames.length} names`);
  t.end();
});

t.test('the first slash makes no difference', (t) => {
  for (const name of [...hashedNames, ...otherNames]) {
    if (!name.startsWith('/')) t.equal(carriesHash(`/${name}`), carriesHash(name), `/${name}`);
  }
  t.end();
});

t.test('what is asked for again each time, whatever the options and the name', (t) => {
  for (const [path, type] of freshFiles) {
    for (const options of [unset, hour, { maxAgeS: 60, immutable: true }]) t.equal(cacheControlOf(path, type, options), 'no-cache', path);
  }
  t.end();
});

t.test('the options', (t) => {
  const type = 'text/javascript; charset=utf-8';
  for (const options of [unset, hour, { maxAgeS: 0, immutable: true }]) t.equal(cacheControlOf('/assets/index-BsKq1Z8a.js', type, options), forever);
  t.equal(cacheControlOf('/app.js', type, unset), undefined);
  t.equal(cacheControlOf('/app.js', type, { maxAgeS: undefined, immutable: true }), undefined, 'immutable says nothing without a lifetime');
  t.equal(cacheControlOf('/app.js', type, hour), 'public, max-age=3600');
  t.equal(cacheControlOf('/app.js', type, { maxAgeS: 0, immutable: false }), 'public, max-age=0');
  t.equal(cacheControlOf('/app.js', type, { maxAgeS: 3600, immutable: true }), 'public, max-age=3600, immutable');
  t.equal(cacheControlOf('/my-sw.jsx', 'text/plain', unset), undefined);
  t.equal(cacheControlOf('/answer.js', type, unset), undefined, 'a word that ends like a service worker');
  t.equal(cacheControlOf('/text/html', 'application/octet-stream', unset), undefined);
  t.end();
});

t.test('hashes of real bytes: nearly all of each generator’s are found', (t) => {
  const rows: [name: string, encoding: 'hex' | 'base64url', length: number, before: string, after: string, percent: number][] = [
    ['webpack', 'hex', 8, 'main.', '.js', 90],
    ['webpack, a picture', 'hex', 20, 'logo.', '.png', 95],
    ['Next.js', 'hex', 16, 'page-', '.js', 95],
    ['Django', 'hex', 12, 'base.', '.png', 90],
    ['MD5', 'hex', 32, 'logo.', '.svg', 90],
    ['SHA-256', 'hex', 64, 'application-', '.css', 99],
    ['Vite, index', 'base64url', 8, 'assets/index-', '.js', 85],
    ['Vite, a chunk', 'base64url', 8, 'assets/About-', '.js', 80],
    ['Vite, a picture', 'base64url', 8, 'assets/logo-', '.png', 50],
  ];
  for (const [name, encoding, length, before, after, percent] of rows) {
    const hashes = Array.from({ length: 2_000 }, (_, k) => createHash('sha512').update(`${name} ${k}`).digest(encoding).slice(0, length));
    const found = hashes.filter((hash) => carriesHash(before + hash + after)).length;
    t.ok(found >= hashes.length * percent / 100, `${name}: ${found / 20} %, at least ${percent} %`);
  }
  t.end();
});

t.test('words, numbers and what is made of them are no hash', (t) => {
  const words = ['dark', 'mode', 'home', 'page', 'user', 'list', 'semi', 'bold', 'light', 'script', 'photo', 'image', 'final', 'version', 'report', 'strong'];
  const word = fc.constantFrom(...words);
  const capital = word.map((text) => text[0]!.toUpperCase() + text.slice(1));
  const number = fc.nat(2_030).map(String);
  const phrase = fc.oneof(
    fc.array(word, { minLength: 1, maxLength: 4 }).map((all) => all.join('-')),
    fc.array(capital, { minLength: 1, maxLength: 4 }).map((all) => all.join('')),
    fc.tuple(word, fc.array(capital, { maxLength: 3 })).map(([first, rest]) => first + rest.join('')),
    word.map((text) => text.toUpperCase()),
  );
  const name = fc.oneof(
    phrase,
    fc.tuple(phrase, number).map((all) => all.join('-')),
    fc.tuple(phrase, number).map((all) => all.join('')),
    fc.tuple(number, phrase).map((all) => all.join('-')),
    fc.tuple(phrase, fc.nat({ max: 99_999_999_999 })).map((all) => all.join('_')),
  );
  const folder = fc.constantFrom('', 'js/', 'images/', 'static/', 'assets/');
  const extension = fc.constantFrom('.js', '.css', '.png', '.min.js', '.woff2', '.pdf');
  fc.assert(
    fc.property(folder, fc.constantFrom('', 'my-', 'lib.', 'jquery.'), name, extension, (place, before, text, after) => {
      assert.equal(carriesHash(place + before + text + after), false, place + before + text + after);
    }),
    { numRuns: 5_000 },
  );
  t.end();
});

t.test('any text', (t) => {
  const noise = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.stringMatching(/^[a-fA-F0-9._/-]{0,40}$/));
  fc.assert(
    fc.property(noise, (text) => {
      assert.equal(typeof carriesHash(text), 'boolean');
      assert.equal(carriesHash(`${text}.html`), false);
      assert.equal(cacheControlOf(text, 'text/html', hour), 'no-cache');
    }),
    { numRuns: 2_000 },
  );
  for (const part of ['a-', 'a.', 'a', '0', '/', 'assets/', '-', '.', 'aB1', 'js.']) {
    t.equal(carriesHash(`${part.repeat(100_000)}-BsKq1Z8a.js`), part.endsWith('/') , `${part} many times`);
  }
  t.end();
});
