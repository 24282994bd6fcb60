// Frames of HTTP/2 in pieces: cut anywhere, they are the same frames.
import t from 'tap';
import { FRAME_BYTES_MAX, FRAME_SIZE_ERROR, FrameReader, PROTOCOL_ERROR, putFrameHead } from '../../http/frames.ts';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Uint8Array {
  const head = new Uint8Array(9);
  putFrameHead(head, 0, payload.length, type, flags, stream);
  return Buffer.concat([head, payload]);
}

const frames = [frame(4, 0, 0, new Uint8Array(0)), frame(1, 5, 1, Buffer.from('head')), frame(0, 1, 2 ** 31 - 1, Buffer.from('some content')), frame(99, 255, 3, new Uint8Array(300).fill(7)), frame(6, 0, 0, new Uint8Array(8))];
const all = Buffer.concat([PREFACE, ...frames]);

function read(pieces: readonly Uint8Array[]): string[] {
  const seen: string[] = [];
  const reader = new FrameReader((type, flags, stream, bytes, start, end) => seen.push(`${type} ${flags} ${stream} ${Buffer.from(bytes.subarray(start, end)).toString('latin1')}`) > 0);
  for (const piece of pieces) if (reader.feed(Buffer.concat([Buffer.from('x'), piece, Buffer.from('y')]), 1, 1 + piece.length) !== 0) seen.push('failed');
  return seen;
}

t.test('cut in two at every offset, and byte by byte', (t) => {
  const whole = read([all]);
  t.equal(whole.length, frames.length);
  let wrong = 0;
  for (let at = 0; at <= all.length; ++at) if (read([all.subarray(0, at), all.subarray(at)]).join('\n') !== whole.join('\n')) wrong += 1;
  t.equal(wrong, 0);
  t.strictSame(read([...all].map((byte) => Uint8Array.of(byte))), whole);
  t.strictSame(read([all.subarray(0, 30), all.subarray(30, 40), all.subarray(40, 41), all.subarray(41)]), whole);
  t.end();
});

t.test('the largest, and larger', (t) => {
  const largest = Buffer.concat([PREFACE, frame(0, 0, 1, new Uint8Array(FRAME_BYTES_MAX))]);
  t.equal(read([largest]).length, 1);
  t.equal(read([largest.subarray(0, 40), largest.subarray(40)]).length, 1);
  const larger = Buffer.concat([PREFACE, frame(0, 0, 1, new Uint8Array(FRAME_BYTES_MAX + 1))]);
  for (const cut of [larger.length, 24, 26, 33, 40]) {
    const reader = new FrameReader(() => true);
    const codes = [reader.feed(larger, 0, cut), reader.feed(larger, cut, larger.length)];
    t.ok(codes.includes(FRAME_SIZE_ERROR), `cut at ${cut}`);
  }
  t.end();
});

t.test('another preface', (t) => {
  for (let at = 0; at < PREFACE.length; ++at) {
    const other = Buffer.from(PREFACE);
    other[at]! ^= 1;
    t.equal(new FrameReader(() => true).feed(other, 0, other.length), PROTOCOL_ERROR, `byte ${at}`);
  }
  t.end();
});

t.test('who has seen enough is shown no more', (t) => {
  let seen = 0;
  const reader = new FrameReader(() => ++seen < 2);
  t.equal(reader.feed(all, 0, all.length), 0);
  t.equal(seen, 2);
  t.end();
});
