// The matcher and its index against regular expressions made from the patterns, which are slow and can be trusted: Cloudflare's
// own definition of a match is one.
import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { parseHeaders } from '../../server/rules/headers.ts';
import { matchPattern, parsePattern, type Pattern } from '../../server/rules/pattern.ts';
import { PatternIndex } from '../../server/rules/pattern-index.ts';
import { canonical } from '../../server/rules/percent.ts';
import { parseRedirects } from '../../server/rules/redirects.ts';
import { RequestPath } from '../../server/rules/request-path.ts';

const segment = fc.string({ unit: fc.constantFrom('a', 'b', '-'), minLength: 1, maxLength: 4 });
const path = fc.array(segment, { maxLength: 4 }).map((segments) => `/${segments.join('/')}`);
const part = fc.constantFrom('a', 'b', '-', ':', '*');
const patternText = fc.array(fc.array(part, { minLength: 1, maxLength: 4 }), { maxLength: 4 }).map((segments) => {
  let names = 0;
  return `/${segments.map((parts) => parts.map((one) => (one === ':' ? `:N${names++}` : one)).join('').replaceAll(/(:N\d)(?=[ab])/g, '$1-')).join('/')}`;
});

function patternOf(text: string): Pattern | undefined {
  const pattern = parsePattern(text);
  return typeof pattern === 'string' ? undefined : pattern;
}

function oracleOf(text: string): RegExp {
  const source = text.replaceAll(/:(N\d)/g, '(?<$1>[^/]+)').replace('*', '(?<splat>.*)');
  return new RegExp(`^${source}$`);
}

t.test('a pattern matches what its regular expression matches, with the same captures', (t) => {
  let matched = 0;
  fc.assert(fc.property(patternText, path, (text, requested) => {
    const pattern = patternOf(text);
    fc.pre(pattern !== undefined);
    const oracle = oracleOf(text);
    // The one thing that is wider: "/x/*" is for "/x".
    const found = oracle.exec(requested) ?? (text.endsWith('/*') ? oracle.exec(`${requested}/`) : null);
    const captures = matchPattern(pattern, RequestPath.of(requested)!, undefined);
    const values = captures && Object.fromEntries([...captures].map(([name, { value }]) => [name, value]));
    assert.deepEqual(values, found ? { ...found.groups } : undefined);
    if (found) matched++;
  }), { numRuns: 20_000 });
  t.ok(matched > 500, `${matched} matched`);
  t.end();
});

t.test('the index leaves none out, and the first of the file is found', (t) => {
  let found = 0;
  fc.assert(fc.property(fc.array(patternText, { minLength: 1, maxLength: 30 }), path, (texts, requested) => {
    const request = RequestPath.of(requested)!;
    const first = texts.findIndex((text) => {
      const pattern = patternOf(text);
      return pattern && matchPattern(pattern, request, undefined);
    });
    const { rules } = parseRedirects(texts.map((text) => `${text} /target`).join('\n'), 'f');
    assert.equal(rules.match({ path: requested, query: '', host: undefined })?.line, first < 0 ? undefined : first + 1);
    if (first >= 0) found++;
  }), { numRuns: 2_000 });
  t.ok(found > 200, `${found} were found`);
  t.end();
});

t.test('a canonical path is its own canonical path, and what was received is all there', (t) => {
  const odd = fc.string({ unit: fc.constantFrom('a', '%', '2', 'F', 'f', '4', '1', '/', '\\', '.', '?', ' ', '\xe9', '\0'), maxLength: 20 });
  fc.assert(fc.property(odd, (text) => {
    const once = canonical(`/${text}`).text;
    assert.equal(canonical(once).text, once);
    assert.match(once, /^[!-~]+$/);
    const request = RequestPath.of(`/${text}`)!;
    assert.equal(request.text, once);
    assert.equal(request.received(0, once.length), `/${text}`);
    request.segments.forEach((one, i) => assert.equal(canonical(request.received(request.starts[i]!, request.starts[i]! + one.length)).text, one));
  }), { numRuns: 5_000 });
  t.end();
});

/** How many patterns are compared with one path. */
function comparisons(patterns: readonly string[], requested: string, host?: string): number {
  const index = new PatternIndex();
  patterns.forEach((text, i) => index.add(patternOf(text)!, i));
  return index.candidates(RequestPath.of(requested)!, host, () => '').flat().length;
}

t.test('10,000 patterns, and only those that can match are compared', (t) => {
  const numbers = Array.from({ length: 10_000 }, (_, i) => i);
  const shapes: [name: string, pattern: (i: number) => string, asked: string, host?: string][] = [
    ['plain paths', (i) => `/old/page-${i}`, '/old/page-5000'],
    ['first segments', (i) => `/${i}/*`, '/5000/x'],
    ['deep segments', (i) => `/docs/v1/en/${i}/:page`, '/docs/v1/en/5000/x'],
    ['behind a placeholder', (i) => `/:lang/docs/${i}`, '/en/docs/5000'],
    ['hosts', (i) => `https://host-${i}.example/*`, '/x', 'host-5000.example'],
    ['nothing that matches', (i) => `/${i}/*`, '/x/y'],
  ];
  for (const [name, pattern, asked, host] of shapes) t.ok(comparisons(numbers.map(pattern), asked, host) <= 1, name);
  t.equal(comparisons(numbers.map((i) => `/*/${i}`), '/a/5'), 10_000, 'where the first segment is anything, all are');
  t.end();
});

t.test('10,000 redirects with fixed parameters for one path', (t) => {
  const { rules, problems } = parseRedirects(Array.from({ length: 10_000 }, (_, i) => `/index.php p=${i} /posts/${i} 301!`).join('\n'), 'f');
  t.strictSame(problems, []);
  t.match(rules.match({ path: '/index.php', query: '?p=9999', host: undefined }), { kind: 'redirect', location: '/posts/9999', line: 10_000 });
  t.equal(rules.match({ path: '/index.php', query: '?p=10000', host: undefined }), undefined);
  t.end();
});

t.test('large and strange input ends', (t) => {
  const long = 'a'.repeat(16_000);
  const lines = [
    `/${'a/'.repeat(8_000)} /b`, `/${'%'.repeat(16_000)} /b`, `/a ${'x=1 '.repeat(4_000)}/b`, `/${':'.repeat(16_000)} /b`,
    `/:a${'-:b'.repeat(5_000)} /b`, `/a ${'/'.repeat(16_000)}`, `/a /b ${'!'.repeat(16_000)}`, `https://${'a.'.repeat(8_000)}b/ /b`,
    `/a https://${':a.'.repeat(5_000)}b/`, `/x-:a${'a'.repeat(8_000)}:b /b`, `/a /${'\ud800'.repeat(4_000)}`, `/a ${'&'.repeat(16_000)}=1 /b`,
  ];
  const { rules } = parseRedirects(lines.join('\n'), 'f');
  for (const requested of [`/${'a/'.repeat(8_000)}`, `/x-${long}`, `/${'/'.repeat(16_000)}`, `/${'%61'.repeat(5_000)}`, `/${'%'.repeat(16_000)}`]) {
    for (const host of [undefined, 'a.'.repeat(8_000), ':'.repeat(16_000)]) {
      const match = rules.match({ path: requested, query: `?${'&='.repeat(8_000)}`, host });
      t.ok(match === undefined || match.line > 0, requested.slice(0, 10));
    }
  }
  const headers = parseHeaders(lines.map((line) => `${line}\nX-A: ${':a'.repeat(5_000)}`).join('\n'), 'f');
  t.ok(headers.problems.length > 0);
  t.type(headers.rules.fieldsFor(`/${long}`, long).length, 'number');
  t.end();
});

t.test('bytes that are no file at all', (t) => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), fc.webPath(), (bytes, requested) => {
    const text = Buffer.from(bytes).toString('utf8');
    const redirects = parseRedirects(text, 'f');
    const headers = parseHeaders(text, 'f');
    redirects.rules.match({ path: `/${requested}`, query: '', host: 'h' });
    for (const change of headers.rules.fieldsFor(`/${requested}`, 'h')) assert.ok('detach' in change || change.value !== '');
    assert.ok(redirects.problems.every(({ line }) => line > 0 && line <= text.split('\n').length));
  }), { numRuns: 2_000 });
  t.end();
});
