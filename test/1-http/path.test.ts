import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { canonicalDirectoryLocation, resolvePath } from '../../http/path.ts';

const found: [rawPath: string, path: string, directory: boolean][] = [
  ['/', '', true],
  ['//', '', true],
  ['///', '', true],
  ['/a', 'a', false],
  ['/a/', 'a', true],
  ['/a/b.html', 'a/b.html', false],
  ['//a', 'a', false],
  ['/a//b', 'a/b', false],
  ['/a//', 'a', true],
  ['/a.b.c', 'a.b.c', false],
  ['/a./b..', 'a./b..', false],
  ['/a...', 'a...', false],
  ['/%41', 'A', false],
  ['/%c3%a9', '\xc3\xa9', false],
  ['/%e9', '\xe9', false],
  ['/%ff%fe', '\xff\xfe', false],
  ['/%20%0a%01%7f', ' \n\x01\x7f', false],
  ['/%25', '%', false],
  ['/%2541', '%41', false],
  ['/%252e%252e/x', '%2e%2e/x', false],
  ['/a%3fb%23c', 'a?b#c', false],
  ['/a%2eb', 'a.b', false],
  ['/a%2e', 'a.', false],
  ['/%61//%62/', 'a/b', true],
  ['/.well-known', '.well-known', false],
  ['/.well-known/', '.well-known', true],
  ['/.well-known/acme-challenge/x', '.well-known/acme-challenge/x', false],
  ['//.well-known/x', '.well-known/x', false],
  ['/%2Ewell-known/x', '.well-known/x', false],
  ["/~a!$&'()*+,;=:@|^{}`\"<>[]", "~a!$&'()*+,;=:@|^{}`\"<>[]", false],
  [`/${'a'.repeat(255)}`, 'a'.repeat(255), false],
  [`/${'%61'.repeat(255)}`, 'a'.repeat(255), false],
  [`/${'a/'.repeat(2_047)}b`, `${'a/'.repeat(2_047)}b`, false],
];

const refused: [rawPath: string, status: number][] = [
  ['', 404],
  ['a', 404],
  ['*', 404],
  ['\\a', 404],
  ['/%', 400],
  ['/%4', 400],
  ['/%4g', 400],
  ['/%g4', 400],
  ['/%%41', 400],
  ['/%u0041', 400],
  ['/%-1', 400],
  ['/% 1', 400],
  ['/a%', 400],
  ['/a%2', 400],
  ['/../%zz', 400],
  ['/\0%', 400],
  ['/.', 404],
  ['/..', 404],
  ['/./', 404],
  ['/../', 404],
  ['/a/.', 404],
  ['/a/..', 404],
  ['/a/../b', 404],
  ['/a/./b', 404],
  ['/../../etc/passwd', 404],
  ['/%2e', 404],
  ['/%2e%2e', 404],
  ['/.%2e/x', 404],
  ['/%2E./x', 404],
  ['/a/%2e%2e/b', 404],
  ['/%2e%2e%2fx', 404],
  ['/a%2fb', 404],
  ['/a%2Fb', 404],
  ['/%2f', 404],
  ['/%2fetc', 404],
  ['/a\\b', 404],
  ['/..\\x', 404],
  ['/a%5cb', 404],
  ['/%5C', 404],
  ['/\0', 404],
  ['/a\0b', 404],
  ['/%00', 404],
  ['/a.html%00.png', 404],
  ['/\u20ac', 404],
  ['/.git', 404],
  ['/.git/config', 404],
  ['/a/.env', 404],
  ['/.htaccess', 404],
  ['/...', 404],
  ['/%2egit', 404],
  ['//.git', 404],
  ['/a//.git', 404],
  ['/.well-known/.git', 404],
  ['/.well-known/..', 404],
  ['/.well-knownx', 404],
  ['/.well-know', 404],
  ['/.Well-Known', 404],
  ['/a/.well-known', 404],
  [`/${'a'.repeat(256)}`, 404],
  [`/x/${'a'.repeat(256)}/y`, 404],
  [`/${'%61'.repeat(256)}`, 404],
  [`/${'a/'.repeat(2_047)}bc`, 404],
  [`/${'a/'.repeat(4_000)}b`, 404],
];

t.test('paths of files', (t) => {
  for (const [rawPath, path, directory] of found) t.same(resolvePath(rawPath, false), { path, directory }, rawPath.slice(0, 60));
  t.end();
});

t.test('paths of nothing', (t) => {
  for (const [rawPath, status] of refused) t.equal(resolvePath(rawPath, false), status, JSON.stringify(rawPath.slice(0, 60)));
  t.end();
});

t.test('dotfiles where they are allowed, dot segments never', (t) => {
  for (const name of ['.git', '...', '.well-known', '..a', '.a.']) {
    t.same(resolvePath(`/a/${name}`, true), { path: `a/${name}`, directory: false });
    t.same(resolvePath(`/%61/${name}/`, true), { path: `a/${name}`, directory: true });
  }
  for (const name of ['.', '..', '%2e', '%2e.', '.%2E']) {
    t.equal(resolvePath(`/${name}`, true), 404);
    t.equal(resolvePath(`/a/${name}/b`, true), 404);
  }
  t.end();
});

const pieces = fc.constantFrom('/', '//', '.', '..', '%2e', '%2f', '%5c', '\\', '%00', '\0', '%', '%25', '%c0%ae', 'a', '.well-known', '%41', '\xff', 'b'.repeat(250), ' ', '~');
const rawPaths = fc.oneof(fc.string().map((text) => `/${text}`), fc.array(pieces, { maxLength: 12 }).map((list) => `/${list.join('')}`), fc.string());

t.test('whatever is asked: a safe relative path, or a status', (t) => {
  let resolved = 0;
  fc.assert(
    fc.property(rawPaths, fc.boolean(), (rawPath, allowDotfiles) => {
      const result = resolvePath(rawPath, allowDotfiles);
      if (typeof result === 'number') {
        assert.ok(result === 400 || result === 404);
        return;
      }
      resolved++;
      const { path } = result;
      assert.ok(!path.startsWith('/') && !path.endsWith('/') && !path.includes('//') && path.length < 4_096);
      assert.doesNotMatch(path, /[\0\\]|[^\0-\xff]/);
      for (const segment of path.split('/')) {
        assert.ok(segment !== '.' && segment !== '..' && segment.length <= 255);
        if (!allowDotfiles && segment.startsWith('.')) assert.ok(segment === '.well-known' && path.startsWith('.well-known'));
      }
    }),
    { numRuns: 5_000 },
  );
  t.ok(resolved > 500, `${resolved} of them were resolved`);
  t.end();
});

t.test('every name of bytes can be asked for', (t) => {
  const name = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => [...bytes].filter((byte) => byte !== 0 && byte !== 0x2f && byte !== 0x5c));
  fc.assert(
    fc.property(name, (bytes) => {
      const text = String.fromCharCode(...bytes);
      if (text === '' || text === '.' || text === '..') return;
      const encoded = bytes.map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
      assert.deepEqual(resolvePath(`/${encoded}/`, true), { path: text, directory: true });
    }),
  );
  t.end();
});

t.test('where a directory is', (t) => {
  const rows: [rawPath: string, query: string, location: string][] = [
    ['/a', '', '/a/'],
    ['/a', '?b=c', '/a/?b=c'],
    ['/a', '?', '/a/?'],
    ['/a/b', '', '/a/b/'],
    ['/a/', '', '/a/'],
    ['/', '', '/'],
    ['//evil.example', '', '/evil.example/'],
    ['///evil.example//x', '?//y', '/evil.example/x/?//y'],
    ['/\\evil.example', '', '/%5Cevil.example/'],
    ['\\\\evil.example', '', '/%5C%5Cevil.example/'],
    ['/\t/evil.example', '', '/%09/evil.example/'],
    ['/%2f%2fevil', '', '/%2f%2fevil/'],
    ['/a\r\nSet-Cookie: x', '?\r\ny', '/a%0D%0ASet-Cookie:%20x/?%0D%0Ay'],
    ['/\xe9?#', '?\xe9#', '/%E9%3F%23/?%E9%23'],
    ['evil', '', '/evil/'],
    ['http://evil', '', '/http:/evil/'],
  ];
  for (const [rawPath, query, location] of rows) t.equal(canonicalDirectoryLocation(rawPath, query), location, JSON.stringify(rawPath));
  t.end();
});

t.test('a location never leaves the site', (t) => {
  const latin1 = fc.uint8Array({ maxLength: 20 }).map((bytes) => String.fromCharCode(...bytes));
  const odd = fc.stringMatching(/^[/\\.\t:@?#a]{0,12}$/);
  fc.assert(
    fc.property(fc.oneof(latin1, odd), fc.oneof(latin1, odd), (rawPath, query) => {
      const location = canonicalDirectoryLocation(rawPath, query === '' ? '' : `?${query}`);
      assert.match(location, /^\/(?![/\\])[!-~]*$/);
      assert.equal(new URL(location, 'http://site.example').host, 'site.example');
      assert.equal(new URL(location, 'http://site.example').hash, '');
    }),
    { numRuns: 2_000 },
  );
  t.end();
});
