// Whatever happens, in whatever order; with a disk behind it: 5-store/tier-model.test.ts. A seed that fails is in the name of the failure.
import t from 'tap';
import { Desk } from './coordinator-desk.ts';
import { MEMORY, Model } from './coordinator-model.ts';

const SEEDS = 150;
const STEPS = 600;

t.test('whatever happens', async (t) => {
  const seen: Record<string, number> = {};
  for (let seed = 1; seed <= SEEDS; seed++) {
    const model = new Model(seed, new Desk(MEMORY));
    await model.run(STEPS);
    await model.drain();
    await model.end();
    t.same(model.desk.faults.slice(0, 3), [], `seed ${seed}`);
    for (const [name, count] of Object.entries(model.seen)) seen[name] = (seen[name] ?? 0) + count;
  }
  for (const [name, count] of Object.entries(seen)) t.ok(count > SEEDS, `${name}: ${count}`);
});
