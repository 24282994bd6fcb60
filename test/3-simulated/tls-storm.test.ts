// The storms of storm.test.ts, of clients that speak TLS: records in pieces, resets in the middle of them, sockets that take a
// byte. One seed alone: SEED=17 npx tap dist/test/3-simulated/tls-storm.test.js
import t from 'tap';
import { Storm, type Outcome } from '../simulated/storm.ts';

const SEEDS = Number(process.env['SEEDS'] ?? 100);
const only = process.env['SEED'];

const replayOf = (seed: number): string => `SEED=${seed} npx tap dist/test/3-simulated/tls-storm.test.js`;
// TLS 1.2 for some: its handshake is one flight longer.
const storm = (seed: number, tickets: boolean): Promise<Outcome> => new Storm(seed, replayOf(seed), { version: seed % 4 === 0 ? 2 : 3, tickets }).run();

t.test('the same seed is the same storm', async (t) => {
  for (const seed of only === undefined ? [1, 2, 3, 4] : [Number(only)]) t.equal((await storm(seed, false)).trace, (await storm(seed, false)).trace, replayOf(seed));
  t.not((await storm(1, false)).trace, (await storm(2, false)).trace, 'and another seed another one');
});

t.test('every answer is true, every end is honest, everything is given back', async (t) => {
  const sum = new Map<string, number>();
  const add = (name: string, count: number): void => void sum.set(name, (sum.get(name) ?? 0) + count);
  for (const seed of only === undefined ? Array.from({ length: SEEDS }, (_, i) => i + 1) : [Number(only)]) {
    const { faults, statuses, struck, cutOff } = await storm(seed, seed % 2 === 1);
    t.same(faults, [], replayOf(seed));
    for (const [status, count] of statuses) add(String(status), count);
    for (const name of ['sendShort', 'sendBlocked', 'connectionReset', 'interrupted', 'readShort'] as const) add(name, struck.get(name) ?? 0);
    add('answers cut off', cutOff);
  }
  if (only !== undefined) return;
  // A storm that blows past everything proves nothing.
  for (const name of ['200', '206', '304', '404', '405', 'sendShort', 'sendBlocked', 'connectionReset', 'interrupted', 'readShort', 'answers cut off']) t.ok(sum.get(name) ?? 0, `${name}: ${sum.get(name) ?? 0}`);
});
