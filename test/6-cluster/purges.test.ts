// Nodes in one process, a real Redis: purges reach all, in order, whatever is cut, and each once.
import t from 'tap';
import type { Purge } from '../../cache/store/messages.ts';
import { pause, until } from '../serving.ts';
import { caughtUp, node, since } from './nodes.ts';
import { Redis, withoutRedis } from './redis.ts';
import { Relay } from './relay.ts';

const key = (name: string | number): Purge => ({ by: 'key', key: `http://a/${name}` });
const MANY = 10_000;

t.setTimeout(180_000);

t.test('purges', { skip: withoutRedis(), timeout: 180_000 }, (t) => {
  t.test('one of three purges, and all have', async (t) => {
    const redis = await Redis.start(t);
    const [one, two, three] = [await node(t, { redis: `unix:${redis.path}` }), await node(t, { redis: `unix:${redis.path}` }), await node(t, { redis: `unix:${redis.path}` })];
    await caughtUp(one, two, three);
    for (const each of [one, two, three]) t.strictSame(each.applied, ['everything'], 'a node begins with nothing that may have been purged');
    const purges: readonly (readonly [Purge, boolean])[] = [
      [key('é\xff'), false], [{ by: 'tag', tag: 'a b' }, true], [{ by: 'prefix', prefix: '' }, false], [{ by: 'everything' }, true], [{ by: 'everything' }, false],
    ];
    for (const [purge, soft] of purges) t.equal(await one.cluster.publish(purge, soft), undefined, 'Redis has it');
    const expected = ['key http://a/é\xff', 'soft tag a b', 'prefix', 'soft everything', 'everything'];
    await until(() => since(two).length >= 5 && since(three).length >= 5, 'the purges');
    t.strictSame(since(two), expected);
    t.strictSame(since(three), expected);
    await pause(50);
    t.strictSame(since(one), [], 'the one who has purged does not do it again');
    t.equal(one.cluster.status().queued, 0);
    t.equal(one.cluster.status().lastId, two.cluster.status().lastId);
    t.match(one.cluster.counts(), { clusterPublished: 5, clusterHeard: 0, clusterConnected: 1 });
    t.match(two.cluster.counts(), { clusterPublished: 0, clusterHeard: 5, clusterConnected: 1 });
  });

  t.test('what comes twice is carried out once; what nobody understands is a purge of everything', async (t) => {
    const redis = await Redis.start(t);
    const one = await node(t, { redis: `unix:${redis.path}` });
    await caughtUp(one);
    const fields = ['node', 'aa', 'sequence', '7', 'kind', 'purge', 'effect', 'gone', 'by', 'key', 'name', 'http://a/'];
    for (let i = 0; i < 3; i++) await redis.ask('XADD', 'pagecast', '*', ...fields);
    const strange = [
      ['node', 'aa', 'sequence', '8', 'kind', 'config'], ['x', 'y'], ['node', 'aa', 'sequence', '-1', 'kind', 'purge', 'effect', 'gone', 'by', 'tag'],
      ['node', 'aa', 'sequence', '9', 'kind', 'purge', 'effect', 'half', 'by', 'everything'], ['node', 'aa', 'sequence', '10', 'kind', 'purge', 'by', 'everything'],
      ['kind', 'purge', 'effect', 'gone', 'by', 'host', 'name', 'x'], ['node', 'aa', 'sequence', '11', 'kind', 'lost'],
    ];
    for (const one of strange) await redis.ask('XADD', 'pagecast', '*', ...one);
    await redis.ask('XADD', 'pagecast', '*', 'node', 'bb', 'sequence', '1', 'kind', 'joined');
    await redis.ask('XADD', 'pagecast', '*', 'node', 'bb', 'sequence', '7', 'kind', 'purge', 'effect', 'stale', 'by', 'tag', 'name', 'last');
    await until(() => since(one).includes('soft tag last'), 'the last one');
    t.strictSame(since(one), ['key http://a/', ...strange.map(() => 'everything'), 'soft tag last']);
  });

  t.test(`${MANY} purges of others and of its own while a node is cut off`, async (t) => {
    const redis = await Redis.start(t);
    const relay = await Relay.open(t, redis.path);
    const [far, near] = [await node(t, { redis: relay.url, timeoutMs: 100 }), await node(t, { redis: `unix:${redis.path}` })];
    await caughtUp(far, near);
    relay.cut();
    const [outcomes] = await Promise.all([
      Promise.all(Array.from({ length: MANY }, (_, i) => far.cluster.publish(key(`far-${i}`), false))),
      Promise.all(Array.from({ length: MANY }, (_, i) => near.cluster.publish(key(`near-${i}`), false))),
    ]);
    t.ok(outcomes.every((outcome) => outcome === 'queued'), 'whoever asks is told that others have not heard of it');
    t.equal(far.cluster.status().queued, MANY);
    t.strictSame(since(far), []);
    relay.heal();
    await until(() => since(far).length >= MANY && since(near).length >= MANY && far.cluster.status().queued === 0, 'all purges');
    t.strictSame(since(far), Array.from({ length: MANY }, (_, i) => `key http://a/near-${i}`), 'in order, each once');
    t.strictSame(since(near), Array.from({ length: MANY }, (_, i) => `key http://a/far-${i}`));
    t.equal(far.reports.filter((report) => report.startsWith('clusterForgot')).length, 0);
  });

  t.test('one that was sent and whose answer was lost is carried out once', async (t) => {
    const redis = await Redis.start(t);
    const relay = await Relay.open(t, redis.path);
    const [far, near] = [await node(t, { redis: relay.url, timeoutMs: 50 }), await node(t, { redis: `unix:${redis.path}` })];
    await caughtUp(far, near);
    for (let round = 0; round < 20; round++) {
      const published = Array.from({ length: 50 }, (_, i) => far.cluster.publish(key(`${round}-${i}`), false));
      if (round % 3 === 0) await pause(round / 3);
      relay.cut();
      await Promise.all(published);
      relay.heal();
    }
    await until(() => since(near).length >= 1000 && far.cluster.status().queued === 0, 'all purges');
    await near.cluster.publish(key('end'), false);
    await until(() => since(far).includes('key http://a/end'), 'the end');
    t.strictSame([...since(near)].sort(), Array.from({ length: 1000 }, (_, i) => `key http://a/${Math.floor(i / 50)}-${i % 50}`).sort());
  });

  t.test('without Redis: told, and sent when it is there', async (t) => {
    const redis = await Redis.start(t);
    await redis.kill();
    const one = await node(t, { redis: `unix:${redis.path}`, timeoutMs: 20, queueMax: 3 });
    t.strictSame(await Promise.all([1, 2, 3, 4].map((name) => one.cluster.publish(key(name), false))), ['queued', 'queued', 'queued', 'dropped']);
    t.match(one.cluster.counts(), { clusterDropped: 1, clusterQueued: 3, clusterConnected: 0 });
    await until(() => one.reports.length > 0, 'a report');
    t.match(one.reports, [/^clusterFailed .*ENOENT|ECONNREFUSED/]);
    await redis.start();
    await caughtUp(one);
    await until(() => one.cluster.status().queued === 0, 'an empty queue');
    const kinds = (await redis.ask('XRANGE', 'pagecast', '-', '+')) as [string, string[]][];
    t.strictSame(kinds.map(([, fields]) => (fields.includes('config') ? fields[5] : fields.at(-1))), ['joined', 'http://a/1', 'http://a/2', 'http://a/3']);
    t.equal(await one.cluster.publish(key(5), false), undefined);
  });

  t.test('a node that is slow loses none, and has time for others', async (t) => {
    const redis = await Redis.start(t);
    const slow = await node(t, { redis: `unix:${redis.path}`, work: () => burn(2) });
    const quick = await node(t, { redis: `unix:${redis.path}` });
    await caughtUp(slow, quick);
    let turns = 0;
    const turning = setInterval(() => (turns += 1), 1);
    await Promise.all(Array.from({ length: 1000 }, (_, i) => quick.cluster.publish(key(i), false)));
    await until(() => since(slow).length >= 1000, 'all purges', 60_000);
    clearInterval(turning);
    t.strictSame(since(slow), Array.from({ length: 1000 }, (_, i) => `key http://a/${i}`));
    t.ok(turns > 50, `${turns} turns of a timer while 2 s of work were done`);
  });

  t.test('what waits when a node is closed gets to Redis; where there is none, it is told', async (t) => {
    const redis = await Redis.start(t);
    const [one, two] = [await node(t, { redis: `unix:${redis.path}` }), await node(t, { redis: `unix:${redis.path}` })];
    await caughtUp(one, two);
    const published = Array.from({ length: 500 }, (_, i) => one.cluster.publish(key(i), false));
    await one.end();
    t.ok((await Promise.all(published)).every((outcome) => outcome === undefined));
    await until(() => since(two).length >= 500, 'all purges');
    t.equal(await one.cluster.publish(key('late'), false), 'dropped');
    await redis.kill();
    await until(() => !two.cluster.status().connected, 'the end of the connection');
    void two.cluster.publish(key('lost'), false);
    await two.end();
    t.ok(two.reports.some((report) => report.includes('"purges":1')), 'the operator is told');
  });

  t.end();
});

function burn(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}
