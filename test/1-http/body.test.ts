import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { RequestBody } from '../../http/body.ts';
import { latin1Bytes, latin1Text } from '../../http/latin1.ts';
import { refusals } from '../../http/refusal.ts';
import { acceptedRequests } from './accepted-requests.ts';
import { refusedBodies } from './refused-bodies.ts';
import { piecesOf } from './split.ts';

interface Outcome {
  payload: string;
  consumed: number;
  done: boolean;
  error: number;
  received: number;
}

function feed(body: RequestBody, pieces: readonly Uint8Array[]): Outcome {
  let payload = '';
  let consumed = 0;
  body.onData = (bytes, start, end) => {
    payload += latin1Text(bytes, start, end);
  };
  for (const piece of pieces) {
    const offset = body.feed(piece, 0, piece.length);
    consumed += offset;
    if (offset < piece.length) break;
  }
  return { payload, consumed, done: body.done, error: body.error, received: body.received };
}

function chunked(text: string, cuts: readonly number[] = []): Outcome {
  const body = new RequestBody();
  body.begin(-1, true);
  return feed(body, piecesOf(latin1Bytes(text), cuts));
}

t.test('bodies of the accepted requests', (t) => {
  for (const [name, , facts] of acceptedRequests) {
    const body = new RequestBody();
    body.begin(facts.contentLength ?? -1, facts.chunked ?? false);
    t.equal(body.done, facts.body === undefined, `${name}: nothing to come`);
    const text = facts.body ?? '';
    const outcome = feed(body, [latin1Bytes(`${text}GET / HTTP/1.1\r\n`)]);
    t.equal(outcome.consumed, text.length, `${name}: ends where it ends`);
    t.ok(outcome.done && outcome.error === 0, name);
    if (facts.chunked !== true) t.equal(outcome.payload, text, `${name}: payload`);
  }
  t.equal(chunked('00a ; x="y;z"\r\n0123456789\r\n0;last\r\nX: 1\r\n\r\n').payload, '0123456789');
  for (const extension of [';x', ' \t;\t x', ';x;y;z', ';x=y', ';x = y ; z', ';x="";y', ';x="a;b=c\\"\\\\ \xe9\t"', ';x\t=\t"y"\t;z', ";!#$%&'*+-.^_`|~=1"]) {
    t.equal(chunked(`a${extension}\r\n0123456789\r\n0${extension}\r\n\r\n`).done, true, `extension ${extension}`);
  }
  t.equal(chunked('aA\r\n' + 'x'.repeat(0xaa) + '\r\n0\r\n\r\n').received, 0xaa, 'hex in both cases');
  t.end();
});

t.test('refused bodies, at any split', (t) => {
  for (const [name, text, refusalName, status] of refusedBodies) {
    const whole = chunked(text);
    t.equal(refusals[whole.error]!.name, refusalName, name);
    t.equal(refusals[whole.error]!.status, status, `${name}: ${status}`);
    const dripped = chunked(text, Array.from({ length: text.length }, (_, k) => k));
    t.same(dripped, whole, `${name}, byte by byte`);
  }
  t.end();
});

t.test('a prefix of a refused body is never done', (t) => {
  for (const [name, text] of refusedBodies) {
    for (let end = 0; end < Math.min(text.length, 300); end++) {
      if (chunked(text.slice(0, end)).done) t.fail(`${name} at ${end}`);
    }
  }
  t.pass('all looked at');
  t.end();
});

const chunks = fc.array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.constantFrom('', ';x', ' ; a = "b"', '\t \t;y')), { maxLength: 8 });
const trailers = fc.array(fc.constantFrom('X: 1\r\n', 'Content-Length: 5\r\n', 'Y:\r\n'), { maxLength: 3 });

t.test('chunked: what was encoded comes out, at any split', (t) => {
  fc.assert(
    fc.property(chunks, trailers, fc.array(fc.nat(600), { maxLength: 10 }), (list, lines, cuts) => {
      const payloads = list.map(([bytes]) => latin1Text(bytes, 0, bytes.length));
      const encoded = list.map(([bytes, extension], k) => `${bytes.length.toString(16)}${extension}\r\n${payloads[k]!}\r\n`);
      const text = `${encoded.join('')}0\r\n${lines.join('')}\r\n`;
      const expected = payloads.join('');
      const outcome = chunked(`${text}0\r\n\r\n`, cuts);
      assert.deepEqual({ ...outcome, consumed: 0 }, { payload: expected, consumed: 0, done: true, error: 0, received: expected.length });
      assert.equal(outcome.consumed, text.length);
      for (let end = 0; end < text.length; end++) assert.equal(chunked(text.slice(0, end)).done, false);
    }),
  );
  t.end();
});

t.test('chunked: one byte changed gives the same at any split', (t) => {
  const text = latin1Bytes('3;a=b\r\nabc\r\nA \t;x\r\n0123456789\r\n0\r\nX: 1\r\n\r\n');
  fc.assert(
    fc.property(fc.nat(text.length - 1), fc.nat(255), fc.array(fc.nat(60), { maxLength: 6 }), (position, byte, cuts) => {
      const bytes = text.slice();
      bytes[position] = byte;
      const changed = latin1Text(bytes, 0, bytes.length);
      assert.deepEqual(chunked(changed, cuts), chunked(changed));
    }),
    { numRuns: 1_000 },
  );
  t.end();
});

t.test('sized: any split', (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 50 }), fc.array(fc.nat(60), { maxLength: 6 }), (bytes, cuts) => {
      const body = new RequestBody();
      body.begin(bytes.length, false);
      const outcome = feed(body, piecesOf(Uint8Array.from([...bytes, 1, 2, 3]), cuts));
      assert.equal(outcome.payload, latin1Text(bytes, 0, bytes.length));
      assert.deepEqual([outcome.consumed, outcome.done, outcome.received], [bytes.length, true, bytes.length]);
    }),
  );
  t.end();
});

t.test('a limit on the payload', (t) => {
  const body = new RequestBody({ bodyBytesMax: 4 });
  const tooLarge = (): string => refusals[body.error]!.name;
  body.begin(4, false);
  t.equal(body.error, 0);
  body.begin(5, false);
  t.equal(tooLarge(), 'content-too-large', 'said at once');
  t.equal(body.feed(latin1Bytes('abcde'), 0, 5), 0, 'nothing is consumed');
  t.notOk(body.done);
  body.begin(-1, true);
  t.equal(feed(body, [latin1Bytes('3\r\nabc\r\n1\r\nd\r\n0\r\n\r\n')]).payload, 'abcd');
  body.begin(-1, true);
  t.equal(feed(body, [latin1Bytes('3\r\nabc\r\n2\r\nde\r\n')]).payload, 'abc');
  t.equal(tooLarge(), 'content-too-large');
  body.begin(-1, true);
  feed(body, [latin1Bytes('1fffffffffffff\r\n')]);
  t.equal(tooLarge(), 'content-too-large');
  t.end();
});

t.test('begins again after a refusal, and feeds from within a buffer', (t) => {
  const body = new RequestBody();
  body.begin(-1, true);
  feed(body, [latin1Bytes('x')]);
  t.not(body.error, 0);
  body.begin(-1, true);
  const bytes = latin1Bytes('xx1\r\na\r\n0\r\n\r\nGET');
  body.onData = undefined;
  t.equal(body.feed(bytes, 2, bytes.length), bytes.length - 3);
  t.ok(body.done);
  t.equal(body.feed(bytes, 0, bytes.length), 0, 'done: takes nothing');
  t.end();
});

t.test('limits on the framing are met to the byte, and begin anew with each body', (t) => {
  const body = new RequestBody({ chunkLineBytesMax: 6, extensionBytesMax: 4, trailerBytesMax: 8 });
  const refusalOf = (text: string): string => {
    body.begin(-1, true);
    return feed(body, [latin1Bytes(text)]).done ? 'none' : refusals[body.error]!.name;
  };
  const chunk = '1;ab\r\nx\r\n';
  for (let k = 0; k < 3; k++) t.equal(refusalOf(`${chunk}${chunk}0\r\nX: 1\r\n\r\n`), 'none');
  t.equal(refusalOf(`1\r\nx\r\n`.repeat(20) + '0\r\n\r\n'), 'none');
  t.equal(refusalOf('1;abc\r\nx\r\n'), 'chunk-line-too-long');
  t.equal(refusalOf('00001\r\n'), 'chunk-line-too-long');
  t.equal(refusalOf(`${chunk}${chunk}0;a\r\n\r\n`), 'chunk-line-too-long', 'extensions of all chunks');
  t.equal(refusalOf('0\r\nX: 12\r\n\r\n'), 'trailers-too-large');
  t.equal(refusalOf('0\r\n\r\n'), 'none');
  t.end();
});

t.test('no body until one begins', (t) => {
  const body = new RequestBody();
  t.same([body.done, body.received, body.error], [true, 0, 0]);
  t.equal(body.feed(latin1Bytes('GET'), 0, 3), 0);
  t.end();
});
