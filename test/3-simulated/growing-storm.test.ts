// Storms of bodies that arrive, on the simulated kernel. One seed alone: SEED=17 npx tap dist/test/3-simulated/growing-storm.test.js
import t from 'tap';
import { GrowingStorm, type Outcome } from '../simulated/growing-storm.ts';

const SEEDS = Number(process.env['SEEDS'] ?? 200);
const only = process.env['SEED'];

const replayOf = (seed: number): string => `SEED=${seed} npx tap dist/test/3-simulated/growing-storm.test.js`;
const storm = (seed: number): Promise<Outcome> => new GrowingStorm(seed).run();

t.test('the same seed is the same storm', async (t) => {
  for (const seed of only === undefined ? [1, 2, 3] : [Number(only)]) t.equal((await storm(seed)).trace, (await storm(seed)).trace, replayOf(seed));
  t.not((await storm(1)).trace, (await storm(2)).trace, 'and another seed another one');
});

t.test('every answer is true or cut off, everything is given back', async (t) => {
  const sum = new Map<string, number>();
  const add = (name: string, count: number): void => void sum.set(name, (sum.get(name) ?? 0) + count);
  for (const seed of only === undefined ? Array.from({ length: SEEDS }, (_, i) => i + 1) : [Number(only)]) {
    const { faults, complete, cutOff, bodiesBroken } = await storm(seed);
    t.same(faults, [], replayOf(seed));
    for (const [kind, count] of complete) add(kind, count);
    add('cut off', cutOff);
    add('bodies broken', bodiesBroken);
  }
  if (only !== undefined) return;
  // A storm that blows past everything proves nothing.
  for (const name of ['whole', 'until-end', 'parts', 'settled', 'cut off', 'bodies broken']) t.ok(sum.get(name) ?? 0, `${name}: ${sum.get(name) ?? 0}`);
});
