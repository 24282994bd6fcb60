// Records and the arena on the real kernel: one record a version, shared; memory that nobody can write to; eviction
// that never changes what is served.
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ask, Client, requestText } from '../client.ts';
import { pause, serve, until } from '../serving.ts';
import { Driver } from './driver.ts';

const SEGMENT_BYTES = 4 << 20;

function arenaMaps(): string[] {
  return readFileSync('/proc/self/maps', 'utf8').split('\n').filter((line) => line.includes('pagecast-arena'));
}

function arenaDescriptors(): number[] {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes('pagecast-arena');
    } catch {
      return false;
    }
  }).map(Number);
}

t.test('a version has one record, whoever opens it', async (t) => {
  const root = t.testdir({ f: 'content', other: 'content' });
  await pause(40);
  const [one, two] = [new Driver(t), new Driver(t)];
  const before = one.engine.census().files;
  const first = await one.open(root, 'f');
  t.equal((await one.open(root, 'f')).file, first.file, 'again');
  t.equal((await two.open(root, './/f')).file, first.file, 'by another engine and another path');
  const other = await two.open(root, 'other');
  t.not(other.file, first.file, 'another file with the same content has its own');
  t.equal(two.describe(other.file).digest, one.describe(first.file).digest, 'and the same hash');
  t.equal(one.engine.census().files, before + 2);
  writeFileSync(join(root, 'f'), 'changed');
  await pause(40);
  const next = await one.open(root, 'f');
  t.not(next.file, first.file, 'another version has another record');
  t.equal(one.describe(first.file).digest, one.describe(other.file).digest, 'the old one is what it was');
  for (const file of [first.file, first.file, next.file]) one.engine.release(file);
  for (const file of [first.file, other.file]) two.engine.release(file);
  await until(() => one.engine.census().files === before, 'all are dropped with their last reference');
  t.pass('dropped');
});

t.test('an engine that ends gives its references back', async (t) => {
  const root = t.testdir({ f: 'content' });
  const before = new Driver(t).engine.census().files;
  const { server, place } = await serve(t, { root, workers: 2 });
  for (let i = 0; i < 20; ++i) await ask(place, '/f');
  t.equal((await server.counts())['files'], before + 1);
  await server.close();
  const driver = new Driver(t);
  await until(() => driver.engine.census().files === before, 'the records are gone');
  t.pass('gone');
});

t.test('the arena is mapped read-only and shared', async (t) => {
  const { place, server } = await serve(t, { root: t.testdir({ f: 'content' }), workers: 2 });
  await ask(place, '/f');
  const maps = arenaMaps();
  t.ok(maps.length >= 1, `${maps.length} segments`);
  for (const line of maps) t.match(line, /^[0-9a-f]+-[0-9a-f]+ r--s /);
  t.equal((await server.counts())['arenaBytes'], maps.length * SEGMENT_BYTES);
});

t.test('beyond its budget it evicts, and every byte is right', async (t) => {
  const root = t.testdir({});
  const bodies = Array.from({ length: 500 }, (_, i) => randomBytes(20_000 + ((i * 7919) % 45_000)));
  for (const [i, body] of bodies.entries()) writeFileSync(join(root, `${i}.bin`), body);
  const total = bodies.reduce((sum, { length }) => sum + length, 0);
  const bytesMax = 12 << 20;
  t.ok(total > 1.5 * bytesMax, `${total} bytes of files in ${bytesMax} of memory`);
  const { place, server } = await serve(t, { root, workers: 2, arena: { bytesMax, fileBytesMax: 1 << 16 } });
  let largest = 0;
  const clients = await Promise.all(Array.from({ length: 4 }, async (_, number) => {
    const client = await Client.open(place);
    for (let round = 0; round < 12; ++round) {
      // Some are asked for all the time, the rest in turn.
      const picks = Array.from({ length: 60 }, (_, k) => (k % 3 === 0 ? k : (round * 71 + k * 13 + number * 131) % 500));
      void client.send(picks.map((pick) => requestText(`/${pick}.bin`)).join(''));
      for (const pick of picks) if (!(await client.reply()).body.equals(bodies[pick]!)) t.fail(`file ${pick} in round ${round}`);
      largest = Math.max(largest, arenaMaps().length);
    }
    return client;
  }));
  for (const client of clients) client.destroy();
  const { arenaBytes, bytesArena, bytesSendfile } = await server.counts();
  t.ok(arenaBytes! <= bytesMax + SEGMENT_BYTES, `${arenaBytes!} bytes at the end`);
  t.ok(largest * SEGMENT_BYTES <= bytesMax + SEGMENT_BYTES, `${largest} segments at most`);
  t.ok(bytesArena! > 0 && bytesSendfile! >= 0, `${bytesArena!} bytes from memory, ${bytesSendfile!} from files`);
  t.equal(arenaDescriptors().length, arenaMaps().length, 'a descriptor for each mapping');
});

const hasPython = spawnSync('python3', ['-c', '']).status === 0;

t.test('full segments are sealed', { skip: hasPython ? false : 'needs python3, to ask for F_GET_SEALS' }, async (t) => {
  const root = t.testdir({});
  for (let i = 0; i < 180; ++i) writeFileSync(join(root, String(i)), Buffer.alloc(60_000, String(i)));
  const { place } = await serve(t, { root, arena: { bytesMax: 64 << 20, fileBytesMax: 1 << 16 } });
  const client = await Client.open(place);
  void client.send(Array.from({ length: 180 }, (_, i) => requestText(`/${i}`)).join(''));
  for (let i = 0; i < 180; ++i) await client.reply();
  client.destroy();
  const sealsOf = (fd: number): number => Number(execFileSync('python3', ['-c', `import fcntl, os; print(fcntl.fcntl(os.open('/proc/${process.pid}/fd/${fd}', os.O_RDONLY), 1034))`], { encoding: 'utf8' }));
  const seals = arenaDescriptors().map(sealsOf);
  t.ok(seals.filter((seal) => seal === 0b1111).length >= 2, `${seals.join()}: write, grow, shrink and the seals themselves`);
  t.equal(seals.filter((seal) => seal === 0).length, 1, 'all but the one that is being filled');
});

t.test('arena.bytesMax 0: no arena, the same bytes', async (t) => {
  const root = t.testdir({ f: 'content' });
  const { place, server } = await serve(t, { root, arena: { bytesMax: 0 } });
  for (let i = 0; i < 3; ++i) t.equal((await ask(place, '/f')).body.toString(), 'content');
  const { bytesArena, bytesSendfile, bytesCopied } = await server.counts();
  t.equal(bytesArena, 0);
  t.equal(bytesSendfile! + bytesCopied!, 21);
});
