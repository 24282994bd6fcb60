// What was purged elsewhere and cannot be had any more: everything is purged, where it may be missing, and nowhere else.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Purge } from '../../cache/store/messages.ts';
import { shortFolder, until } from '../serving.ts';
import { caughtUp, node, since, type Node } from './nodes.ts';
import { Redis, withoutRedis } from './redis.ts';
import { Relay } from './relay.ts';

const key = (name: string | number): Purge => ({ by: 'key', key: `http://a/${name}` });
const TRIMMED_TO = 1000;

const forgot = ({ reports }: Node): number => reports.filter((report) => report.startsWith('clusterForgot')).length;

t.setTimeout(180_000);

t.test('losses', { skip: withoutRedis(), timeout: 180_000 }, (t) => {
  t.test('killed, and there again with all that it had: nothing is purged for that', async (t) => {
    const redis = await Redis.start(t, ['--appendonly', 'yes', '--appendfsync', 'always']);
    const [one, two] = [await node(t, { redis: `unix:${redis.path}`, timeoutMs: 50 }), await node(t, { redis: `unix:${redis.path}` })];
    await caughtUp(one, two);
    await one.cluster.publish(key(1), false);
    await redis.kill();
    await until(() => !one.cluster.status().connected, 'the end of the connection');
    t.equal(await one.cluster.publish(key(2), false), 'queued');
    await redis.start();
    await until(() => since(two).length >= 2, 'the second purge');
    t.strictSame(since(two), ['key http://a/1', 'key http://a/2']);
    t.strictSame(since(one), []);
    t.strictSame([forgot(one), forgot(two)], [0, 0]);
  });

  t.test('killed, and there again with nothing: everything is purged on all', async (t) => {
    const redis = await Redis.start(t);
    const [one, two] = [await node(t, { redis: `unix:${redis.path}`, timeoutMs: 50 }), await node(t, { redis: `unix:${redis.path}` })];
    await caughtUp(one, two);
    await one.cluster.publish(key(1), false);
    await until(() => since(two).length > 0, 'the first purge');
    await redis.kill();
    await until(() => !one.cluster.status().connected, 'the end of the connection');
    const late = one.cluster.publish(key(2), false);
    await redis.start();
    await until(() => forgot(one) === 1 && forgot(two) === 1 && one.cluster.status().queued === 0, 'both to find out');
    await late;
    await one.cluster.publish(key(3), false);
    await until(() => since(two).includes('key http://a/3'), 'the third purge');
    t.strictSame(since(one), ['everything']);
    t.equal(since(two).filter((purge) => purge === 'everything').length, 1, 'once');
    t.ok(since(two).includes('key http://a/2') || since(two).at(-1) === 'key http://a/3', 'what waited was sent, before it found out or after');
  });

  t.test('there again as it was some time ago, as a replica may be: all are told, also who cannot see it', async (t) => {
    const redis = await Redis.start(t, ['--dbfilename', 'now.rdb']);
    const relay = await Relay.open(t, redis.path);
    const [one, far] = [await node(t, { redis: `unix:${redis.path}`, timeoutMs: 50 }), await node(t, { redis: relay.url })];
    await caughtUp(one, far);
    await until(() => [one, far].every(({ cluster }) => cluster.status().nodes.length === 1), 'both to know what the other runs: then they say nothing more');
    await redis.ask('SAVE');
    const before = join(redis.folder, 'now.rdb');
    copyFileSync(before, `${before}.old`);
    relay.cut();
    t.equal(await one.cluster.publish(key('lost'), false), undefined, 'Redis has it, it says');
    await until(() => one.cluster.status().lastId !== far.cluster.status().lastId, 'the one to have read it');
    await redis.kill();
    copyFileSync(`${before}.old`, before);
    await redis.start();
    relay.heal();
    await until(() => forgot(one) === 1 && since(far).includes('everything'), 'all to know');
    t.strictSame(since(far), ['everything'], 'the far one, whose place in the stream is as it was, has heard it from the other');
    t.strictSame(since(one), ['everything']);
    t.equal(forgot(far), 0);
  });

  t.test('the stream is deleted', async (t) => {
    const redis = await Redis.start(t);
    const [one, two] = [await node(t, { redis: `unix:${redis.path}` }), await node(t, { redis: `unix:${redis.path}` })];
    await caughtUp(one, two);
    await one.cluster.publish(key(1), false);
    await until(() => since(two).length === 1, 'the first purge');
    for (const command of [['DEL', 'pagecast'], ['FLUSHALL'], ['XTRIM', 'pagecast', 'MAXLEN', '0']]) {
      const before = [forgot(one), forgot(two)];
      await redis.ask(...command);
      await until(() => forgot(one) === before[0]! + 1 && forgot(two) === before[1]! + 1, command.join(' '));
      await one.cluster.publish(key(command[0]!), false);
      await until(() => since(two).at(-1) === `key http://a/${command[0]!}`, `a purge after ${command[0]!}`);
    }
    t.equal(since(two).filter((purge) => purge === 'everything').length, 3);
    t.equal(since(one).filter((purge) => purge === 'everything').length, 3);
  });

  t.test('its key is of another kind: told, and all is well when it is gone', async (t) => {
    const redis = await Redis.start(t);
    await redis.ask('SET', 'pagecast', 'x');
    const one = await node(t, { redis: `unix:${redis.path}` });
    await until(() => one.reports.length > 0, 'a report');
    t.match(one.reports, [/^clusterFailed .*WRONGTYPE/]);
    await redis.ask('DEL', 'pagecast');
    await caughtUp(one);
    t.equal(one.reports.length, 1, 'the same fault is told once');
  });

  t.test('away for longer than the stream is', async (t) => {
    const redis = await Redis.start(t);
    const relay = await Relay.open(t, redis.path);
    const [near, far] = [await node(t, { redis: `unix:${redis.path}`, entriesMax: TRIMMED_TO }), await node(t, { redis: relay.url })];
    await caughtUp(near, far);
    relay.cut();
    await Promise.all(Array.from({ length: 3 * TRIMMED_TO }, (_, i) => near.cluster.publish(key(i), false)));
    relay.heal();
    await until(() => forgot(far) === 1 && far.cluster.status().connected, 'the far one to find out');
    await near.cluster.publish(key('after'), false);
    await until(() => since(far).includes('key http://a/after'), 'the last purge');
    t.strictSame(since(far), ['everything', 'key http://a/after']);
    t.ok(((await redis.ask('XLEN', 'pagecast')) as number) < 1.5 * TRIMMED_TO, 'it is trimmed');
    t.equal(forgot(near), 0);
  });

  t.test('its place outlives a start, beside a store on disk', async (t) => {
    const redis = await Redis.start(t);
    const positionPath = join(shortFolder(t), 'cluster');
    const near = await node(t, { redis: `unix:${redis.path}`, entriesMax: TRIMMED_TO });
    const lives = async (): Promise<Node> => {
      const life = await node(t, { redis: `unix:${redis.path}`, positionPath });
      await caughtUp(life);
      return life;
    };
    const first = await lives();
    t.strictSame(first.applied, ['everything'], 'nobody knows what is on disk');
    await near.cluster.publish(key('first'), false);
    await until(() => since(first).length > 0, 'the first purge');
    await first.end();
    await near.cluster.publish(key('away'), true);
    const second = await lives();
    t.strictSame(second.applied, ['soft key http://a/away'], 'what came meanwhile, and no more');
    await second.end();

    const place = readFileSync(positionPath, 'utf8');
    for (const damaged of ['', place.slice(0, 20), '{}', 'null', place.replace('pagecast', 'another'), place.replace(/"id":"\d/, '"id":"9'), place.replace(/"sequence":\d+/, '"sequence":77'), place.replace(/"id":"[^"]*"/, '"id":"x"')]) {
      writeFileSync(positionPath, damaged);
      const third = await lives();
      t.strictSame(third.applied, ['everything'], `a place that is ${JSON.stringify(damaged)}`);
      await third.end();
    }
    await Promise.all(Array.from({ length: 3 * TRIMMED_TO }, (_, i) => near.cluster.publish(key(i), false)));
    const last = await lives();
    t.strictSame(last.applied, ['everything'], 'down for longer than the stream is');
    t.equal(forgot(last), 1);
  });

  t.end();
});
