// What protection costs while nobody writes: no system call.
import t from 'tap';
import { get } from '../simulated/request.ts';
import { run } from '../simulated/run.ts';
import type { Site } from '../simulated/site.ts';

const ANSWERS = 50;

/** System calls of so many answers of one file, once it is hot. */
async function callsOf(site: Site, nearness: 'host' | 'network'): Promise<number> {
  const peer = site.connect({ sendBytesMax: 64 << 20, nearness })!;
  for (let i = 0; i < 6; ++i) {
    peer.say(get('/hot'));
    await site.settle(true);
    site.advance(60);
  }
  await site.settle(true);
  const before = site.world.census().calls;
  for (let i = 0; i < ANSWERS; ++i) {
    peer.say(get('/hot'));
    await site.settle(true);
  }
  return site.world.census().calls - before;
}

for (const bytes of [1 << 10, 100 << 10, 1 << 20]) {
  for (const nearness of ['host', 'network'] as const) {
    t.test(`${bytes} bytes to a peer that is ${nearness}`, async (t) => {
      const calls: Record<string, number> = {};
      for (const protect of ['auto', 'off'] as const) {
        await run(t, { protect }, async (site) => {
          site.put('hot', 1, bytes);
          site.advance(5000);
          calls[protect] = await callsOf(site, nearness);
        });
      }
      t.ok(calls['off']! > ANSWERS, `${calls['off']!} calls unprotected`);
      t.ok(calls['auto']! <= calls['off']!, `${calls['auto']!} calls protected`);
    });
  }
}
