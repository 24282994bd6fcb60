import fc from 'fast-check';
import t from 'tap';
import { latin1Bytes } from '../../http/latin1.ts';
import { headLimits, RequestHead } from '../../http/head.ts';
import { PartialHead } from '../../http/partial-head.ts';
import { acceptedRequests } from './accepted-requests.ts';
import { refusedRequests } from './refused-requests.ts';
import { piecesOf } from './split.ts';

interface Arrival {
  result: number;
  parses: number;
  partial: PartialHead;
}

/** Feeds the pieces as the loop does: parse when told to, stop when decided. */
function arrive(pieces: readonly Uint8Array[]): Arrival {
  const head = new RequestHead();
  const partial = new PartialHead();
  let parses = 0;
  for (const piece of pieces) {
    if (!partial.append(piece, 0, piece.length)) continue;
    parses++;
    const result = head.parse(partial.bytes, 0, partial.length);
    if (result !== 0) return { result, parses, partial };
  }
  return { result: 0, parses, partial };
}

const rows = [...acceptedRequests, ...refusedRequests].map(([, text]) => text);

t.test('any split of a head gives the same result, once an LF has come', (t) => {
  const head = new RequestHead();
  fc.assert(
    fc.property(fc.constantFrom(...rows), fc.array(fc.nat(20_000), { maxLength: 12 }), (text, cuts) => {
      const bytes = latin1Bytes(`${text}\r\n`);
      const whole = head.parse(bytes, 0, bytes.length);
      return arrive(piecesOf(bytes, cuts)).result === whole;
    }),
    { numRuns: 2_000 },
  );
  t.end();
});

t.test('a head that drips byte by byte is parsed about a hundred times', (t) => {
  const lines = `GET / HTTP/1.1\r\nHost: h\r\n${`X: ${'v'.repeat(150)}\r\n`.repeat(99)}\r\n`;
  const bytes = latin1Bytes(lines);
  const { result, parses } = arrive(Array.from(bytes, (byte) => Uint8Array.of(byte)));
  t.equal(result, bytes.length);
  t.ok(parses <= 112, `${parses} parses`);
  t.end();
});

t.test('what never sends an LF is refused at the limits', (t) => {
  const drip = (text: string): Arrival => arrive(Array.from(latin1Bytes(text), (byte) => Uint8Array.of(byte)));
  const target = drip(`GET /${'a'.repeat(20_000)}`);
  t.ok(target.result < 0);
  t.ok(target.partial.length < 8_192 + 2_060, 'not long after the target is too long');
  const field = drip(`GET / HTTP/1.1\r\nX: ${'a'.repeat(20_000)}`);
  t.equal(field.partial.length, headLimits.headBytesMax + 1);
  t.ok(field.result < 0 && field.parses < 16);
  const odd = drip(`GET / HTTP/1.1\r\nX: \0${'a'.repeat(20_000)}`);
  t.ok(odd.result < 0 && odd.partial.length < 2_100, 'a bad byte is found soon');
  t.end();
});

t.test('pieces are copied, from the given range only', (t) => {
  const partial = new PartialHead();
  const received = latin1Bytes('xxGET \nyy');
  t.equal(partial.append(received, 2, 6), false, 'the LF behind the range is not seen');
  received.fill(0);
  t.same(Buffer.from(partial.bytes.subarray(0, partial.length)).toString(), 'GET ');
  t.equal(partial.append(latin1Bytes('/\r\n'), 0, 3), true);
  t.equal(partial.append(latin1Bytes('H'), 0, 1), false);
  t.equal(partial.length, 8);
  partial.reset();
  t.equal(partial.length, 0);
  t.equal(partial.bytes.length, 0, 'no memory is held');
  t.end();
});

t.test('without an LF: every 2048 bytes, counted anew for each head', (t) => {
  const partial = new PartialHead();
  const fill = new Uint8Array(4_096).fill(0x61);
  for (let k = 0; k < 2; k++) {
    t.equal(partial.append(fill, 0, 2_047), false);
    t.equal(partial.append(fill, 0, 1), true);
    t.equal(partial.append(fill, 0, 2_047), false);
    t.equal(partial.append(fill, 0, 2_000), true);
    partial.reset();
  }
  t.end();
});

t.test('one byte beyond the limit is looked at', (t) => {
  const partial = new PartialHead(100);
  const fill = new Uint8Array(100).fill(0x61);
  t.equal(partial.append(fill, 0, 100), false);
  t.equal(partial.append(fill, 0, 1), true);
  t.end();
});
