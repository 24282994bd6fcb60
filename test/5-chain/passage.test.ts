// What goes through a chain of pagecast and another program, in both orders: contents, answers of all framings on connections that are used again,
// variants, fields of the way, bodies that break off, purges.
import t, { type Test } from 'tap';
import { ask, Broken, Client, requestText, type Place } from '../client.ts';
import { answerIn, sendRaw } from '../5-cache/talking.ts';
import { until } from '../serving.ts';
import { post } from './asking.ts';
import { orders, type Order, type Standing } from './links.ts';
import { without } from './program.ts';
import { digest, resources } from './resources.ts';

t.jobs = 4;

for (const order of orders) {
  t.test(order.name, { skip: order.program !== undefined && without(order.program), buffered: true }, async (t) => {
    const standing = await order.build(t);
    await t.test('contents of requests', (t) => contents(t, standing.place));
    await t.test('a connection has the answers in their order', (t) => inOrder(t, standing.place));
    await t.test('a length that nobody knows', (t) => unknownLengths(t, standing.place));
    await t.test('Vary', (t) => variants(t, standing));
    await t.test('bodies that break off', (t) => breaks(t, standing));
    await t.test('purges', (t) => purges(t, order, standing));
  });
}

async function contents(t: Test, place: Place): Promise<void> {
  const all = resources['/big.bin'].bytes;
  for (const chunked of [false, true]) {
    for (const expects of [false, true]) {
      for (const pieces of [[], [all.subarray(0, 1)], [all.subarray(0, 70_000), all.subarray(70_000, 70_001)], [all.subarray(0, 2 << 20)]]) {
        const { status, body, continued } = await post(place, '/echo', pieces, { chunked, expects });
        const what = `${pieces.reduce((sum, { length }) => sum + length, 0)} bytes${chunked ? ', in chunks' : ''}${expects ? ', announced' : ''}`;
        t.strictSame({ status, body }, { status: 200, body: digest(Buffer.concat(pieces)) }, what);
        if (expects && pieces.length > 0) t.ok(continued, `${what}: it was wanted`); // RFC 9110 §10.1.1: where there is none, 100 may be left out
      }
    }
  }
}

/** RFC 9112 §9.3.2: answers without a body, with a length and in chunks, on one connection and through everybody's pools. */
async function inOrder(t: Test, place: Place): Promise<void> {
  const faults: string[] = [];
  await Promise.all(Array.from({ length: 4 }, async (_, who) => {
    const client = await Client.open(place);
    for (let round = 0; round < 3; ++round) {
      const name = `/private?${who}-${round}`;
      const steps = [
        ['GET', name, {}, 200, name], ['HEAD', `${name}-head`, {}, 200, ''], ['GET', '/none', {}, 204, ''], ['HEAD', '/none', {}, 204, ''], ['GET', '/moved', {}, 302, ''],
        ['GET', '/brief', { 'If-None-Match': '"brief"' }, 304, ''], ['GET', '/chunked', {}, 200, 'one, two, three'], ['HEAD', '/chunked', {}, 200, ''], ['GET', `${name}-last`, {}, 200, `${name}-last`],
      ] as const;
      await client.send(steps.map(([method, target, fields]) => requestText(target, { method, fields })).join(''));
      for (const [method, target, , status, body] of steps) {
        const reply = await client.reply(method);
        if (reply.status !== status || reply.body.toString() !== body) faults.push(`${method} ${target}: ${reply.status} ${reply.body.toString('latin1', 0, 80)}`);
      }
    }
    client.finish();
    await client.nothingMore();
  }));
  t.strictSame(faults, []);
}

async function unknownLengths(t: Test, place: Place): Promise<void> {
  for (const round of [1, 2]) {
    t.equal((await ask(place, '/chunked?a')).body.toString(), 'one, two, three', `HTTP/1.1, ${round}`);
    const old = answerIn(await sendRaw(place, 'GET /chunked?b HTTP/1.0\r\nHost: localhost\r\n\r\n'), 'GET');
    t.strictSame([old.status, old.body, old.fields.get('transfer-encoding')], [200, 'one, two, three', undefined], `HTTP/1.0, ${round}`);
  }
}

async function variants(t: Test, { place, origin }: Standing): Promise<void> {
  for (const language of ['de', 'en', 'de', 'fr', 'en', 'de']) {
    const { body, fields } = await ask(place, '/language', { fields: { 'Accept-Language': language } });
    t.strictSame([body.toString(), fields.get('etag')], [language, `"${language}"`]);
  }
  t.equal(origin.countOf('/language'), 3, 'each was asked for once');
}

async function breaks(t: Test, { place, origin }: Standing): Promise<void> {
  for (const path of ['/breaks', '/breaks-chunked', '/breaks-private']) {
    for (const round of [1, 2]) {
      const before = origin.countOf(path);
      const outcome = await ask(place, path).then(({ status }) => status, (error: unknown) => error);
      t.ok(outcome instanceof Broken || outcome === 502 || outcome === 503, `${path}, ${round}: ${String(outcome)}`);
      t.ok(origin.countOf(path) > before, `${path}, ${round}: nothing of it was stored`);
    }
  }
}

/** By the method and by the library; what another cache holds in front is not ours to purge. */
async function purges(t: Test, { caches }: Order, { place, origin, serving }: Standing): Promise<void> {
  if (caches) return;
  const asked = async (): Promise<number> => {
    await ask(place, '/tagged');
    await until(async () => (await serving.server.counts())['flights'] === 0, 'the end of all flights');
    return origin.countOf('/tagged');
  };
  t.strictSame([await asked(), await asked()], [1, 1], 'it is stored');
  const purged = await ask(place, '/tagged', { method: 'PURGE' });
  t.strictSame([purged.status, purged.body.toString()], [200, '{"purged":1}\n'], 'PURGE');
  t.strictSame([await asked(), await asked()], [2, 2]);
  t.equal(await serving.server.purge({ by: 'tag', tag: 'news' }), 1, 'by tag');
  t.strictSame([await asked(), await asked()], [3, 3]);
  t.equal(await serving.server.purge({ by: 'key', key: 'http://localhost/tagged' }), 1, 'by key');
  t.equal(await asked(), 4);
}
