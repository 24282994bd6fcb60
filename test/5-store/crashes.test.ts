// A process that fills a store is killed, again and again, in whatever it does: what is found is whole and right, what was
// purged is not found, and after a scan nothing is left of what was under way.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { pause } from '../serving.ts';
import { contentOf, filledKeys } from './filler.ts';
import { startFiller } from './filling.ts';
import { filesBelow, found, openStore, scanned, storeFolder, verdicts } from './objects.ts';

const KILLS = 20;

t.test(`killed ${KILLS} times`, async (t) => {
  const folder = storeFolder(t);
  const purged = new Map<string, number>();
  const sums = { found: 0, purges: 0, litter: 0 };
  for (let kill = 0; kill < KILLS; ++kill) {
    const filler = startFiller(t, folder, kill % 2 === 0 ? 'unnamed' : 'named');
    t.match(await filler.first, /^ready /);
    await pause(Math.random() * 300);
    filler.child.kill('SIGKILL');
    await filler.ended;
    for (const [, key, version] of filler.lines().map((line) => /^purged (\S+) (\d+)$/.exec(line)).filter((match) => match !== null)) {
      purged.set(key!, Number(version));
      sums.purges += 1;
    }
    const store = await openStore(t, folder);
    for (const key of filledKeys) {
      const stored = await found(store, key);
      if (!stored) continue;
      sums.found += 1;
      const { fields, bodies: [body] } = stored.variants[0]!;
      const version = Number(fields[0]![1]);
      if (version <= (purged.get(key) ?? 0)) t.fail(`${key} ${version} was purged`);
      const content = contentOf(key, version);
      const blocks = await verdicts(store, body!);
      if (typeof blocks === 'string' || blocks.includes(false)) t.fail(`${key} ${version}: ${String(blocks)}`);
      else if (!readFileSync(store.pathOf(body!.record)).subarray(0, body!.bytes).equals(content)) t.fail(`${key} ${version} has other bytes`);
    }
    const { objects, summary } = await scanned(store);
    t.match(summary, { complete: true, headsRemoved: 0 });
    sums.litter += summary.bodiesRemoved + summary.arrivingRemoved;
    const named = objects.flatMap(({ object }) => object.variants.flatMap(({ bodies }) => bodies.map(({ record }) => `bodies/${record.slice(0, 2)}/${record}`)));
    const heads = objects.map(({ name }) => `heads/${name.slice(0, 2)}/${name}`);
    t.strictSame(await filesBelow(folder), [...named, ...heads, 'holder', 'pagecast-store', 'purges'].sort(), 'no litter');
    await store.close();
  }
  t.comment(JSON.stringify(sums));
  t.ok(sums.found > 50, 'objects were found');
  t.ok(sums.purges > 5, 'purges were done');
  t.ok(sums.litter > 5, 'litter was there');
});
