// What was stored is there after a start: at once, with its Age, as whole as it was, and for whom it was.
import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { serve, until } from '../serving.ts';
import { bodyOf } from './made-origin.ts';
import { Storing } from './storing.ts';

const MIB = 1 << 20;

interface AskedOfBody {
  readonly what: string;
  readonly method?: string;
  readonly fields?: (bytes: number, etag: string) => Record<string, string>;
  readonly status: number;
  /** Of all of it; undefined: whatever it is. */
  readonly part?: (body: Buffer) => Buffer;
}

const asked: readonly AskedOfBody[] = [
  { what: 'HEAD', method: 'HEAD', status: 200 },
  { what: 'the first bytes', fields: () => ({ Range: 'bytes=0-99' }), status: 206, part: (body) => body.subarray(0, 100) },
  { what: 'the last bytes', fields: () => ({ Range: 'bytes=-500' }), status: 206, part: (body) => body.subarray(-500) },
  { what: 'two thirds', fields: (bytes) => ({ Range: `bytes=${Math.floor(bytes / 3)}-${bytes - 2}` }), status: 206, part: (body) => body.subarray(Math.floor(body.length / 3), -1) },
  { what: 'what is beyond it', fields: (bytes) => ({ Range: `bytes=${bytes}-` }), status: 416 },
  { what: 'If-Range', fields: (_, etag) => ({ 'Range': 'bytes=7-9', 'If-Range': etag }), status: 206, part: (body) => body.subarray(7, 10) },
  { what: 'If-Range of another', fields: () => ({ 'Range': 'bytes=7-9', 'If-Range': '"z"' }), status: 200, part: (body) => body },
  { what: 'If-None-Match', fields: (_, etag) => ({ 'If-None-Match': etag }), status: 304 },
];

t.test('at once, and with an Age that goes on', async (t) => {
  const storing = await Storing.begin(t);
  const targets = ['/empty?bytes=0', '/small?bytes=1', '/block?bytes=1048576', '/two?bytes=1048577', '/large?bytes=31457280', '/chunked?bytes=20000000&how=chunked', '/gone?status=404', '/moved?status=301'];
  for (const target of targets) t.equal((await storing.get(target)).from, 'uri-miss', target);
  await pause(1100);
  await storing.restart(); // what waits to be written is: nobody waited for it
  for (const target of targets) {
    const { from, ageS, reply } = await storing.get(target);
    t.equal(from, 'hit', target);
    t.ok(ageS !== undefined && ageS >= 1, `${target}: Age ${String(ageS)}`);
    t.equal(reply.fields.get('cache-control'), 'max-age=600');
  }
  t.equal(storing.origin.asked(), targets.length, 'the origin was asked for each of them once');
  const counts = await storing.serving.server.counts();
  t.match(counts, { diskFinds: targets.length, diskLost: 0, diskRefused: 0 });
  await storing.settled();
  t.equal(await storing.count('diskObjects'), targets.length);
  t.equal(storing.bodies().length, targets.length - 1);
});

t.test('whatever is asked of it', async (t) => {
  const storing = await Storing.begin(t);
  const targets = ['/small?bytes=1000&etag=x', '/large?bytes=12000000&etag=y'];
  for (const target of targets) await storing.get(target);
  await storing.settled(); // a client has all of it before it is stored
  // Each is the first that is asked of a body after a start.
  for (const one of asked) {
    await storing.restart();
    for (const target of targets) {
      const bytes = Number(/bytes=(\d+)/.exec(target)![1]);
      const { method = 'GET', fields = () => ({}), status, part } = one;
      const { reply, from } = await storing.get(target, { method, fields: fields(bytes, target.endsWith('x') ? '"x"' : '"y"') });
      t.equal(from, 'hit', `${target}: ${one.what}`);
      t.equal(reply.status, status, `${target}: ${one.what}`);
      if (part) t.ok(reply.body.equals(part(bodyOf(target, bytes))), `${target}: the bytes of ${one.what}`);
      if (method === 'HEAD') t.equal(reply.fields.get('content-length'), String(bytes));
    }
  }
  t.equal(storing.origin.asked(), targets.length);
});

t.test('to whom it was stored for', async (t) => {
  const storing = await Storing.begin(t);
  const target = '/varied?bytes=500&vary=Accept-Language';
  for (const language of ['de', 'fr']) await storing.get(target, { fields: { 'Accept-Language': language } }, bodyOf(target, 500, language));
  const search = '&search=params%3D("b")';
  await storing.get(`/searched?a=1${search}`);
  await storing.restart();
  for (const language of ['de', 'fr']) t.equal((await storing.get(target, { fields: { 'Accept-Language': language } }, bodyOf(target, 500, language))).from, 'hit');
  t.equal((await storing.get(target, { fields: { 'Accept-Language': 'it' } }, bodyOf(target, 500, 'it'))).from, 'vary-miss');
  t.equal((await storing.get(`/searched?a=1${search}`)).from, 'uri-miss', 'which rule a path has is not known any more');
  t.equal((await storing.get(`/searched?b=2&a=1${search}`, {}, bodyOf(`/searched?a=1${search}`, 100))).from, 'hit', 'now it is');
  await storing.restart();
  for (const language of ['de', 'fr', 'it']) t.equal((await storing.get(target, { fields: { 'Accept-Language': language } }, bodyOf(target, 500, language))).from, 'hit');
});

t.test('what has to be validated is, and a 304 renews it on disk', async (t) => {
  const storing = await Storing.begin(t);
  const target = '/checked?bytes=9000000&etag=a';
  await storing.get(target);
  await pause(2100);
  await storing.restart();
  const { from, reply } = await storing.get(target, { fields: { 'Cache-Control': 'no-cache' } });
  const renewedMs = Date.now();
  t.equal(from, 'request');
  t.match(reply.fields.get('cache-status'), /fwd-status=304/);
  await storing.restart();
  const again = await storing.get(target);
  t.equal(again.from, 'hit');
  t.ok(again.ageS! <= Math.ceil((Date.now() - renewedMs) / 1000), `Age ${again.ageS!}`);
  await storing.settled();
  t.equal(storing.bodies().length, 1, 'the body is the one that it was');
  t.equal(storing.heads().length, 1);
});

t.test('what has changed at the origin takes the place of what was there', async (t) => {
  const storing = await Storing.begin(t);
  for (const bytes of [500, 9_000_000]) {
    const target = `/changing-${bytes}?bytes=${bytes}&etag=v&cc=no-cache`;
    for (const version of ['1', '2', '3']) {
      storing.origin.versions.set(`/changing-${bytes}`, version);
      await storing.get(target, {}, bodyOf(target, bytes, version));
      await storing.settled();
      await until(() => storing.bodies().length === (bytes === 500 ? 1 : 2), 'what was replaced to leave the disk');
      await storing.restart();
    }
    t.equal((await storing.get(target, {}, bodyOf(target, bytes, '3'))).from, 'stale');
  }
});

t.test('memory has no room: the disk has', async (t) => {
  const storing = await Storing.begin(t, { cache: { bytesMax: 4 * MIB, objectBytesMax: MIB } });
  const targets = Array.from({ length: 40 }, (_, index) => `/many-${index}?bytes=400000`);
  for (const target of targets) await storing.get(target);
  for (let round = 0; round < 2; ++round) {
    for (const target of targets) t.equal((await storing.get(target)).from, 'hit', target);
    await storing.settled();
  }
  t.equal(storing.origin.asked(), targets.length);
  t.ok((await storing.count('bytes')) <= 4 * MIB);
  t.ok((await storing.count('diskFinds')) > 0);
});

t.test('the disk has its bound, too', async (t) => {
  const storing = await Storing.begin(t, { cache: { objectBytesMax: 2 * MIB } }, { bytesMax: 3 * MIB });
  const targets = Array.from({ length: 12 }, (_, index) => `/bound-${index}?bytes=500000`);
  for (const target of targets) {
    await storing.get(target);
    await storing.settled();
  }
  await until(() => storing.bodies().length === storing.heads().length && storing.bodies().length <= 6, 'what has no room to leave');
  t.ok((await storing.count('diskEvictions')) >= 6);
  t.ok((await storing.count('diskBytes')) <= 3 * MIB);
  await storing.restart({ store: { dir: storing.folder, bytesMax: 2 * MIB } });
  await storing.settled();
  await until(() => storing.bodies().length <= 4 && storing.heads().length <= 4, 'what has no room any more to leave');
  for (const target of targets) await storing.get(target);
});

t.test('one-hit wonders stay in memory', async (t) => {
  const storing = await Storing.begin(t, {}, { admit: 'second' });
  await storing.get('/once');
  await storing.get('/twice');
  t.equal((await storing.get('/twice')).from, 'hit');
  await storing.get('/large?bytes=9000000'); // it has no other place
  await storing.settled();
  await storing.restart();
  t.equal((await storing.get('/twice')).from, 'hit');
  t.equal((await storing.get('/large?bytes=9000000')).from, 'hit');
  t.equal((await storing.get('/once')).from, 'uri-miss');
});

t.test('ranges of what arrives, and of what has arrived', async (t) => {
  const storing = await Storing.begin(t, { workers: 2 });
  const target = '/arriving?bytes=12000000&pieces=12&pauseMs=20&etag=e';
  const body = bodyOf(target, 12_000_000);
  const answers = await Promise.all([
    storing.get(target), ...[[0, 99], [5_000_000, 5_999_999], [11_999_000, 11_999_999]].map(([from, to]) => storing.get(target, { fields: { Range: `bytes=${from!}-${to!}` } })),
  ]);
  for (const { reply } of answers.slice(1)) {
    t.equal(reply.status, 206);
    const [, from, to] = /^bytes (\d+)-(\d+)\//.exec(reply.fields.get('content-range')!)!;
    t.ok(reply.body.equals(body.subarray(Number(from), Number(to) + 1)), `${from!} to ${to!}`);
  }
  t.equal(storing.origin.asked(target), 1);
  await storing.settled();
  await storing.restart();
  t.equal((await storing.get(target)).from, 'hit');
});

t.test('one process at a time', async (t) => {
  const storing = await Storing.begin(t);
  await t.rejects(serve(t, { proxy: storing.origin.url, store: storing.folder }), { name: 'StoreError', message: new RegExp(`in use by process ${process.pid}`) });
  t.equal((await storing.get('/still')).reply.status, 200);
});
