import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import fc from 'fast-check';
import t from 'tap';
import { HalfSipHash } from '../../server/access/half-sip-hash.ts';
import { PeerNetwork } from '../../server/access/peer.ts';
import { RateLimit, type RateLimitOptions } from '../../server/access/rate-limit.ts';
import type { Taking } from './taker.ts';

const NOW = 1_790_000_000_000;

/** How often in a row, at most `max` times. */
function takenAt(limit: RateLimit, address: string, nowMs: number, max = Infinity): number {
  let taken = 0;
  while (taken < max && limit.take(address, nowMs) === 0) taken += 1;
  return taken;
}

t.test('a burst, then one after each interval', (t) => {
  const limit = new RateLimit({ perSecond: 2, burst: 3 });
  t.equal(takenAt(limit, '192.0.2.1', NOW), 3);
  t.equal(limit.take('192.0.2.1', NOW), 500);
  t.equal(limit.take('192.0.2.1', NOW), 500, 'asking costs nothing');
  t.ok(Math.abs(limit.take('192.0.2.1', NOW + 400) - 100) < 0.01);
  t.equal(takenAt(limit, '192.0.2.1', NOW + 500), 1);
  t.equal(takenAt(limit, '192.0.2.1', NOW + 1_499), 1);
  t.equal(takenAt(limit, '192.0.2.1', NOW + 2_000), 2);
  t.equal(takenAt(limit, '192.0.2.1', NOW + 60_000), 3, 'no more than a burst is saved up');
  t.end();
});

t.test('a burst is exact at every rate and at any time', (t) => {
  for (const perSecond of [0.001, 0.1, 1 / 3, 1, 3, 7.77, 999, 12_345, 700_001, 1_000_000]) {
    for (const burst of [1, 2, 1000]) {
      for (const nowMs of [0, 0.5, NOW, NOW + 0.123, 4_102_444_800_000]) {
        const limit = new RateLimit({ perSecond, burst });
        const taken = takenAt(limit, '2001:db8::1', nowMs, burst + 1);
        if (taken !== burst) t.fail(`${taken} instead of ${burst} at ${perSecond}/s and ${nowMs} ms`);
      }
    }
  }
  t.equal(takenAt(new RateLimit({ perSecond: 1_000_000, burst: 1_000_000 }), '192.0.2.1', NOW), 1_000_000);
  t.end();
});

const settings = fc.record({ perSecond: fc.double({ min: 0.001, max: 1000, noNaN: true }), burst: fc.integer({ min: 1, max: 20 }) });

t.test('who waits as long as it was told is let in', (t) => {
  fc.assert(
    fc.property(settings, fc.double({ min: 0, max: 4e12, noNaN: true }), fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }), (options, startMs, pauses) => {
      const limit = new RateLimit(options);
      let nowMs = startMs;
      for (const pause of pauses) {
        takenAt(limit, '192.0.2.1', nowMs, options.burst);
        const waitMs = limit.take('192.0.2.1', nowMs);
        if (waitMs <= 0 || waitMs > 1000 / options.perSecond + 0.01) return false;
        const soonMs = nowMs + waitMs * pause * 0.99;
        if (limit.take('192.0.2.1', soonMs) === 0) return false;
        nowMs += waitMs;
        if (limit.take('192.0.2.1', nowMs) !== 0) return false;
      }
      return true;
    }),
  );
  t.end();
});

t.test('however requests come: never more than the burst and what the rate allows meanwhile', (t) => {
  fc.assert(
    fc.property(settings, fc.array(fc.double({ min: 0, max: 3, noNaN: true }), { minLength: 1, maxLength: 200 }), (options, pauses) => {
      const limit = new RateLimit(options);
      let taken = 0;
      let intervals = 0;
      for (const pause of pauses) {
        intervals += pause * pause * pause / 9;
        if (limit.take('192.0.2.1', NOW + (intervals * 1000) / options.perSecond) === 0) taken += 1;
        if (taken > options.burst + intervals + 0.01) return false;
      }
      return true;
    }),
    { numRuns: 500 },
  );
  t.end();
});

t.test('one account for one client, another for another', (t) => {
  const alike: readonly (readonly string[])[] = [
    ['192.0.2.1', '::ffff:192.0.2.1', '::ffff:c000:201'],
    ['2001:db8:1:2::', '2001:db8:1:2:3:4:5:6', '2001:DB8:1:2:ffff::', '2001:db8:1:2::1%eth0'],
    ['192.0.2.2'], ['2001:db8:1:3::'], ['2001:db8:1::'], ['::1'], ['127.0.0.1'], ['1.0.0.0'], ['0.0.0.1'], ['0:0:c000:201::'],
  ];
  const limit = new RateLimit({ perSecond: 1, burst: 1 });
  for (const addresses of alike) {
    t.equal(limit.take(addresses[0]!, NOW), 0, `${addresses[0]!}, for the first time`);
    for (const address of addresses) t.equal(limit.take(address, NOW), 1000, `${address}, again`);
  }
  for (const address of ['', 'unix']) t.equal(takenAt(limit, address, NOW, 1000), 1000, 'a unix socket is not counted');
  t.end();
});

t.test('a clock that is set back locks nobody out', (t) => {
  for (const backMs of [1, 10, 500, 999, 1_001, 5_000, 60_000, 86_400_000, 1e12, NOW]) {
    for (const [perSecond, burst] of [[1, 1], [1, 100], [1000, 1000], [0.01, 2], [1_000_000, 1]] as const) {
      const limit = new RateLimit({ perSecond, burst });
      takenAt(limit, '192.0.2.1', NOW, burst);
      const waitMs = limit.take('192.0.2.1', NOW - backMs);
      const longestMs = 1000 / perSecond + 1000.01;
      if (waitMs > longestMs) t.fail(`set back by ${backMs} ms, ${perSecond}/s: ${waitMs} ms`);
      if (waitMs > 0 && limit.take('192.0.2.1', NOW - backMs + waitMs + 1) !== 0) t.fail(`set back by ${backMs} ms, ${perSecond}/s: refused after ${waitMs} ms`);
    }
  }
  t.pass('all looked at');
  t.end();
});

t.test('clocks of threads that differ a little give no second burst', (t) => {
  const limit = new RateLimit({ perSecond: 10, burst: 5 });
  t.equal(takenAt(limit, '192.0.2.1', NOW), 5);
  for (const skewMs of [0.001, 1, 15, 100, 999]) t.ok(limit.take('192.0.2.1', NOW - skewMs) > 0, `${skewMs} ms behind`);
  t.end();
});

t.test('more clients than slots: bounded memory, and no stranger is refused', (t) => {
  const shared = RateLimit.share();
  t.equal(shared.byteLength, 65_536 * 12 + 8);
  const limit = new RateLimit({ perSecond: 0.001, burst: 1, shared });
  let refused = 0;
  for (let k = 0; k < 200_000; k++) {
    if (limit.take(`10.${k >> 16}.${(k >> 8) & 255}.${k & 255}`, NOW) !== 0) refused += 1;
  }
  t.equal(refused, 0);
  t.end();
});

t.test('a client keeps its account among a thousand others', (t) => {
  const limit = new RateLimit({ perSecond: 1, burst: 10 });
  takenAt(limit, '192.0.2.1', NOW);
  for (let k = 0; k < 1_000; k++) takenAt(limit, `2001:db8:${k.toString(16)}::1`, NOW);
  t.ok(limit.take('192.0.2.1', NOW) > 0);
  t.end();
});

/** Addresses that meet in the bucket of the first one. */
function meeting(shared: SharedArrayBuffer, count: number): string[] {
  const [key0, key1] = new Uint32Array(shared, shared.byteLength - 8);
  const hash = new HalfSipHash(key0!, key1!);
  const network = new PeerNetwork();
  const found: string[] = [];
  let bucket = -1;
  for (let k = 0; found.length < count; k++) {
    const address = `10.${k >> 16}.${(k >> 8) & 255}.${k & 255}`;
    network.read(address);
    hash.hash(network.high, network.low);
    if (bucket < 0) bucket = hash.first & 8191;
    if ((hash.first & 8191) === bucket) found.push(address);
  }
  return found;
}

t.test('where there is no room, who owes least goes', (t) => {
  const shared = RateLimit.share();
  const limit = new RateLimit({ perSecond: 1, burst: 10, shared });
  const [ninth, ...eight] = meeting(shared, 9);
  for (const [index, address] of eight.entries()) t.equal(takenAt(limit, address, NOW, index + 2), index + 2);
  t.equal(takenAt(limit, ninth!, NOW), 10, 'a stranger has a whole burst');
  for (const [index, address] of eight.slice(1).entries()) t.equal(takenAt(limit, address, NOW), 7 - index, `${index + 3} were taken before`);
  t.ok(limit.take(ninth!, NOW) > 0);
  t.equal(limit.take(eight[0]!, NOW), 0, 'the one that owed least is a stranger now');
  t.end();
});

t.test('an account that a clock left in the future is the first to go', (t) => {
  const shared = RateLimit.share();
  const limit = new RateLimit({ perSecond: 1, burst: 10, shared });
  const addresses = meeting(shared, 9);
  limit.take(addresses[0]!, NOW + 1e9);
  for (const address of addresses.slice(1)) t.equal(takenAt(limit, address, NOW), 10);
  for (const address of addresses.slice(1)) t.ok(limit.take(address, NOW) > 0, 'all eight are still known');
  t.end();
});

t.test('numbers out of range', (t) => {
  const shared = RateLimit.share();
  for (const perSecond of [0, -1, 0.0009, 1_000_001, NaN, Infinity]) {
    t.throws(() => new RateLimit({ perSecond, burst: 1, shared }), { message: /^a rate must be from 0.001 to 1000000/ }, String(perSecond));
  }
  for (const burst of [0, -1, 1.5, 1_000_001, NaN, Infinity]) {
    t.throws(() => new RateLimit({ perSecond: 1, burst, shared }), { message: /^a burst must be a whole number/ }, String(burst));
  }
  for (const bytes of [0, 8, shared.byteLength - 1, shared.byteLength + 8]) {
    const wrong = new SharedArrayBuffer(bytes);
    t.throws(() => new RateLimit({ perSecond: 1, burst: 1, shared: wrong }), { message: /^the table of a rate limit has/ });
  }
  for (const perSecond of [0.001, 1_000_000]) {
    for (const burst of [1, 1_000_000]) t.equal(new RateLimit({ perSecond, burst }).take('::1', NOW), 0, `${perSecond}/s, ${burst}`);
  }
  t.end();
});

t.test('every table has a key of its own', (t) => {
  const keys = Array.from({ length: 8 }, () => Buffer.from(RateLimit.share(), 65_536 * 12).toString('hex'));
  t.equal(new Set(keys).size, keys.length);
  t.end();
});

async function takenBy(worker: Worker, taking: Taking): Promise<number> {
  worker.postMessage(taking);
  const [taken] = (await once(worker, 'message')) as [number];
  return taken;
}

t.test('two threads, one limit', async (t) => {
  const options: RateLimitOptions = { perSecond: 1, burst: 100, shared: RateLimit.share() };
  const workers = [0, 1].map(() => new Worker(new URL('./taker.js', import.meta.url), { workerData: options }));
  const [one, other] = workers as [Worker, Worker];
  t.teardown(() => Promise.all(workers.map((worker) => worker.terminate())));
  t.equal(await takenBy(one, { address: '192.0.2.1', nowMs: NOW, max: 60 }), 60);
  t.equal(await takenBy(other, { address: '192.0.2.1', nowMs: NOW, max: 60 }), 40);
  t.equal(await takenBy(one, { address: '192.0.2.1', nowMs: NOW, max: 60 }), 0);
  t.equal(await takenBy(one, { address: '192.0.2.2', nowMs: NOW, max: 60 }), 60, 'another client');
  t.equal(new RateLimit(options).take('192.0.2.1', NOW), 1000, 'and this one');
  t.equal(await takenBy(other, { address: '192.0.2.1', nowMs: NOW + 2_000, max: 60 }), 2);
});

t.test('two threads at the same moment: the burst is granted, and then it is over', async (t) => {
  const burst = 100_000;
  const options: RateLimitOptions = { perSecond: 1, burst, shared: RateLimit.share() };
  const workers = [0, 1].map(() => new Worker(new URL('./taker.js', import.meta.url), { workerData: options }));
  t.teardown(() => Promise.all(workers.map((worker) => worker.terminate())));
  const taken = await Promise.all(workers.map((worker) => takenBy(worker, { address: '192.0.2.1', nowMs: NOW, max: 100 * burst })));
  t.ok(taken[0]! + taken[1]! >= burst);
  t.ok(taken[0]! < 100 * burst && taken[1]! < 100 * burst, 'both were refused in the end');
  t.ok(new RateLimit(options).take('192.0.2.1', NOW) > 0);
});
