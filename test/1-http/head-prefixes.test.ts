import fc from 'fast-check';
import t from 'tap';
import { RequestHead } from '../../http/head.ts';
import { latin1Bytes } from '../../http/latin1.ts';
import { refusals } from '../../http/refusal.ts';
import { acceptedRequests } from './accepted-requests.ts';
import { parse } from './heads.ts';
import { refusedRequests } from './refused-requests.ts';

t.test('every prefix is incomplete, or refused as the whole is', (t) => {
  const head = new RequestHead();
  for (const [name, text] of [...acceptedRequests, ...refusedRequests]) {
    const bytes = latin1Bytes(text);
    const whole = head.parse(bytes, 0, bytes.length);
    // The long rows in steps: every prefix of all of them would be 10 GB of parsing.
    const step = text.length > 2_000 ? 97 : 1;
    const failures: string[] = [];
    let refused = false;
    for (let end = 0; end < text.length; end += step) {
      const result = head.parse(bytes, 0, end);
      if (result !== 0 && result !== whole) failures.push(`${end}: ${result}`);
      if (refused && result === 0) failures.push(`${end}: refused before, not any more`);
      refused = result < 0;
    }
    t.same(failures, [], name);
  }
  t.end();
});

t.test('a prefix that ends with its array', (t) => {
  const head = new RequestHead();
  for (const [name, text] of [...acceptedRequests, ...refusedRequests]) {
    const bytes = latin1Bytes(text);
    const failures: number[] = [];
    for (let end = 0; end < Math.min(text.length, 200); end++) {
      const whole = head.parse(bytes, 0, end);
      if (head.parse(bytes.slice(0, end), 0, end) !== whole) failures.push(end);
      const exact = new Uint8Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + end));
      if (head.parse(exact, 0, end) !== whole) failures.push(end);
    }
    t.same(failures, [], name);
  }
  t.end();
});

t.test('a refusal comes with the byte that shows it', (t) => {
  const heads = [
    ' ', '\n', '\rx', '\r\n\r\n', 'G\0', 'GE\rx', 'GET  ', 'GET /\x01', 'GET /#', 'GET /\rx', 'GET /a HTTX', 'GET / HTTP/2.0', 'GET / HTTP/1.1 ',
    'GET / HTTP/1.1\rx', 'GET / HTTP/1.1\n', 'GET x HTTP/1.1\r\n', 'GET / HTTP/1.1\r\n ', 'GET / HTTP/1.1\r\nX ', 'GET / HTTP/1.1\r\nX\0',
    'GET / HTTP/1.1\r\n:', 'GET / HTTP/1.1\r\nX: \x7f', 'GET / HTTP/1.1\r\nX: a\n', 'GET / HTTP/1.1\r\nX: a\rx', 'GET / HTTP/1.1\r\nTE:\n',
    'GET / HTTP/1.1\r\nHost: \t\r\n', 'GET / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 1\r\n', 'GET / HTTP/1.1\r\n\rx', 'M'.repeat(65), `GET /${'a'.repeat(8192)}`,
  ];
  for (const text of heads) {
    t.ok(parse(text) < 0, JSON.stringify(text.slice(0, 60)));
    t.equal(parse(text.slice(0, -1)), 0, `${JSON.stringify(text.slice(0, 60))} without its last byte`);
  }
  t.end();
});

t.test('what lies around a head does not change it', (t) => {
  const head = new RequestHead();
  for (const [name, text, facts] of acceptedRequests) {
    const before = 'GET /before HTTP/1.1\r\n';
    const bytes = latin1Bytes(`${before}${text}\n\0: \r\r`);
    t.equal(head.parse(bytes, before.length, bytes.length), before.length + text.length, name);
    t.equal(head.path, facts.path, `${name}: path`);
    t.equal(head.authority, facts.authority, `${name}: authority`);
  }
  t.end();
});

t.test('one byte changed to anything: never an exception, never past the end, prefixes agree', (t) => {
  const head = new RequestHead();
  const short = acceptedRequests.filter(([, text]) => text.length < 200).map(([, text]) => text);
  const change = fc.tuple(fc.constantFrom(...short), fc.nat(), fc.nat(255));
  fc.assert(
    fc.property(change, ([text, position, byte]) => {
      const bytes = latin1Bytes(text);
      bytes[position % bytes.length] = byte;
      const whole = head.parse(bytes, 0, bytes.length);
      if (whole > bytes.length || (whole < 0 && refusals[-whole] === undefined)) return false;
      for (let end = 0; end < bytes.length; end++) {
        const result = head.parse(bytes, 0, end);
        if (result !== 0 && result !== whole) return false;
      }
      return true;
    }),
    { numRuns: 2_000 },
  );
  t.end();
});
