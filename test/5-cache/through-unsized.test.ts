// Bodies of a length that only their end tells (RFC 9112 §6.3), and that turn out to be more than may be stored.
import t, { type Test } from 'tap';
import { Client, requestText } from '../client.ts';
import { until } from '../serving.ts';
import { converse, type Answered } from './talking.ts';
import { proxied, settled, type Proxied } from './through.ts';
import type { Says } from './told-origin.ts';

const OBJECT_BYTES_MAX = 64 << 10;
const LONG = 'Cache-Control: max-age=3600';
/** Ten times as much as may be stored. */
const LARGE = '0123456789abcdef'.repeat((10 * OBJECT_BYTES_MAX) / 16);
const SMALL = LARGE.slice(0, OBJECT_BYTES_MAX / 2);

function bounded(t: Test, workers = 1): Promise<Proxied> {
  return proxied(t, { workers, cache: { objectBytesMax: OBJECT_BYTES_MAX } });
}

function ask({ serving }: Proxied, target: string, ...lines: readonly string[]): Promise<Answered> {
  return converse(serving.place, { method: 'GET', target, lines });
}

async function asked(there: Proxied): Promise<void> {
  await until(async () => (await there.serving.server.counts())['flights'] === 1, 'the flight');
}

t.test('the client whose question has brought it has all of it', async (t) => {
  const there = await bounded(t);
  for (const how of ['chunked', 'to-end'] as const) {
    const seen = there.origin.tell(`/${how}`, [{ fields: [LONG], body: LARGE, how }, { fields: [LONG], body: LARGE, how }, { fields: [LONG], body: SMALL, how }]);
    for (const body of [LARGE, LARGE, SMALL]) {
      const answer = await ask(there, `/${how}`);
      t.ok(answer.complete && answer.body === body, `${how}, ${body.length} bytes: ${answer.body.length}`);
      await settled(there.serving);
    }
    t.equal(seen.length, 3, `${how}: what is too large is not stored`);
    t.match((await ask(there, `/${how}`)).fields.get('cache-status'), /^pagecast;hit/, `${how}: what is not, is`);
  }
});

t.test('HTTP/1.0 has it to the end of the connection', async (t) => {
  const there = await bounded(t);
  there.origin.tell('/old', [{ fields: [LONG], body: LARGE, how: 'chunked' }]);
  const client = await Client.open(there.serving.place);
  await client.send('GET /old HTTP/1.0\r\nHost: h\r\n\r\n');
  const reply = await client.reply();
  t.ok(reply.untilEnd && reply.body.toString('latin1') === LARGE);
});

t.test('a part of it, and a condition on it', async (t) => {
  const there = await bounded(t);
  const says: Says = { fields: [LONG, 'ETag: "a"'], body: LARGE, how: 'chunked' };
  there.origin.tell('/part', [says, { status: 206, fields: [LONG, 'ETag: "a"', `Content-Range: bytes 2-5/${LARGE.length}`], body: '2345' }]);
  const part = await ask(there, '/part', 'Range: bytes=2-5');
  t.strictSame([part.status, part.body], [206, '2345'], 'is the origin\'s to tell');
  there.origin.tell('/known', [says, { status: 304, fields: ['ETag: "a"'] }]);
  t.equal((await ask(there, '/known', 'If-None-Match: "b"')).status, 304);
});

t.test('who asks while it is known to be too large has a question of his own', async (t) => {
  for (const workers of [1, 2]) {
    const there = await bounded(t, workers);
    const says: Says = { fields: [LONG], body: LARGE, how: 'chunked' };
    const seen = there.origin.tell('/hot', Array.from({ length: 9 }, () => says));
    t.equal((await ask(there, '/hot')).body, LARGE);
    const answers = await Promise.all(Array.from({ length: 8 }, () => ask(there, '/hot')));
    t.ok(answers.every(({ complete, body }) => complete && body === LARGE), `${workers} workers: all have all of it`);
    t.equal(seen.length, 9);
  }
});

t.test('who follows it where it is too large: nobody has a part for the whole', async (t) => {
  const there = await bounded(t);
  let open!: () => void;
  const half = new Promise<void>((resolve) => (open = resolve));
  const body = LARGE.slice(0, OBJECT_BYTES_MAX * 1.5); // whose first half might be stored
  const says: Says = { fields: [LONG], body, how: 'chunked' };
  const seen = there.origin.tell('/both', [{ ...says, half }, says]);
  const first = ask(there, '/both');
  await asked(there);
  const second = ask(there, '/both');
  await until(async () => ((await there.serving.server.counts())['collapsed'] ?? 0) === 1, 'who follows');
  open();
  const [whole, other] = await Promise.all([first, second.catch(() => undefined)]); // a reset may take what came before it
  t.ok(whole.complete && whole.body === body);
  t.equal(seen.length, other?.complete === true ? 2 : 1, 'who had not begun to follow has asked again');
  t.ok(other?.complete !== true || other.body === body);
});

t.test('an origin that breaks off beyond what is stored', async (t) => {
  const there = await bounded(t);
  there.origin.tell('/broken', [{ fields: [LONG], body: LARGE, how: 'cut-chunked' }]);
  t.equal((await ask(there, '/broken')).complete, false);
});

t.test('a client that goes, and one that is slow', async (t) => {
  const there = await bounded(t);
  const seen = there.origin.tell('/gone', [{ fields: [LONG], body: LARGE.repeat(20), how: 'chunked' }, { fields: [LONG], body: LARGE.repeat(20), how: 'chunked' }]);
  const gone = await Client.open(there.serving.place);
  await gone.send(requestText('/gone'));
  await until(() => seen.length === 1, 'the question');
  gone.destroy();
  await settled(there.serving);
  const slow = await Client.open(there.serving.place);
  slow.socket.pause();
  await slow.send(requestText('/gone'));
  await until(() => seen.length === 2, 'the question');
  await settled(there.serving); // what may be stored has come
  slow.socket.resume();
  t.equal((await slow.reply()).body.length, LARGE.length * 20);
  slow.destroy();
});
