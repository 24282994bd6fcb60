// Snapshots that are clones (FICLONE): of XFS and Btrfs, where a folder for them is named.
import t from 'tap';
import { ask, heard, LARGE, NEARNESSES, NEW, OLD, readOn, serve, SLOW, untilIn } from '../simulated/breaking.ts';
import { run } from '../simulated/run.ts';
import type { SiteOptions } from '../simulated/site.ts';

const options = (reflink: boolean): SiteOptions => ({ ...LARGE, features: { reflink }, guard: { snapshotDir: '/snapshots' } });

for (const nearness of NEARNESSES) {
  for (const reflink of [true, false]) {
    t.test(`to a peer that is ${nearness}, ${reflink ? 'from a clone' : 'where cloning is refused'}: whole, and no send waits for the disk`, (t) => run(t, options(reflink), async (site) => {
      site.world.put('/snapshots/.keep', new Uint8Array(0), -1);
      await serve(site);
      const peer = await ask(site, { ...SLOW, nearness });
      const writer = site.openForWriting('a');
      t.ok((await untilIn(site, writer, 200, true)) <= 200);
      writer.replace(NEW);
      await readOn(site);
      heard(t, peer, [OLD], 'the answer under way');
      t.equal(site.engine.census()['snapshotBytes'] === 0, reflink, 'a clone is not memory');
      t.equal(site.world.census().coldSends, 0, 'no send waited for the disk');
    }));
  }
}
