// What the storm counts as wrong, from made-up answers: a storm that finds nothing must have been able to find it.
import t from 'tap';
import { FILES, lengthOf, type StormFile } from '../../bench/storm/content.ts';
import { Response } from '../../bench/storm/response.ts';
import { tornOf, Witness, type Asked, type Tally } from '../../bench/storm/witness.ts';

const FILE = FILES[1]!;
const OTHER = FILES[0]!;

/** The word that writer.c writes; the storm compares the two at the start of each row. */
function word({ number }: StormFile, version: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(version, 0);
  bytes.writeUInt16LE(number, 4);
  bytes.writeUInt16LE((Math.imul(version, 40503) ^ Math.imul(number, 25173) ^ 0x5ca1) & 0xffff, 6);
  return bytes;
}

function content(version: number, file = FILE): Buffer {
  return Buffer.alloc(lengthOf(file.bytes, version), word(file, version));
}

interface Made {
  readonly body: Buffer;
  readonly status?: number;
  readonly etag?: string;
  readonly fields?: string;
}

function answer({ body, status = 200, etag = '"a"', fields = '' }: Made): Buffer {
  return Buffer.concat([Buffer.from(`HTTP/1.1 ${status} X\r\nContent-Length: ${body.length}\r\nETag: ${etag}\r\n${fields}\r\n`), body]);
}

function asked(over: Partial<Asked> = {}): Asked {
  return { file: FILE, range: null, pace: 'fast', atMs: 1000, newest: new Uint32Array(FILES.length), ...over };
}

/** Judges the answers in turn, each pushed in chunks of `chunkBytes`. */
function judged(answers: readonly Made[], how: { asked?: Asked; chunkBytes?: number; emptyIsVersion?: boolean } = {}): Tally {
  const witness = new Witness(how.emptyIsVersion ?? false);
  for (const made of answers) {
    const response = new Response();
    const bytes = answer(made);
    const step = how.chunkBytes ?? bytes.length;
    for (let at = 0; at < bytes.length; at += step) response.push(bytes.subarray(at, at + step));
    witness.judge(how.asked ?? asked(), response);
  }
  return witness.tally;
}

function part(version: number, first: number, last: number, complete = lengthOf(FILE.bytes, version)): Made {
  return { status: 206, body: content(version).subarray(first, last + 1), fields: `Content-Range: bytes ${first}-${last}/${complete}\r\n` };
}

function summary(tally: Tally): Record<string, number> {
  return { completed: tally.completed, torn: tornOf(tally), wrongLength: tally.wrongLength, wrongValidator: tally.wrongValidator };
}

const WHOLE = { completed: 1, torn: 0, wrongLength: 0, wrongValidator: 0 };

t.test('whole bodies, however they are cut', (t) => {
  for (const chunkBytes of [1, 3, 7, 8, 9, 64, 1000, 65_536]) t.same(summary(judged([{ body: content(5) }], { chunkBytes })), WHOLE, `chunks of ${chunkBytes}`);
  for (const first of [0, 1, 7, 8, 1001]) {
    t.same(summary(judged([part(5, first, 30_000)], { asked: asked({ range: { first, last: 30_000 } }), chunkBytes: 777 })), WHOLE, `a range from ${first}`);
  }
  t.end();
});

t.test('one byte of another version, anywhere, in any chunk', (t) => {
  let seen = 0;
  const whole = content(5);
  for (const at of [0, 1, 8, 9, 999, 1000, 1007, 1008, 4096, whole.length - 8, whole.length - 1]) {
    for (const chunkBytes of [1, 8, 1000, 65_536, whole.length * 2]) {
      const body = Buffer.from(whole);
      body.writeUInt8(whole.readUInt8(at) ^ 1, at);
      const tally = judged([{ body }], { chunkBytes });
      seen += tornOf(tally);
      t.equal(tornOf(tally), 1, `byte ${at} in chunks of ${chunkBytes}`);
    }
  }
  t.equal(seen, 55);
  t.end();
});

t.test('torn in other ways', (t) => {
  t.equal(judged([{ body: content(5).subarray(0, 16_384) }]).torn.half, 1, 'a length that no version has');
  t.equal(judged([{ body: content(5, OTHER) }]).torn.foreign, 1, "another file's version");
  t.equal(judged([{ body: Buffer.alloc(FILE.bytes) }]).torn.foreign, 1, 'zeros');
  t.equal(judged([{ body: Buffer.alloc(0) }]).torn.empty, 1, 'an empty file that a writer has open');
  t.equal(judged([{ body: Buffer.alloc(0) }], { emptyIsVersion: true }).empties, 1, 'an empty file that is a version');
  t.equal(judged([{ status: 416, body: Buffer.alloc(0), fields: 'Content-Range: bytes */0\r\n' }]).torn.empty, 1, 'a 416 for a range that every version has');
  const short = asked({ range: { first: 0, last: 30_000 } });
  t.equal(judged([part(5, 0, 16_383, 16_384)], { asked: short }).torn.half, 1, 'a range cut short by the end of a half-written file');
  t.end();
});

t.test('lengths', (t) => {
  const range = asked({ range: { first: 10, last: 30_000 } });
  t.equal(judged([part(5, 10, 29_999)], { asked: range }).wrongLength, 1, 'a shorter range than was asked for');
  t.equal(judged([part(5, 11, 30_000)], { asked: range }).wrongLength, 1, 'another range than was asked for');
  const cut = { ...part(5, 10, 30_000), body: content(5).subarray(10, 30_000) };
  t.equal(judged([cut], { asked: range }).wrongLength, 1, 'a Content-Length that is not that of the range');
  t.throws(() => {
    const response = new Response();
    response.push(Buffer.from('more bytes of a body\r\n\r\n'));
  }, /no status line/, 'bytes of a body where a head should be');
  const response = new Response();
  t.equal(response.push(Buffer.concat([answer({ body: content(5) }), Buffer.from('xyz')])), 3, 'bytes after the end are left over');
  t.end();
});

t.test('validators', (t) => {
  t.equal(judged([{ body: content(5) }, { body: content(6) }]).wrongValidator, 1, 'one ETag, two versions');
  t.equal(judged([{ body: content(5) }, { body: content(6), etag: '"b"' }]).wrongValidator, 0, 'two ETags, two versions');
  t.not(lengthOf(FILE.bytes, 5), lengthOf(FILE.bytes, 6), 'the lengths of two versions differ');
  const under = Buffer.alloc(lengthOf(FILE.bytes, 6), word(FILE, 5));
  t.equal(judged([{ body: under }]).wrongValidator, 1, "a version under another's Content-Length");
  const range = asked({ range: { first: 0, last: 1000 } });
  t.equal(judged([part(5, 0, 1000, lengthOf(FILE.bytes, 6))], { asked: range }).wrongValidator, 1, "a range of a version under another's complete length");
  t.end();
});

t.test('older versions, and what is no file', (t) => {
  const one = asked();
  t.same(judged([{ body: content(6) }, { body: content(5), etag: '"b"' }], { asked: one }).older, [{ file: FILE.number, newest: 6, atMs: 1000 }]);
  t.same(summary(judged([{ status: 503, body: Buffer.from('later') }])), { ...WHOLE, completed: 0 }, 'a 503 is no answer');
  t.end();
});
