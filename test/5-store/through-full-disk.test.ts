// A disk that takes no more: clients have their whole answers, it is counted and told, and it goes on when there is room again.
import { join } from 'node:path';
import t from 'tap';
import { until } from '../serving.ts';
import { fill, mounted, mountObstacle, readOnly } from './mounts.ts';
import { Storing } from './storing.ts';

const MIB = 1 << 20;
const skip = mountObstacle;
/** Bodies above it arrive on disk. */
const guard = { privateMaxBytes: MIB };

t.test('no space', { skip }, async (t) => {
  const folder = mounted(t, 'size=24m');
  const storing = await Storing.begin(t, { guard, cache: { bytesMax: 48 * MIB, objectBytesMax: 12 * MIB } }, { dir: join(folder, 'store') });
  await storing.get('/before');
  await storing.settled();
  fill(folder, 2 * MIB);
  const targets = [...Array.from({ length: 8 }, (_, index) => `/small-${index}?bytes=600000`), '/large?bytes=5000000', '/larger?bytes=10000000', '/chunked?bytes=3000000&how=chunked'];
  for (const target of targets) {
    t.equal((await storing.get(target)).reply.status, 200, target);
    await storing.settled();
  }
  const refused = await storing.count('diskRefused');
  t.ok(refused >= 7, `${refused} refused`);
  t.equal(storing.serving.reports.filter(({ name }) => name === 'storeFailed').length, refused);
  t.match(storing.serving.reports.find(({ name }) => name === 'storeFailed'), { message: 'the store could not take an object', facts: { error: 'ENOSPC' } });
  t.equal((await storing.get('/small-7?bytes=600000')).from, 'hit', 'what the disk refuses stays in memory');
  t.equal((await storing.get('/large?bytes=5000000')).from, 'hit', 'where there is room for it');
  t.equal((await storing.get('/larger?bytes=10000000')).from, 'uri-miss', 'where there is none it is passed on');
  await storing.settled();
  await until(() => storing.bodies().length === storing.heads().length, 'bodies without heads to leave');
  t.strictSame(storing.arriving(), []);

  fill(folder, 20 * MIB);
  for (const target of ['/larger?bytes=10000000', '/new?bytes=600000']) await storing.get(target);
  await storing.settled();
  await storing.restart();
  for (const target of ['/before', '/larger?bytes=10000000', '/new?bytes=600000']) t.equal((await storing.get(target)).from, 'hit', target);
});

t.test('not a byte, not an inode', { skip }, async (t) => {
  for (const options of [['size=4m'], ['size=40m', 'nr_inodes=40']]) {
    const folder = mounted(t, ...options);
    const storing = await Storing.begin(t, { guard, cache: { bytesMax: 80 * MIB } }, { dir: join(folder, 'store') });
    if (options.length === 1) fill(folder, 0);
    for (let round = 0; round < 2; ++round) {
      for (let i = 0; i < 40; ++i) t.equal((await storing.get(`/full-${i}?bytes=${i * 1000}&etag=x`)).reply.status, 200);
      t.equal((await storing.get('/full-large?bytes=5000000')).reply.status, 200);
    }
    await storing.settled();
    t.ok((await storing.count('diskRefused')) > 10);
    t.ok(storing.origin.asked() <= 43, 'memory has it all');
    t.strictSame(storing.arriving(), []);
    // A purge needs no room, and holds after a start.
    const purged = await storing.get('/full-3?bytes=3000&etag=x', { method: 'PURGE' });
    t.strictSame(JSON.parse(purged.reply.body.toString()), { purged: 1 });
    await storing.restart();
    t.equal((await storing.get('/full-3?bytes=3000&etag=x')).from, 'uri-miss');
  }
});

t.test('read-only', { skip }, async (t) => {
  const storing = await Storing.begin(t, { guard });
  for (const target of ['/a', '/b?bytes=2000000', '/purged']) await storing.get(target);
  await storing.settled();
  await storing.restart();
  await storing.settled();
  const ends = ['heads', 'bodies', 'arriving'].map((name) => readOnly(t, join(storing.folder, name)));
  for (const target of ['/a', '/b?bytes=2000000']) t.equal((await storing.get(target)).from, 'hit', `${target} is read`);
  for (const target of ['/c', '/d?bytes=2000000']) {
    t.equal((await storing.get(target)).from, 'uri-miss');
    t.equal((await storing.get(target)).from, 'hit', `${target} is in memory`);
  }
  const { reply } = await storing.get('/purged', { method: 'PURGE' });
  t.strictSame(JSON.parse(reply.body.toString()), { purged: 1 });
  t.equal((await storing.get('/purged')).from, 'uri-miss');
  t.ok((await storing.count('diskRefused')) >= 2);
  for (const end of ends) end();
  await storing.get('/e');
  await storing.restart();
  for (const target of ['/a', '/b?bytes=2000000', '/e']) t.equal((await storing.get(target)).from, 'hit', target);
  t.equal((await storing.get('/purged')).from, 'uri-miss', 'what could not be removed is gone all the same');
});
