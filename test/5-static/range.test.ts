// Ranges: the table on ten bytes, the same on files of every tier of memory, If-Range, and what never changes.
import { randomBytes } from 'node:crypto';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ask, type Reply } from '../client.ts';
import { serve } from '../serving.ts';
import { partsOf } from './multipart.ts';
import { rangeCases } from './range-cases.ts';

const TEN = '0123456789';

/** The ranges that a reply carries, as text; 'all' or 'none'. */
function outcomeOf(t: Test, reply: Reply): 'all' | 'none' | string[] {
  if (reply.status === 200) return reply.body.toString() === TEN ? 'all' : [`200 with ${reply.body.toString()}`];
  if (reply.status === 416) {
    t.equal(reply.fields.get('content-range'), `bytes */${TEN.length}`);
    return 'none';
  }
  t.equal(reply.status, 206);
  const range = /^bytes (\d+)-(\d+)\/10$/.exec(reply.fields.get('content-range') ?? '');
  if (range) {
    t.equal(reply.body.toString(), TEN.slice(Number(range[1]), Number(range[2]) + 1), 'Content-Range is true');
    return [reply.body.toString()];
  }
  return partsOf(reply).map((part) => {
    t.equal(part.bytes.toString(), TEN.slice(part.first, part.last + 1), 'Content-Range of the part is true');
    t.equal(part.type, 'text/plain; charset=utf-8');
    t.equal(part.size, 10);
    return part.bytes.toString();
  });
}

t.test('the table', async (t) => {
  const { place } = await serve(t, { root: t.testdir({ 'ten.txt': TEN }) });
  const plain = await ask(place, '/ten.txt');
  t.equal(plain.fields.get('accept-ranges'), 'bytes');
  t.ok(rangeCases.length >= 75, `${rangeCases.length} rows`);
  for (const [value, outcome] of rangeCases) {
    const reply = await ask(place, '/ten.txt', { fields: { Range: value } });
    t.strictSame(outcomeOf(t, reply), outcome, JSON.stringify(value.slice(0, 60)));
    if (reply.status !== 416) t.equal(reply.fields.get('etag'), plain.fields.get('etag'), 'with the tag');
    if (reply.status === 206) t.equal(reply.fields.get('last-modified'), plain.fields.get('last-modified'), 'and the date');
  }
});

t.test('HEAD, other methods and what is no file have no ranges', async (t) => {
  const { place } = await serve(t, { root: t.testdir({ 'ten.txt': TEN, dir: { 'index.html': TEN } }) });
  const fields = { Range: 'bytes=0-1' };
  const head = await ask(place, '/ten.txt', { method: 'HEAD', fields });
  t.equal(`${head.status} ${head.fields.get('content-length')!}`, '200 10', 'HEAD: RFC 9110 §14.2');
  t.equal((await ask(place, '/ten.txt', { method: 'POST', fields })).status, 405);
  t.equal((await ask(place, '/no', { fields })).status, 404);
  t.equal((await ask(place, '/dir', { fields })).status, 301);
  t.equal((await ask(place, '/dir/', { fields })).body.toString(), '01', 'an index has');
});

t.test('an empty file', async (t) => {
  const { place } = await serve(t, { root: t.testdir({ 'empty.txt': '' }) });
  for (const [value, status] of [['bytes=0-', 416], ['bytes=0-0', 416], ['bytes=-1', 200], ['bytes=-0', 416], ['bytes=x', 200]] as const) {
    const reply = await ask(place, '/empty.txt', { fields: { Range: value } });
    t.equal(reply.status, status, value);
    if (status === 416) t.equal(reply.fields.get('content-range'), 'bytes */0');
  }
});

t.test('If-Range', async (t) => {
  const root = t.testdir({ 'ten.txt': TEN, 'young.txt': TEN });
  utimesSync(join(root, 'ten.txt'), 1_577_836_800, 1_577_836_800);
  const { place } = await serve(t, { root });
  const etag = (await ask(place, '/ten.txt')).fields.get('etag')!;
  const rows: [string, number][] = [
    [etag, 206], [`W/${etag}`, 200], ['"other"', 200], ['*', 200], [`${etag}, ${etag}`, 200], ['', 200], [etag.slice(1, -1), 200],
    ['Wed, 01 Jan 2020 00:00:00 GMT', 206], ['Wed, 01 Jan 2020 00:00:01 GMT', 200], ['Tue, 31 Dec 2019 23:59:59 GMT', 200],
    ['Wed Jan  1 00:00:00 2020', 206], ['Wednesday, 01-Jan-20 00:00:00 GMT', 206], ['not a date', 200],
  ];
  for (const [value, status] of rows) {
    t.equal((await ask(place, '/ten.txt', { fields: { Range: 'bytes=2-3', 'If-Range': value } })).status, status, value);
  }
  t.equal((await ask(place, '/ten.txt', { fields: { 'If-Range': etag } })).status, 200, 'without a Range it says nothing');
  t.equal((await ask(place, '/ten.txt', { fields: { Range: 'bytes=99-', 'If-Range': '"other"' } })).status, 200, 'an outdated one is no 416');
  t.equal((await ask(place, '/ten.txt', { fields: { Range: 'bytes=2-3', 'If-None-Match': etag } })).status, 304, 'step 3 comes before step 5');
  t.equal((await ask(place, '/ten.txt', { fields: { Range: 'bytes=2-3', 'If-Match': '"other"' } })).status, 412, 'and step 1');
  const young = (await ask(place, '/young.txt')).fields.get('last-modified');
  if (young === new Date().toUTCString()) t.equal((await ask(place, '/young.txt', { fields: { Range: 'bytes=2-3', 'If-Range': young } })).status, 200, 'a date of this second is weak');
});

t.test('every tier of memory', async (t) => {
  const root = t.testdir({});
  const sizes = { 'arena.bin': 40_000, 'hashed.bin': 700_001, 'large.bin': 5_000_003 };
  const { place, server } = await serve(t, { root, guard: { privateMaxBytes: 1 << 20 }, arena: { fileBytesMax: 1 << 16 } });
  for (const [name, size] of Object.entries(sizes)) {
    const body = randomBytes(size);
    writeFileSync(join(root, name), body);
    t.ok((await ask(place, `/${name}`)).body.equals(body), `${name}, all of it`);
    for (let i = 0; i < 40; ++i) {
      const first = Math.floor(Math.random() * size);
      const last = first + Math.floor(Math.random() * (size - first));
      const reply = await ask(place, `/${name}`, { fields: { Range: `bytes=${first}-${last}` } });
      if (reply.status !== 206 || !reply.body.equals(body.subarray(first, last + 1))) t.fail(`${name} ${first}-${last}: ${reply.status}`);
    }
    for (let i = 0; i < 15; ++i) {
      const step = Math.floor(size / 31);
      const ranges = Array.from({ length: 2 + (i % 29) }, (_, k) => [k * step, k * step + Math.floor(Math.random() * (step - 2))] as const);
      const reply = await ask(place, `/${name}`, { fields: { Range: `bytes=${ranges.map(([a, b]) => `${a}-${b}`).join(', ')}` } });
      const parts = partsOf(reply);
      t.strictSame(parts.map(({ first, last }) => [first, last]), ranges, `${name}: ${ranges.length} parts`);
      t.ok(parts.every(({ first, last, bytes }) => bytes.equals(body.subarray(first, last + 1))), 'byte for byte');
    }
  }
  const { bytesArena, bytesSendfile, bytesCopied } = await server.counts();
  t.ok(bytesArena! > 40_000 && bytesSendfile! + bytesCopied! > 5_000_000, 'both ways out were used');
});
