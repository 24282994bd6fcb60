// Three servers before one origin: what a client gets of each when one of them purges, while one is cut off, and afterwards.
import t, { type Test } from 'tap';
import { PurgeError, type ServerOptions } from '../../server/index.ts';
import { converse, type Answered } from '../5-cache/talking.ts';
import { serve, shortFolder, until, type Serving } from '../serving.ts';
import { Redis, withoutRedis } from './redis.ts';
import { Relay } from './relay.ts';
import { VersionedOrigin } from './versioned-origin.ts';

const STALE_MAX_MS = 1500;

t.setTimeout(180_000);

interface Machine extends Serving {
  readonly relay: Relay;
}

async function machine(t: Test, redis: Redis, origin: VersionedOrigin, options: ServerOptions = {}): Promise<Machine> {
  const relay = await Relay.open(t, redis.path);
  const serving = await serve(t, { proxy: origin.url, cluster: { redis: relay.url.replace('//', '//:s3cret@'), staleMaxMs: STALE_MAX_MS, timeoutMs: 300 }, ...options });
  await connected(serving);
  return { ...serving, relay };
}

function connected({ server }: Serving): Promise<void> {
  return until(async () => (await server.counts())['clusterConnected'] === 1, 'the connection to Redis');
}

function ask({ place }: Serving, target: string, method = 'GET', lines: readonly string[] = []): Promise<Answered> {
  return converse(place, { method, target, lines });
}

async function bodyOf(serving: Serving, target: string): Promise<string> {
  return (await ask(serving, target)).body;
}

/** It is stored, and a hit. */
async function warm(serving: Serving, target: string): Promise<void> {
  await bodyOf(serving, target);
  await until(async () => /hit/.test((await ask(serving, target)).fields.get('cache-status') ?? ''), `a hit of ${target}`);
}

/** It may have been out for a moment before. */
async function cutOff({ relay, reports }: Awaited<ReturnType<typeof machine>>): Promise<void> {
  const before = reports.length;
  relay.cut();
  await until(() => reports.slice(before).some(({ name }) => name === 'clusterOut'), 'the node to be out');
}

t.test('servers', { skip: withoutRedis(), timeout: 180_000 }, (t) => {
  t.test('PURGE at one of three, by URL, tag and prefix, soft and not', async (t) => {
    const [redis, origin] = [await Redis.start(t, ['--requirepass', 's3cret']), await VersionedOrigin.listen(t)];
    const all = await Promise.all([1, 2, 3].map(() => machine(t, redis, origin)));
    const purges: readonly (readonly [string, readonly string[]])[] = [['/a', []], ['/*', []], ['/x', ['Cache-Tag: all']], ['/a', ['Soft-Purge: 1']]];
    for (const [index, [target, lines]] of purges.entries()) {
      for (const one of all) await warm(one, '/a');
      origin.version += 1;
      const purger = all[index % all.length]!;
      const answer = await ask(purger, target, 'PURGE', lines);
      t.match(answer, { status: 200, body: '{"purged":1}\n' });
      for (const one of all) await until(async () => (await bodyOf(one, '/a')) === `version ${origin.version}`, `the new version, ${target} ${lines.join()}`);
    }
    await Promise.all(all.map((one) => warm(one, '/b')));
    origin.version += 1;
    t.equal(await all[0]!.server.purge({ by: 'everything' }), 2);
    for (const one of all) await until(async () => (await bodyOf(one, '/b')) === `version ${origin.version}`, 'the new version, everything');
  });

  t.test('cut off: what it has is validated, by one for all, and is trusted again when it has caught up', async (t) => {
    const [redis, origin] = [await Redis.start(t, ['--requirepass', 's3cret']), await VersionedOrigin.listen(t)];
    const [near, far] = [await machine(t, redis, origin), await machine(t, redis, origin, { workers: 2, control: '127.0.0.1:0' })];
    const control = (path: string, content?: object): Promise<Response> => fetch(`${far.server.controlAddress!}/api/v1/${path}`, content && { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(content) });
    t.match(await (await control('status')).json(), { cluster: { connected: true, lastId: /^\d+-\d+$/, queued: 0, lagMs: Number } });
    t.notMatch(await (await control('config')).text(), /s3cret/);
    for (const path of ['/a', '/b', '/c']) for (const one of [near, far]) await warm(one, path);
    await cutOff(far);
    origin.version = 2;
    t.match(await ask(near, '/a', 'PURGE'), { status: 200 }, 'who is not cut off purges as before');
    t.match(await ask(far, '/b', 'PURGE'), { status: 503, body: '{"purged":1,"unpublished":"queued","error":"it is purged here, and waits for Redis to reach the other machines"}\n' });
    const refused = await control('purge', { tag: 'none' });
    t.match([refused.status, await refused.json()], [503, { title: 'Service Unavailable', detail: /other machines \(objects here: 0\)$/ }]);
    t.match(await (await control('status')).json(), { cluster: { connected: false, queued: 2 } });
    const error = await far.server.purge({ by: 'tag', tag: 'none' }).then(() => undefined, (reason: unknown) => reason);
    t.ok(error instanceof PurgeError && error.unpublished === 'queued' && error.objects === 0);

    origin.questions.length = 0;
    origin.delayMs = 200;
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(far, '/a')));
    t.ok(answers.every(({ body }) => body === 'version 2'), 'nobody is given what was purged elsewhere');
    t.strictSame(origin.questions.filter(({ path }) => path === '/a'), [{ path: '/a', ifNoneMatch: '"1"' }], 'one question for twenty');
    t.match(await ask(far, '/c'), { body: 'version 2' }, 'what was not purged, too: nobody knows');
    origin.delayMs = 0;
    origin.questions.length = 0;
    await bodyOf(far, '/c');
    t.strictSame(origin.questions, [], 'what has just come from the origin is no older than word from Redis may be');
    await until(async () => {
      await bodyOf(far, '/c');
      return origin.questions.length > 0;
    }, 'the next validation');
    t.strictSame(origin.questions, [{ path: '/c', ifNoneMatch: '"2"' }]);

    far.relay.heal();
    await connected(far);
    await until(async () => (await bodyOf(near, '/b')) === 'version 2', 'the purge that waited');
    origin.questions.length = 0;
    await warm(far, '/c');
    t.strictSame(origin.questions, []);
    t.ok(far.reports.some(({ name }) => name === 'clusterBack'));
    t.ok((await far.server.counts())['clusterHeard']! > 0);
  });

  t.test('cut off, and the origin is gone: an error, not what may have been purged', async (t) => {
    const [redis, origin] = [await Redis.start(t, ['--requirepass', 's3cret']), await VersionedOrigin.listen(t)];
    const far = await machine(t, redis, origin);
    await warm(far, '/a');
    origin.close();
    t.match(await ask(far, '/a'), { status: 200 });
    await cutOff(far);
    await until(async () => (await ask(far, '/a')).status === 502, 'what came from the origin just before to be no younger than word from Redis may be');
    far.relay.heal();
    await until(async () => (await ask(far, '/a')).status === 200, 'trust');
  });

  t.test('down for a while, with a store on disk', async (t) => {
    const [redis, origin] = [await Redis.start(t, ['--requirepass', 's3cret']), await VersionedOrigin.listen(t)];
    const dir = shortFolder(t);
    const near = await machine(t, redis, origin);
    const first = await machine(t, redis, origin, { store: dir });
    for (const path of ['/a', '/b']) await warm(first, path);
    await until(async () => (await first.server.counts())['diskObjects'] === 2, 'both on disk');
    await first.server.close({ force: true });
    origin.version = 2;
    await ask(near, '/a', 'PURGE');
    origin.questions.length = 0;
    const second = await machine(t, redis, origin, { store: dir });
    t.equal(await bodyOf(second, '/a'), 'version 2', 'purged while it was down');
    t.equal(await bodyOf(second, '/b'), 'version 1', 'what was not purged is as warm as before');
    t.strictSame(origin.questions.map(({ path }) => path), ['/a']);
    await second.server.close({ force: true });
    await redis.ask('FLUSHALL');
    const third = await machine(t, redis, origin, { store: dir });
    t.equal(await bodyOf(third, '/b'), 'version 2', 'nobody knows what was purged: everything is');
  });

  t.test('it starts without Redis, and joins when that is there', async (t) => {
    const [redis, origin] = [await Redis.start(t), await VersionedOrigin.listen(t)];
    await redis.kill();
    const relay = await Relay.open(t, redis.path);
    const serving = await serve(t, { proxy: origin.url, cluster: { redis: relay.url, staleMaxMs: 100, timeoutMs: 50 } });
    t.equal(await bodyOf(serving, '/a'), 'version 1');
    await redis.start();
    await connected(serving);
    await warm(serving, '/a');
  });

  t.test('options', async (t) => {
    const faults: readonly (readonly [ServerOptions, RegExp])[] = [
      [{ cluster: { redis: 'redis://a' } }, /cluster: it is for what origins answer/],
      [{ proxy: 'http://a', cluster: { redis: 'redis://:s3cret@a/x' } }, /^cluster\.redis: its database is no number$/],
      [{ proxy: 'http://a', cluster: { redis: '' } }, /^cluster\.redis must be redis:/],
      [{ proxy: 'http://a', cluster: { redis: 'redis://a', staleMaxMs: 99 } }, /^cluster\.staleMaxMs must be a whole number/],
      [{ proxy: 'http://a', cluster: { redis: 'redis://a', tls: { ca: '-----BEGIN ' } } }, /^cluster\.tls: it is of rediss/],
      [{ proxy: 'http://a', cluster: { redis: 'rediss://a', tls: { privateKey: '-----BEGIN ' } } }, /^cluster\.tls\.privateKey: certificate and privateKey/],
      [{ proxy: 'http://a', cluster: { redis: 'rediss://a', tls: { privateKey: 's3cret', certificate: '-----BEGIN ' } } }, /^cluster\.tls\.privateKey must be a private key in PEM, not what was given$/],
    ];
    for (const [options, why] of faults) {
      const error = await serve(t, options).then(() => undefined, (reason: unknown) => reason as Error);
      t.match(error?.message, why);
      t.notMatch(error?.message, /s3cret/);
    }
  });

  t.end();
});
