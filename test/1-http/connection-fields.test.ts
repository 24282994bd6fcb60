import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { endToEndRequest, endToEndResponse } from '../../http/connection-fields.ts';
import type { FieldList } from '../../http/response.ts';

function names(fields: FieldList): readonly string[] {
  return fields.map(([name]) => name);
}

t.test('removed whether Connection names them or not', (t) => {
  const both = ['Connection', 'Keep-Alive', 'Proxy-Connection', 'Trailer', 'Transfer-Encoding', 'Upgrade'];
  const request = ['HTTP2-Settings', 'Proxy-Authorization', 'TE'];
  const response = ['Proxy-Authenticate', 'Proxy-Authentication-Info'];
  for (const name of [...both, ...request]) t.strictSame(endToEndRequest([['Host', 'a'], [name, 'x'], ['Y', 'z']]), [['Host', 'a'], ['Y', 'z']], name);
  for (const name of [...both, ...response]) t.strictSame(endToEndResponse([['A', 'b'], [name.toUpperCase(), 'x']]), [['A', 'b']], name);
  for (const name of request) t.strictSame(names(endToEndResponse([[name, 'x']])), [name], `${name} means nothing in a response`);
  for (const name of response) t.strictSame(names(endToEndRequest([[name, 'x']])), [name], `${name} means nothing in a request`);
  t.end();
});

t.test('removed because Connection names them', (t) => {
  const rows: [string[], string[]][] = [
    [['x-a'], ['X-B', 'X-C']],
    [['X-A, x-b'], ['X-C']],
    [[' ,X-A\t,, X-C '], ['X-B']],
    [['x-a', 'close, x-b'], ['X-C']],
    [['close'], ['X-A', 'X-B', 'X-C']],
    [[''], ['X-A', 'X-B', 'X-C']],
    [['"x-a", x-b;x-c, x-a x-b'], ['X-A', 'X-B', 'X-C']],
    [['x-a,"x-b,x-c'], ['X-B']],
    [['x-a-longer, a'], ['X-A', 'X-B', 'X-C']],
  ];
  for (const [lines, kept] of rows) {
    const fields: FieldList = [['X-A', '1'], ...lines.map((line) => ['connection', line] as const), ['X-B', '2'], ['X-C', '3']];
    t.strictSame(names(endToEndRequest(fields)), kept, lines.join(' | '));
    t.strictSame(names(endToEndResponse(fields)), kept, lines.join(' | '));
  }
  t.strictSame(endToEndRequest([['X-A', '1'], ['X-A', '2'], ['Connection', 'x-a'], ['X-a', '3']]), [], 'every line of it');
  t.end();
});

t.test('options that name fields for all recipients are ignored', (t) => {
  const fields = [
    'Host', 'Content-Length', 'Content-Type', 'Content-Encoding', 'Content-Range', 'Authorization', 'Cookie', 'Set-Cookie', 'Cache-Control', 'CDN-Cache-Control',
    'Pragma', 'Expires', 'Age', 'Date', 'ETag', 'Last-Modified', 'Vary', 'Range', 'If-None-Match', 'If-Match', 'If-Range', 'Accept-Encoding', 'Accept-Language',
    'Via', 'Forwarded', 'X-Forwarded-For', 'X-Forwarded-Proto', 'X-Forwarded-Host', 'Cache-Status', 'Location',
  ];
  const list: FieldList = [['Connection', fields.join(', ')], ...fields.map((name) => [name, 'x'] as const)];
  t.strictSame(names(endToEndRequest(list)), fields);
  t.strictSame(names(endToEndResponse(list)), fields);
  t.end();
});

t.test('what is left is as it was: order, case, repetitions, values', (t) => {
  const kept: FieldList = [['set-cookie', 'a=1'], ['SET-COOKIE', 'b=2'], ['__proto__', 'x'], ['constructor', 'y'], ['X', '']];
  t.strictSame(endToEndResponse(kept), kept);
  t.strictSame(endToEndResponse([]), []);
  t.strictSame(names(endToEndResponse([['Connection', '__proto__, constructor'], ...kept])), ['set-cookie', 'SET-COOKIE', 'X']);
  t.end();
});

t.test('many of both', (t) => {
  const fields: FieldList = Array.from({ length: 50_000 }, (_, k) => [`x-${k}`, 'v'] as const);
  t.equal(endToEndRequest([['Connection', names(fields).join()], ...fields]).length, 0);
  t.end();
});

t.test('twice is once, and nothing is added', (t) => {
  const name = fc.constantFrom('Connection', 'X-A', 'X-B', 'Host', 'TE', 'Upgrade', 'Cookie');
  const value = fc.oneof(fc.string(), fc.array(name).map((all) => all.join()));
  fc.assert(
    fc.property(fc.array(fc.tuple(name, value)), (fields) => {
      for (const endToEnd of [endToEndRequest, endToEndResponse]) {
        const once = endToEnd(fields);
        assert.deepEqual(endToEnd(once), once);
        assert.deepEqual(once, fields.filter((field) => once.includes(field)));
      }
    }),
  );
  t.end();
});
