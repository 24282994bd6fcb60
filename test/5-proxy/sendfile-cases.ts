import type { Says } from '../5-cache/told-origin.ts';

export interface SendfileCase {
  readonly why: string;
  /** `{root}` is the folder of the files. */
  readonly says: Says;
  readonly method?: string;
  readonly path?: string;
  readonly lines?: readonly string[];
  readonly status: number;
  readonly body?: string;
  /** Null: no such field. */
  readonly has?: Readonly<Record<string, string | null>>;
}

const accel = (path: string, ...others: readonly string[]): Says => ({ fields: [`X-Accel-Redirect: ${path}`, ...others] });
const sendfile = (path: string, ...others: readonly string[]): Says => ({ fields: [`X-Sendfile: ${path}`, ...others] });

export const sendfileCases: readonly SendfileCase[] = [
  // What leads to a file.
  { why: 'a path below the root', says: accel('/file.txt'), status: 200, body: '0123456789', has: { 'content-length': '10', 'accept-ranges': 'bytes', 'content-type': 'text/plain; charset=utf-8' } },
  { why: 'deeper', says: accel('/sub/other.txt'), status: 200, body: 'other' },
  { why: 'an empty file', says: accel('/empty.txt'), status: 200, body: '', has: { 'content-length': '0' } },
  { why: 'percent-encoded, as a request is', says: accel('/a%20b%2520%23%3F.txt'), status: 200, body: 'odd' },
  { why: 'bytes that are no ASCII', says: accel('/Ã¼.txt'), status: 200, body: 'umlaut' },
  { why: 'the same, encoded', says: accel('/%C3%BC.txt'), status: 200, body: 'umlaut' },
  { why: 'a query is nothing to a file', says: accel('/file.txt?token=1'), status: 200, body: '0123456789' },
  { why: 'in any case of the name', says: { fields: ['x-ACCEL-redirect: /file.txt'] }, status: 200, body: '0123456789' },
  { why: 'the path of the file system', says: sendfile('{root}/file.txt'), status: 200, body: '0123456789' },
  { why: 'which is not encoded', says: sendfile('{root}/a b%20#?.txt'), status: 200, body: 'odd' },
  { why: 'the first of both kinds', says: accel('/file.txt', 'X-Sendfile: {root}/page.html'), status: 200, body: '0123456789' },
  { why: 'the body of the origin is nobody\'s', says: { ...accel('/file.txt'), body: 'of the origin' }, status: 200, body: '0123456789' },
  { why: 'of unknown length, too', says: { ...accel('/file.txt'), body: 'of the origin', how: 'chunked' }, status: 200, body: '0123456789' },
  // What does not.
  { why: 'no such file', says: accel('/missing.txt'), status: 404, has: { 'cache-control': 'no-store' } },
  { why: 'a page without its extension is another name', says: accel('/page'), status: 404 },
  { why: 'a folder', says: accel('/sub'), status: 404, has: { location: null } },
  { why: 'a folder without an index', says: accel('/sub/'), status: 404 },
  { why: 'above the root', says: accel('/../outside.txt'), status: 404 },
  { why: 'above the root, encoded', says: accel('/%2e%2e/outside.txt'), status: 404 },
  { why: 'a link that leads out', says: accel('/link.txt'), status: 404 },
  { why: 'a name with a dot', says: accel('/.hidden'), status: 404 },
  { why: 'malformed encoding', says: accel('/%zz'), status: 404 },
  { why: 'no path', says: accel('file.txt'), status: 404 },
  { why: 'nothing', says: accel(''), status: 404 },
  { why: 'a named location', says: accel('@files'), status: 404 },
  { why: 'another host', says: accel('http://example.com/file.txt'), status: 404 },
  { why: 'longer than any path', says: accel(`/${'x'.repeat(12_000)}`), status: 404 },
  { why: 'a path that is not below the root', says: sendfile('/etc/passwd'), status: 404 },
  { why: 'beside the root', says: sendfile('{root}-other/file.txt'), status: 404 },
  { why: 'the root itself', says: sendfile('{root}'), status: 404 },
  { why: 'out of the root', says: sendfile('{root}/../outside.txt'), status: 404 },
  // What is kept of the origin's answer.
  {
    why: 'type, disposition, caching and cookies of the origin',
    says: accel('/file.txt', 'Content-Type: application/x-own', 'Content-Disposition: attachment; filename="a"', 'Cache-Control: private, max-age=5', 'Set-Cookie: a=b', 'Expires: 0', 'Access-Control-Allow-Origin: *'),
    status: 200,
    body: '0123456789',
    has: {
      'content-type': 'application/x-own', 'content-disposition': 'attachment; filename="a"', 'cache-control': 'private, max-age=5', 'set-cookie': 'a=b', expires: '0',
      'access-control-allow-origin': '*',
    },
  },
  {
    why: 'not what describes its body',
    says: { ...accel('/file.txt', 'Content-Encoding: gzip', 'Accept-Ranges: none', 'Repr-Digest: sha-256=:AAAA:', 'Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT', 'Age: 7', 'X-Accel-Expires: 3'), body: 'zz' },
    status: 200,
    body: '0123456789',
    has: { 'content-encoding': null, 'accept-ranges': 'bytes', age: null, 'content-length': '10' },
  },
  { why: 'no rules of a site', says: accel('/file.txt'), status: 200, has: { 'x-rule': null } },
  { why: 'a status that is no success stays', says: { ...accel('/page.html', 'Content-Type: text/html'), status: 403 }, status: 403, body: '<p>page', has: { 'content-type': 'text/html' } },
  { why: 'over the whole file', says: { ...accel('/file.txt'), status: 410 }, lines: ['Range: bytes=0-1', 'If-None-Match: *'], status: 410, body: '0123456789' },
  { why: 'a success becomes the file\'s', says: { ...accel('/file.txt'), status: 201 }, status: 200, body: '0123456789' },
  { why: 'without content, too', says: { ...accel('/file.txt'), status: 204 }, status: 200, body: '0123456789' },
  // Ranges and conditions.
  { why: 'a range', says: accel('/file.txt', 'Content-Type: a/b'), lines: ['Range: bytes=3-5'], status: 206, body: '345', has: { 'content-range': 'bytes 3-5/10', 'content-type': 'a/b' } },
  { why: 'a range beyond the end', says: accel('/file.txt'), lines: ['Range: bytes=10-'], status: 416, has: { 'content-range': 'bytes */10' } },
  { why: 'any version', says: accel('/file.txt', 'Content-Type: a/b', 'Set-Cookie: a=b'), lines: ['If-None-Match: *'], status: 304, has: { 'set-cookie': 'a=b', 'content-type': null } },
  // Methods.
  { why: 'HEAD', says: accel('/file.txt', 'Content-Type: a/b'), method: 'HEAD', status: 200, body: '', has: { 'content-length': '10', 'content-type': 'a/b' } },
  { why: 'POST is answered with the file, too', says: accel('/file.txt'), method: 'POST', lines: ['Content-Length: 0', 'Range: bytes=0-1'], status: 200, body: '0123456789' },
];
