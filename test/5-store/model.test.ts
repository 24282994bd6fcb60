// A store beside a map that does the same: puts, evictions and purges in any order, with starts and scans between them.
import t, { type Test } from 'tap';
import type { DiskStore } from '../../cache/store/disk/store.ts';
import type { Purge } from '../../cache/store/messages.ts';
import type { StoredObject, Variant } from '../../cache/store/object.ts';
import { Random } from '../simulated/random.ts';
import { found, object, openStore, scanned, storeFolder, variant } from './objects.ts';

const SEEDS = 6;
const STEPS = 150;
const KEYS = Array.from({ length: 12 }, (_, index) => `http://${'abc'[index % 3]!}/${index}`);
const TAGS = ['x', 'y', 'z'];

type Objects = Map<string, StoredObject>;

function concerns(purge: Purge, key: string, { tags }: Variant): boolean {
  if (purge.by === 'everything') return true;
  if (purge.by === 'key') return purge.key === key;
  return purge.by === 'tag' ? tags.includes(purge.tag) : key.startsWith(purge.prefix);
}

function purgeModel(objects: Objects, purge: Purge, effect: 'gone' | 'invalid'): void {
  for (const [key, { variants }] of [...objects]) {
    const left = variants.flatMap((stored) => (!concerns(purge, key, stored) ? [stored] : effect === 'invalid' ? [{ ...stored, invalid: true }] : []));
    if (left.length === 0) objects.delete(key);
    else objects.set(key, { key, variants: left });
  }
}

function drawPurge(random: Random): Purge {
  const key = KEYS[random.below(KEYS.length)]!;
  const kind = random.below(20);
  if (kind === 0) return { by: 'everything' };
  if (kind < 8) return { by: 'key', key };
  return kind < 15 ? { by: 'tag', tag: TAGS[random.below(TAGS.length)]! } : { by: 'prefix', prefix: key.slice(0, 9) };
}

async function compare(t: Test, store: DiskStore, objects: Objects, when: string): Promise<void> {
  for (const key of KEYS) t.strictSame(await found(store, key), objects.get(key), `${key} ${when}`);
}

for (let seed = 1; seed <= SEEDS; ++seed) {
  t.test(`seed ${seed}`, async (t) => {
    const random = new Random(seed);
    const folder = storeFolder(t);
    const objects: Objects = new Map();
    let store = await openStore(t, folder);
    // What is asked for at once is carried out as if one thing had come after the other.
    let underWay: Promise<unknown>[] = [];
    for (let step = 0; step < STEPS; ++step) {
      const key = KEYS[random.below(KEYS.length)]!;
      const what = random.below(20);
      if (what < 11) {
        const variants = Array.from({ length: random.between(1, 3) }, (_, id) => variant({ id, requestMs: step, tags: TAGS.filter(() => random.below(4) === 0) }));
        objects.set(key, object(key, ...variants));
        underWay.push(store.put(object(key, ...variants)));
      } else if (what < 14) {
        objects.delete(key);
        underWay.push(store.evict(key));
      } else if (what < 17) {
        const purge = drawPurge(random);
        const effect = random.below(2) === 0 ? 'invalid' : 'gone';
        purgeModel(objects, purge, effect);
        underWay.push(store.purge(purge, effect).synced);
      } else {
        await Promise.all(underWay);
        underWay = [];
        await compare(t, store, objects, `at step ${step}`);
        if (what === 17) {
          await store.close();
          store = await openStore(t, folder);
        } else if (what === 18) {
          const scan = await scanned(store);
          t.strictSame(new Map(scan.objects.map(({ object: stored }) => [stored.key, stored])), objects, `scanned at step ${step}`);
          t.match(scan.summary, { complete: true, headsRemoved: 0, objects: objects.size });
        }
      }
    }
    await Promise.all(underWay);
    await compare(t, store, objects, 'in the end');
  });
}
