// The model of the coordinator (5-cache/coordinator-model.ts) with a disk behind it: whatever is found there again, now or after a
// start, must hold as much. A seed that fails is in the name of the failure.
import { existsSync, readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { DiskTier } from '../../cache/store/disk-tier.ts';
import { isBodyId } from '../../cache/store/disk/layout.ts';
import type { DiskStore } from '../../cache/store/disk/store.ts';
import { Desk } from '../5-cache/coordinator-desk.ts';
import { KEYS, MEMORY, Model, type ModelDisk } from '../5-cache/coordinator-model.ts';
import { pause, until } from '../serving.ts';
import { certain, filesBelow, found, openStore, scanned, storeFolder, verdicts } from './objects.ts';

const SEEDS = 20;
const STEPS = 1200;
/** A few of all objects. */
const DISK_BYTES_MAX = 80_000;

function contentOf(record: string, offset: number, bytes: number): Buffer {
  return Buffer.alloc(offset + bytes, `${record};`).subarray(offset);
}

class ModelledDisk implements ModelDisk {
  readonly store: DiskStore;
  readonly desk: Desk;
  readonly reports: string[] = [];
  readonly arrivals: string[] = [];
  #tier!: DiskTier;
  readonly #held = new Map<string, number>();
  #lastId = 1e6;

  constructor(store: DiskStore, admit: 'always' | 'second') {
    this.store = store;
    const kept = { hold: (record: string) => this.#hold(record), letGo: (record: string) => this.#letGo(record), read: (record: string, offset: number, into: Uint8Array) => contentOf(record, offset, into.length).copy(into) };
    this.desk = new Desk(MEMORY, (memory) => (this.#tier = new DiskTier(store, {
      bytesMax: DISK_BYTES_MAX, waitingBytesMax: 50_000, admit, newId: () => ++this.#lastId, report: (message) => void this.reports.push(message),
    }, kept, memory)));
    this.#tier.scan();
  }

  async turn(): Promise<void> {
    await pause(1);
  }

  async settled(): Promise<void> {
    await until(() => {
      this.desk.turns();
      return this.desk.count('diskWaiting') === 0 && !this.#tier.busy;
    }, 'the end of all writes');
  }

  has(record: string): boolean {
    return isBodyId(record) && existsSync(this.store.pathOf(record));
  }

  async arrived(record: string, bytes: number): Promise<string> {
    const file = certain(await this.store.begin());
    void file.append(contentOf(record, 0, bytes));
    const { id } = certain(await file.finish());
    this.arrivals.push(id);
    return id;
  }

  async close(t: Test): Promise<void> {
    await this.#tier.close();
    t.strictSame([...this.#held], [], 'nothing is held for the disk');
    t.strictSame(this.reports, []);
  }

  /** What is not missing in memory. */
  #hold(record: string): boolean {
    if (!this.desk.held.has(record) && !this.#held.has(record)) return false;
    this.#held.set(record, (this.#held.get(record) ?? 0) + 1);
    return true;
  }

  #letGo(record: string): void {
    const held = (this.#held.get(record) ?? 0) - 1;
    if (held < 0) this.desk.faults.push(`${record} is let go, and was not held for the disk`);
    if (held > 0) this.#held.set(record, held);
    else this.#held.delete(record);
  }
}

/** What is there after a start is what may be used, and nothing else is there. */
async function checkDisk(t: Test, model: Model, { arrivals }: ModelledDisk, folder: string): Promise<number> {
  const orphans = new Set(arrivals.filter((id) => !model.given.has(id)));
  const store = await openStore(t, folder);
  let objects = 0;
  for (const key of KEYS) {
    const object = await found(store, key);
    if (!object) continue;
    objects += 1;
    model.checkFound(key, object.variants);
    for (const { fields: [field], bodies, varyValues } of object.variants) {
      for (const body of bodies) {
        const blocks = await verdicts(store, body);
        if (typeof blocks === 'string' || blocks.includes(false)) t.fail(`${key}, ${varyValues.join()}: ${String(blocks)}`);
        else if (!readFileSync(store.pathOf(body.record)).subarray(0, body.bytes).equals(contentOf(field![1], 0, body.bytes))) t.fail(`${key}, ${varyValues.join()}: other bytes`);
      }
    }
  }
  // What arrived for a worker that died then is removed by a scan.
  const before = (await filesBelow(folder)).filter((name) => name.startsWith('arriving') || (name.startsWith('bodies') && !orphans.has(name.slice('bodies/xx/'.length))));
  const { objects: all } = await scanned(store);
  const named = all.flatMap(({ object }) => object.variants.flatMap(({ bodies }) => bodies.map(({ record }) => `bodies/${record.slice(0, 2)}/${record}`)));
  t.strictSame(before, [...new Set(named)].sort(), 'no litter, also before the scan');
  t.equal(all.length, objects);
  await store.close();
  return objects;
}

t.test('whatever happens', async (t) => {
  const seen: Record<string, number> = {};
  for (let seed = 1; seed <= SEEDS; seed++) {
    const folder = storeFolder(t);
    const disk = new ModelledDisk(await openStore(t, folder), seed % 3 === 0 ? 'second' : 'always');
    const model = new Model(seed, disk.desk, disk);
    await model.run(STEPS);
    await model.drain();
    const { diskFinds, diskWrites, diskEvictions, diskNotWritten } = disk.desk.coordinator.counts();
    await disk.close(t);
    const objects = await checkDisk(t, model, disk, folder);
    t.same(model.desk.faults.slice(0, 3), [], `seed ${seed}`);
    for (const [name, count] of Object.entries({ ...model.seen, diskFinds: diskFinds!, diskWrites: diskWrites!, diskEvictions: diskEvictions!, diskNotWritten: diskNotWritten!, objects })) seen[name] = (seen[name] ?? 0) + count;
  }
  for (const [name, count] of Object.entries(seen)) t.ok(count > (name.startsWith('disk') ? 0 : SEEDS), `${name}: ${count}`);
});

t.test('in the end everything is purged', async (t) => {
  for (let seed = 101; seed <= 105; seed++) {
    const folder = storeFolder(t);
    const disk = new ModelledDisk(await openStore(t, folder), 'always');
    const model = new Model(seed, disk.desk, disk);
    await model.run(STEPS);
    await model.drain();
    await model.end();
    await disk.close(t);
    t.equal(await checkDisk(t, model, disk, folder), 0);
    t.same(model.desk.faults.slice(0, 3), [], `seed ${seed}`);
  }
});
