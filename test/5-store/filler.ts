// A process that fills a store as fast as it can, until it is killed: `filler.js FOLDER unnamed|named|hold`. It says "ready",
// or why not, and of each purge that is done which version of which object it was.
import { writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { isFault } from '../../cache/store/disk/faults.ts';
import { DiskStore } from '../../cache/store/disk/store.ts';
import { variant } from './objects.ts';

const KEYS = 24;
const AT_ONCE = 4;

export function keyOf(index: number): string {
  return `http://filled/${index % KEYS}`;
}

export const filledKeys: readonly string[] = Array.from({ length: KEYS }, (_, index) => keyOf(index));

/** The bytes of a version: their number is that of the version, too. */
export function contentOf(key: string, version: number): Buffer {
  const bytes = (version * 7919) % 1_400_000;
  return Buffer.alloc(bytes, `${key} ${version};`);
}

/** Greater than that of any version before, in whichever process. */
function newVersion(): number {
  return Number(process.hrtime.bigint() / 1000n);
}

async function fill(store: DiskStore, lane: number): Promise<never> {
  for (let round = 0; ; ++round) {
    // Of one key, one thing is done after the other.
    const key = keyOf(lane + AT_ONCE * round);
    const before = await store.lookup(key);
    const version = newVersion();
    const content = contentOf(key, version);
    const file = await store.begin();
    if (isFault(file)) throw new Error(file);
    for (let at = 0; at < content.length; at += 200_000) await file.append(content.subarray(at, at + 200_000));
    if (round % 5 === 4) {
      await file.abandon();
      continue;
    }
    const stored = await file.finish();
    if (isFault(stored)) throw new Error(stored);
    const body = { record: stored.id, offset: 0, bytes: content.length };
    await store.put({ key, variants: [variant({ fields: [['Version', String(version)]], bytes: content.length, bodies: [body], tags: [`of ${key}`] })] });
    if (round % 7 === 6) {
      await store.purge(round % 2 === 0 ? { by: 'key', key } : { by: 'tag', tag: `of ${key}` }, 'gone').synced;
      writeSync(1, `purged ${key} ${version}\n`);
    }
    if (round % 11 === 10) await store.evict(key);
    if (typeof before === 'object') for (const { record } of before.object.variants[0]!.bodies) await store.removeBody(record);
  }
}

async function main(folder: string, how: string): Promise<void> {
  const store = await DiskStore.open(folder, { named: how === 'named', wait: how === 'wait' });
  writeSync(1, `ready ${store.id}\n`);
  if (how === 'wait') return store.close();
  if (how === 'hold') return void setInterval(() => undefined, 1000);
  await Promise.all(Array.from({ length: AT_ONCE }, (_, lane) => fill(store, lane)));
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  main(process.argv[2]!, process.argv[3]!).catch((error: unknown) => {
    writeSync(1, `${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  });
}
