// A purge of another machine comes in some step of a promise. It came between the one in which what was found on disk was judged and the
// one in which it was in memory, which then had what was purged.
import t from 'tap';
import { DiskStore } from '../../cache/store/disk/store.ts';
import { TierDesk } from './tier-desk.ts';

const STEPS = 40;

async function after(steps: number, work: () => void): Promise<void> {
  for (let step = 0; step < steps; step++) await Promise.resolve();
  work();
}

for (const soft of [false, true]) {
  t.test(soft ? 'soft' : 'hard', async (t) => {
    const desk = await TierDesk.open(t, { coordinator: { bytesMax: 200_000 } });
    const lookup = Object.getOwnPropertyDescriptor(DiskStore.prototype, 'lookup')!.value as (this: DiskStore, key: string) => Promise<unknown>;
    let found = (): void => undefined;
    t.intercept(DiskStore.prototype, 'lookup', { value: async function (this: DiskStore, key: string) {
      const object = await lookup.call(this, key);
      found();
      return object;
    } });
    for (let steps = 0; steps < STEPS; steps++) {
      const key = `http://h/${steps}`;
      await desk.keep(key);
      await desk.settled();
      await desk.crowd();
      let purged: Promise<void> | undefined;
      found = (): void => void (purged ??= after(steps, () => void desk.coordinator.purge({ by: 'key', key }, soft)));
      await desk.peek(key);
      found = (): void => undefined;
      await purged;
      t.ok(purged, `it was looked for, ${steps} steps`);
      const [variant] = (await desk.peek(key))?.variants ?? [];
      t.equal(variant && Date.now() < variant.responseMs - variant.freshness.initialAgeMs + variant.freshness.lifetimeMs ? 'fresh' : 'not', 'not', `${steps} steps`);
    }
    t.strictSame(desk.faults, []);
  });
}
