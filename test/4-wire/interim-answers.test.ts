// Interim answers on real sockets: 100 where it is waited for and the body is read, once; 103 in its place.
import t, { type Test } from 'tap';
import type { Conversation } from '../../server/exchange.ts';
import { bytesPlan, textPlan } from '../../server/plan.ts';
import { Client, requestText } from '../client.ts';
import { framingOf, readHead } from '../reply.ts';
import { pause, until } from '../serving.ts';
import { post, serveUploads } from './uploading.ts';

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </late.css>; rel=preload\r\n\r\n';

/** The connection's last answer, behind these interim ones; nothing follows it. */
async function lastBehind(t: Test, client: Client, interim: string): Promise<{ status: number; body: string; fields: ReadonlyMap<string, string> }> {
  await client.end();
  const bytes = client.unread;
  t.equal(bytes.toString('latin1', 0, interim.length), interim, 'what comes before');
  const head = readHead(bytes, interim.length)!;
  const length = framingOf(head, 'POST');
  if (length === 'chunked') t.fail('an answer in chunks');
  else t.equal(bytes.length, head.end + Number(length), 'and nothing behind');
  client.destroy();
  return { status: head.status, body: bytes.toString('latin1', head.end), fields: head.fields };
}

const EXPECT = { Expect: '100-continue', Connection: 'close' };

t.test('Expect: 100-continue', async (t) => {
  const { place, seen, paths } = serveUploads(t, { discardBytesMax: 4096 });
  await t.test('read: 100 comes before a byte of the body, and once', async (t) => {
    for (const path of ['/echo', '/stream-later']) {
      const client = await Client.open(place);
      await client.send(post(path, 5, { Expect: '100-continue' }));
      await until(() => client.received >= CONTINUE.length, 'the 100');
      t.equal(client.unread.toString(), CONTINUE);
      await client.send('he');
      await pause(20);
      t.equal(client.received >= CONTINUE.length, true);
      await client.send(`llo${requestText('/', { fields: { Connection: 'close' } })}`);
      await client.end();
      const text = client.unread.toString().slice(CONTINUE.length);
      t.match(text, /^HTTP\/1\.1 200 OK\r\n[^]*he[^]*llo[^]*HTTP\/1\.1 404/, `${path}: the connection goes on`);
      t.notMatch(text, '100 Continue');
      client.destroy();
    }
  });
  await t.test('not waited for by the client: all in one piece', async (t) => {
    const client = await Client.open(place);
    await client.send(`${post('/echo', 5, EXPECT)}hello`);
    t.match(await lastBehind(t, client, CONTINUE), { status: 200, body: 'hello' });
  });
  await t.test('passed on by the exchange: once, whoever says it', async (t) => {
    paths.set('/passes-on', async (conversation) => {
      conversation.interim(100, []);
      conversation.interim(100, []);
      return bytesPlan(200, [], await seen.whole(conversation));
    });
    const client = await Client.open(place);
    await client.send(post('/passes-on', 5, EXPECT));
    await until(() => client.received >= CONTINUE.length, 'the 100');
    await client.send('hello');
    t.equal((await lastBehind(t, client, CONTINUE)).body, 'hello');
  });
  await t.test('never read: the final answer, and the end', async (t) => {
    for (const [path, body] of [['/early', 'no\n'], ['/cancel', 'cancelled\n']] as const) {
      const client = await Client.open(place);
      await client.send(post(path, 5, { Expect: '100-continue' }));
      const last = await lastBehind(t, client, '');
      t.equal(last.body, body, path);
      t.equal(last.fields.get('connection'), 'close');
    }
  });
  await t.test('read too late, when the answer has begun: it cannot be read any more', async (t) => {
    const client = await Client.open(place);
    await client.send(post('/stream', 5, { Expect: '100-continue' }));
    await client.end();
    t.notMatch(client.unread.toString(), '100 Continue');
    t.strictSame(seen.failures.at(-1), ['answered', 0]);
    client.destroy();
  });
  await t.test('HTTP/1.0 gets none', async (t) => {
    const client = await Client.open(place);
    await client.send('POST /echo HTTP/1.0\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n');
    await pause(20);
    t.equal(client.received, 0);
    await client.send('ab');
    t.equal((await lastBehind(t, client, '')).body, 'ab');
  });
  await t.test('not expected: none', async (t) => {
    const client = await Client.open(place);
    await client.send(`${post('/echo', 2)}ab`);
    t.equal((await client.reply('POST')).body.toString(), 'ab');
    client.destroy();
  });
});

t.test('interim answers', async (t) => {
  const { place, paths, reports, seen } = serveUploads(t);
  await t.test('come before the answer, in order', async (t) => {
    const client = await Client.open(place);
    await client.send(`${post('/hints', 2, { Connection: 'close' })}ab`);
    t.equal((await lastBehind(t, client, HINTS)).body, 'ab');
  });
  await t.test('with a 100 between', async (t) => {
    const client = await Client.open(place);
    await client.send(`${post('/hints', 2, EXPECT)}ab`);
    const [first, second] = HINTS.split(/(?<=\r\n\r\n)/);
    t.equal((await lastBehind(t, client, `${first!}${CONTINUE}${second!}`)).body, 'ab');
  });
  await t.test('not to HTTP/1.0', async (t) => {
    const client = await Client.open(place);
    await client.send('POST /hints HTTP/1.0\r\nContent-Length: 2\r\n\r\nab');
    t.equal((await lastBehind(t, client, '')).body, 'ab');
  });
  await t.test('not behind the plan; without framing; to a request without a body; wrong ones are the exchange\'s fault', async (t) => {
    const kept: Conversation[] = [];
    paths.set('/interim', (conversation) => {
      kept.push(conversation);
      for (const status of [99, 101, 200, 103.5, NaN]) t.throws(() => conversation.interim(status, []), RangeError, String(status));
      t.throws(() => conversation.interim(103, [['X', 'a\r\nB: c']]));
      conversation.interim(100, []); // nobody waits for it
      conversation.interim(102, []);
      conversation.interim(103, [['content-length', '7'], ['X-Y', 'z'], ['Transfer-Encoding', 'chunked']]);
      return Promise.resolve(textPlan(200, [], 'done\n'));
    });
    const client = await Client.open(place);
    await client.send(requestText('/interim'));
    await until(() => client.unread.includes('done\n'), 'the answer');
    kept[0]!.interim(103, []);
    await client.send(requestText('/interim', { fields: { Connection: 'close' } }));
    await client.end();
    const parts = client.unread.toString().split(/(?<=\r\n\r\n)/);
    t.equal(parts.length, 6 + 1, 'two heads before each answer, and a body after each');
    t.equal(parts[0], 'HTTP/1.1 102 \r\n\r\n');
    t.equal(parts[1], 'HTTP/1.1 103 Early Hints\r\nX-Y: z\r\n\r\n');
    client.destroy();
  });
  await t.test('more of them than a client takes are left out', async (t) => {
    let told = 0;
    paths.set('/interim', async (conversation) => {
      for (; told < 3000; ++told) {
        conversation.interim(103, [['X', 'y'.repeat(8000)]]);
        if (told % 16 === 0) await pause(0);
      }
      return textPlan(200, [], 'done\n');
    });
    const client = await Client.open(place);
    client.socket.pause();
    await client.send(requestText('/interim', { fields: { Connection: 'close' } }));
    await until(() => told === 3000, 'the exchange');
    client.socket.resume();
    await client.end();
    const text = client.unread.toString();
    t.ok(text.endsWith('done\n'));
    t.ok(text.length < 3000 * 8000 * 0.9, `${text.length} of ${3000 * 8000} bytes`);
    client.destroy();
  });
  t.strictSame(reports, []);
  t.strictSame(seen.failures, []);
});
