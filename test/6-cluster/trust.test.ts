// For how long what is stored is used without word from Redis.
import t from 'tap';
import { Generations } from '../../cache/store/generations.ts';
import { pause, until } from '../serving.ts';
import { caughtUp, node, since } from './nodes.ts';
import { Redis, withoutRedis } from './redis.ts';
import { Relay } from './relay.ts';

const STALE_MAX_MS = 600;

t.setTimeout(180_000);

t.test('as workers look at it', (t) => {
  const nowMs = 1_800_000_000_123;
  const fresh = (): Generations => new Generations(Generations.create());
  t.ok(fresh().trusts(0, nowMs), 'a machine that is alone trusts itself');
  const times = [nowMs, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 32 + 2, 2 ** 41 - 1, 3 * 2 ** 31 - 5];
  for (const now of times) {
    const generations = fresh();
    generations.trust(now + 1000, 5000);
    t.ok(generations.trusts(0, now), `${now}: before it ends`);
    t.ok(generations.trusts(0, now + 997));
    t.notOk(generations.trusts(0, now + 1003), 'after that');
    t.ok(generations.trusts(now - 4000, now + 999), 'what has just come is known to be current');
    t.ok(generations.trusts(now - 3990, now + 1005));
    t.notOk(generations.trusts(now - 4000, now + 1005), 'until that is long ago, too');
    t.notOk(generations.trusts(now + 5000, now + 1005), 'what seems to come from the future is not known to be current');
    generations.trust(undefined, 5000);
    t.notOk(generations.trusts(now - 5000, now), 'taken back');
    t.ok(generations.trusts(now - 4999, now));
    const slot = generations.slotOf('http://a/');
    t.equal(generations.at(slot), 0, 'no counter is touched');
  }
  t.end();
});

t.test('as a node tells it', { skip: withoutRedis(), timeout: 120_000 }, (t) => {
  t.test('without Redis: not at all', async (t) => {
    const one = await node(t, { redis: 'redis://127.0.0.1:1', staleMaxMs: 100 });
    t.equal(one.trustedUntilMs(), undefined);
    await until(() => one.reports.some((report) => report.startsWith('clusterOut')), 'the report that it is out');
    t.equal(one.trustedUntilMs(), undefined);
    t.match(one.cluster.status(), { connected: false, lastId: undefined, queued: 0 });
  });

  t.test('cut off, frozen, gone: no longer than staleMaxMs from the last question', async (t) => {
    const redis = await Redis.start(t);
    const relay = await Relay.open(t, redis.path);
    const one = await node(t, { redis: relay.url, staleMaxMs: STALE_MAX_MS });
    const two = await node(t, { redis: `unix:${redis.path}`, staleMaxMs: STALE_MAX_MS });
    const outages: readonly (readonly [string, () => unknown, () => unknown])[] = [
      ['the line is cut', () => relay.cut(), () => relay.heal()],
      ['Redis stands still', () => redis.freeze(), () => redis.thaw()],
      ['Redis is gone', () => redis.kill(), () => redis.start()],
    ];
    for (const [what, begin, end] of outages) {
      await caughtUp(one, two);
      await until(() => (one.trustedUntilMs() ?? 0) > Date.now(), `trust before ${what}`);
      one.reports.length = 0;
      await begin();
      const cutMs = Date.now();
      await until(() => one.trustedUntilMs() === undefined, what);
      t.match(one.reports.filter((report) => !report.startsWith('clusterFailed')), [/^clusterOut/], what);
      t.ok(Date.now() - cutMs >= STALE_MAX_MS / 2, 'not at once');
      t.ok(one.cluster.status().lagMs > STALE_MAX_MS);
      await pause(50);
      t.equal(one.trustedUntilMs(), undefined, 'it stays so');
      await end();
      await until(() => (one.trustedUntilMs() ?? 0) > Date.now(), `trust after ${what}`);
      t.ok(one.reports.at(-1)?.startsWith('clusterBack'), 'and is told');
    }
  });

  t.test('it is not trusted again before all was carried out', async (t) => {
    const redis = await Redis.start(t);
    const relay = await Relay.open(t, redis.path);
    const near = await node(t, { redis: `unix:${redis.path}` });
    let early = 0;
    let look = (): void => undefined;
    const far = await node(t, { redis: relay.url, staleMaxMs: STALE_MAX_MS, work: () => look() });
    await caughtUp(near, far);
    relay.cut();
    look = () => void (early += far.trustedUntilMs() === undefined ? 0 : 1);
    await until(() => far.trustedUntilMs() === undefined, 'the end of trust');
    await Promise.all(Array.from({ length: 2000 }, (_, i) => near.cluster.publish({ by: 'tag', tag: String(i) }, true)));
    relay.heal();
    await until(() => far.trustedUntilMs() !== undefined, 'trust');
    t.equal(since(far).length, 2000);
    t.equal(early, 0);
  });

  t.end();
});
