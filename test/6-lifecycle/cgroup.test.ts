// A whole server in a cgroup of version 2 that a test writes: its files are mounted where the kernel has them, in the server's own view of
// the machine. Bounds follow the limit, and what is kept follows what the files tell, while it runs.
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Status } from '../../server/control/backend.ts';
import { origin, put } from '../6-control/controlling.ts';
import { ask, type Place } from '../client.ts';
import { running } from '../command.ts';
import { pause, shortFolder, until } from '../serving.ts';

const MIB = 1 << 20;
const MOUNTED = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', 'mount --bind "$1" /sys/fs/cgroup && mount --bind "$2" /proc/$$/cgroup && shift 2 && exec "$@"', 'sh'];
/** Between two looks at memory. */
const LOOK_MS = 1000;

t.setTimeout(180_000);

interface CgroupFiles {
  readonly max?: number | 'max';
  readonly high?: number | 'max';
  readonly current?: number;
  /** Pages of files on disk, active and not. */
  readonly pageCache?: number;
  /** How often the limit was reached. */
  readonly limited?: number;
  readonly stallPercent?: number;
}

class Cgroup {
  readonly words: readonly string[];
  readonly #folder: string;
  #files: Required<CgroupFiles>;

  constructor(t: Test, files: CgroupFiles) {
    const folder = shortFolder(t);
    this.#folder = join(folder, 'cgroup');
    mkdirSync(this.#folder);
    writeFileSync(join(folder, 'self'), '0::/\n');
    this.words = [...MOUNTED, this.#folder, join(folder, 'self')];
    this.#files = { max: 'max', high: 'max', current: 64 * MIB, pageCache: 0, limited: 0, stallPercent: 0, ...files };
    this.tell({});
  }

  /** What is not named stays as it is. */
  tell(files: CgroupFiles): void {
    this.#files = { ...this.#files, ...files };
    const { max, high, current, pageCache, limited, stallPercent } = this.#files;
    const texts = {
      'memory.max': max, 'memory.high': high, 'memory.current': current, 'memory.events': `low 0\nhigh 0\nmax ${limited}\noom 0\noom_kill 0`,
      // Sealed memory is in `file` and `shmem`, and never on the lists of files.
      'memory.stat': `anon ${current - pageCache}\nfile ${current}\nshmem ${current - pageCache}\ninactive_anon ${current - pageCache}\nactive_anon 0\ninactive_file ${pageCache / 2}\nactive_file ${pageCache / 2}`,
      'memory.pressure': `some avg10=${stallPercent.toFixed(2)} avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0`,
    };
    for (const [name, text] of Object.entries(texts)) writeFileSync(join(this.#folder, name), `${text}\n`);
  }
}

interface Confined {
  readonly place: Place;
  readonly memory: () => Promise<Status['memory']>;
  readonly bounds: () => Promise<readonly number[]>;
  readonly storeBytes: () => Promise<number>;
}

async function confined(t: Test, cgroup: Cgroup): Promise<Confined> {
  const body = Buffer.alloc(MIB, 'x');
  const from = await origin(t, (_, response) => response.setHeader('Cache-Control', 'max-age=3600').end(body));
  const control = { host: join(shortFolder(t), 'c'), port: -1 };
  const { place } = await running(t, ['--proxy', from, '-p', '0', '-H', '127.0.0.1', '--workers', '1', '--control', `unix:${control.host}`], { before: cgroup.words });
  const status = async (): Promise<Status> => (await put(control, '/api/v1/status')).json as unknown as Status;
  return {
    place,
    memory: async () => (await status()).memory,
    storeBytes: async () => (await status()).store!['bytes']!,
    bounds: async () => {
      const { cache, guard, arena } = (await put(control, '/api/v1/config')).json as Readonly<Record<string, Readonly<Record<string, number>>>>;
      return [cache!['bytesMax']!, guard!['privateMaxTotalBytes']!, guard!['snapshotMaxBytes']!, arena!['bytesMax']!];
    },
  };
}

async function fill({ place }: Confined, objects: number): Promise<void> {
  for (let object = 0; object < objects; ++object) t.equal((await ask(place, `/${object}`)).body.length, MIB, `${object}`);
}

function obstacle(): string | false {
  const { status } = spawnSync(MOUNTED[0]!, [...MOUNTED.slice(1), '/tmp', '/dev/null', 'true']);
  return status !== 0 && 'no mounts of its own can be had here (unshare)';
}

const skip = obstacle();

t.test('bounds are shares of the limit: the lower one of memory.max and memory.high', { skip }, async (t) => {
  const cases: readonly (readonly [files: CgroupFiles, granted: number])[] = [[{ max: 512 * MIB }, 512], [{ max: 512 * MIB, high: 256 * MIB }, 256], [{ high: 400 * MIB }, 400]];
  for (const [files, granted] of cases) {
    const bounds = await (await confined(t, new Cgroup(t, files))).bounds();
    t.strictSame(bounds.map((bytes) => bytes / MIB), [granted / 4, granted / 4, granted / 8, Math.min(64, granted / 8)], JSON.stringify(files));
  }
});

t.test('page cache is nobody’s; what cannot be taken back makes it let go, and it grows again', { skip }, async (t) => {
  const cgroup = new Cgroup(t, { max: 256 * MIB });
  const server = await confined(t, cgroup);
  await fill(server, 48);
  const stored = await server.storeBytes();
  t.ok(stored >= 48 * MIB, `${stored} bytes are stored`);
  t.ok((await server.memory()).sealedBytes >= 48 * MIB, 'their bodies are sealed memory, whatever the cgroup tells');

  cgroup.tell({ current: 256 * MIB, pageCache: 190 * MIB, limited: 1000 });
  await pause(3 * LOOK_MS);
  cgroup.tell({ limited: 2000 });
  await pause(3 * LOOK_MS);
  t.match(await server.memory(), { share: 1, cause: undefined, cgroup: { usedBytes: 256 * MIB, pageCacheBytes: 190 * MIB, limitBytes: 256 * MIB } }, 'page cache fills the limit, which is reached all the time');
  t.equal(await server.storeBytes(), stored, 'nothing was let go');

  cgroup.tell({ pageCache: 4 * MIB });
  await until(async () => (await server.memory()).share === 0.25, 'the floor');
  t.equal((await server.memory()).cause, 'full');
  await until(async () => (await server.storeBytes()) <= 16 * MIB, 'the store is within a quarter of its bound');
  await until(async () => (await server.memory()).sealedBytes <= 24 * MIB, 'and the memory of it is given back');
  t.match((await ask(server.place, '/47')).fields.get('cache-status'), /hit/, 'what was used last is there');
  t.equal((await ask(server.place, '/0')).body.length, MIB, 'and what is not is asked for');

  cgroup.tell({ current: 80 * MIB, pageCache: 40 * MIB });
  await until(async () => (await server.memory()).share > 0.25, 'it is calm, and more is used again', 60_000);
});

t.test('memory.high that is reached, pressure, and a limit that is changed while it runs', { skip }, async (t) => {
  const cgroup = new Cgroup(t, { high: 256 * MIB, current: 210 * MIB, limited: 7 });
  const server = await confined(t, cgroup);
  await pause(2 * LOOK_MS);
  t.equal((await server.memory()).share, 1, 'what was before counts for nothing');
  cgroup.tell({ limited: 8 });
  await until(async () => (await server.memory()).cause === 'limited', 'it was reached, and most of what is used cannot be taken back');

  const waiting = new Cgroup(t, { max: 1024 * MIB, stallPercent: 9.9 });
  const other = await confined(t, waiting);
  await pause(2 * LOOK_MS);
  t.equal((await other.memory()).share, 1, 'less than memory.stallPercentMax');
  waiting.tell({ stallPercent: 40 });
  await until(async () => (await other.memory()).cause === 'stalled', 'something waits for memory');
  waiting.tell({ stallPercent: 0, max: 70 * MIB, current: 69 * MIB });
  await until(async () => (await other.memory()).cause === 'full', 'the limit was lowered below what is used');
  t.equal((await other.memory()).cgroup?.limitBytes, 70 * MIB);
});
