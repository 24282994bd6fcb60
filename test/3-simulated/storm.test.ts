// Storms of clients and faults on the simulated kernel. One seed alone: SEED=17 npx tap dist/test/3-simulated/storm.test.js
import t from 'tap';
import { Storm, type Outcome } from '../simulated/storm.ts';

const SEEDS = Number(process.env['SEEDS'] ?? 200);
const only = process.env['SEED'];

const replayOf = (seed: number): string => `SEED=${seed} npx tap dist/test/3-simulated/storm.test.js`;
const storm = (seed: number): Promise<Outcome> => new Storm(seed, replayOf(seed)).run();

t.test('the same seed is the same storm, call for call and byte for byte', async (t) => {
  for (const seed of only === undefined ? [1, 2, 3, 4, 5] : [Number(only)]) {
    t.equal((await storm(seed)).trace, (await storm(seed)).trace, replayOf(seed));
  }
  t.not((await storm(1)).trace, (await storm(2)).trace, 'and another seed another one');
});

t.test('every answer is true, every end is honest, everything is given back', async (t) => {
  const outcomes: Outcome[] = [];
  for (const seed of only === undefined ? Array.from({ length: SEEDS }, (_, i) => i + 1) : [Number(only)]) {
    const outcome = await storm(seed);
    outcomes.push(outcome);
    t.same(outcome.faults, [], replayOf(seed));
  }
  if (only !== undefined) return;
  // A storm that blows past everything proves nothing.
  const sum = new Map<string, number>();
  const add = (name: string, count: number): void => void sum.set(name, (sum.get(name) ?? 0) + count);
  for (const { statuses, struck, cutOff } of outcomes) {
    for (const [status, count] of statuses) add(String(status), count);
    for (const [name, count] of struck) add(name, count);
    add('answers cut off', cutOff);
  }
  for (const status of [200, 204, 206, 301, 304, 400, 404, 405, 408, 416, 500, 503]) if (status !== 301) t.ok(sum.get(String(status)) ?? 0, `answers ${status}: ${sum.get(String(status)) ?? 0}`);
  for (const name of ['leaseBreaks', 'leaseRescans', 'snapshots', 'snapshotsRefused', 'privateCopies', 'privateCopiesRefused', 'writersDelayed', 'writersForced']) {
    const count = outcomes.reduce((total, { census }) => total + (census[name] ?? 0), 0);
    t.ok(count, `${name}: ${count}`);
  }
  for (const [name, count] of sum) if (name !== 'eventNoDescriptor') t.ok(count, `${name}: ${count}`);
});
