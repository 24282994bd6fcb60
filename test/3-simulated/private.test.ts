// Private memory: copies share slabs, a slab goes with its last copy, and the budget is kept to the page.
import t from 'tap';
import { ask, heard, readOn, ROOMY, SLAB_BYTES } from '../simulated/breaking.ts';
import { run } from '../simulated/run.ts';
import type { Site, SiteOptions } from '../simulated/site.ts';

const KiB = 1024;
const copied: SiteOptions = { protect: 'copy', arenaFileBytesMax: 1000 };
const within = (bytes: number): SiteOptions => ({ ...copied, guard: { privateMaxTotalBytes: bytes } });

const privateBytes = (site: Site): number => site.engine.census()['privateBytes']!;

async function copyOf(t: import('tap').Test, site: Site, name: string, content: number, bytes: number): Promise<void> {
  const body = site.put(name, content, bytes);
  site.advance(3000); // quiet for long enough to be copied
  const peer = await ask(site, { ...ROOMY, sendBytesMax: 4 << 20, windowBytes: 4 << 20 }, `/${name}`);
  await readOn(site);
  heard(t, peer, [body], name);
  peer.reset();
}

t.test('files of 100 KiB share slabs, each is answered with its own bytes, and the slabs go with the last of them', (t) => run(t, copied, async (site) => {
  for (let i = 0; i < 30; ++i) await copyOf(t, site, `f${i}`, i, 100 * KiB);
  t.equal(site.engine.census()['privateCopies'], 30);
  t.equal(privateBytes(site), 2 * SLAB_BYTES);
  t.equal(site.world.census().memory, 2);
  await site.dropEntries();
  t.equal(privateBytes(site), 0);
  await copyOf(t, site, 'f3', 77, 100 * KiB);
  t.equal(privateBytes(site), SLAB_BYTES, 'and anew');
}));

t.test('a file above half a slab has its own', (t) => run(t, copied, async (site) => {
  await copyOf(t, site, 'small', 1, 100 * KiB);
  await copyOf(t, site, 'large', 2, SLAB_BYTES / 2 + 1);
  await copyOf(t, site, 'larger', 3, SLAB_BYTES + 1);
  t.equal(privateBytes(site), 4 * SLAB_BYTES);
  await copyOf(t, site, 'small2', 4, 100 * KiB);
  t.equal(privateBytes(site), 4 * SLAB_BYTES, 'the shared one is still being filled');
}));

t.test('near the budget a file gets what it needs, and beyond it nothing: it is verified, with the reason', (t) => run(t, within(SLAB_BYTES + 300 * KiB), async (site) => {
  await copyOf(t, site, 'a', 1, 1000 * KiB);
  t.equal(privateBytes(site), SLAB_BYTES);
  await copyOf(t, site, 'b', 2, 1024 * KiB);
  t.equal(privateBytes(site), SLAB_BYTES, 'beside the first');
  await copyOf(t, site, 'c', 3, 200 * KiB);
  t.equal(privateBytes(site), SLAB_BYTES + 200 * KiB, 'just its size');
  await copyOf(t, site, 'd', 4, 200 * KiB);
  t.equal(privateBytes(site), SLAB_BYTES + 200 * KiB, 'sent from the file');
  t.equal(site.engine.census()['privateCopiesRefused'], 1);
}));

for (const fault of ['memoryNoMemory', 'memoryNoDescriptor', 'memoryWriteShort', 'readShort'] as const) {
  t.test(`${fault} while a copy is made: answered all the same, and nothing is kept that nobody has`, (t) => run(t, copied, async (site) => {
    site.force(fault);
    await copyOf(t, site, 'a', 1, 300 * KiB);
    await copyOf(t, site, 'b', 2, 300 * KiB);
    await site.dropEntries();
    t.equal(privateBytes(site), 0);
  }));
}
