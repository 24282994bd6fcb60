// Parts that come while others are sent, and many at once: every byte is in its place, and no part is lost.
import t from 'tap';
import { Client } from '../client.ts';
import { serve, until } from '../serving.ts';
import { contentOf, RangesOrigin } from './ranges-origin.ts';
import { converse, requestOf, type Answered } from './talking.ts';
import { proxied, settled } from './through.ts';

t.test('what completes a part is sent while it comes, behind what is there and before it', async (t) => {
  const { origin, serving } = await proxied(t);
  const content = contentOf(1, 900_000).toString('latin1');
  const part = (from: number, to: number): { status: number; fields: string[]; body: string } => ({
    status: 206, fields: ['Cache-Control: max-age=3600', 'ETag: "a"', `Content-Range: bytes ${from}-${to - 1}/900000`], body: content.slice(from, to),
  });
  for (const [from, to] of [[0, 300_000], [600_000, 900_000]] as const) {
    origin.tell('/a', [part(from, to)]);
    t.equal((await converse(serving.place, { method: 'GET', target: '/a', lines: [`Range: bytes=${from}-${to - 1}`] })).body, content.slice(from, to));
    await settled(serving);
  }
  let open!: () => void;
  const half = new Promise<void>((resolve) => (open = resolve));
  const seen = origin.tell('/a', [{ ...part(300_000, 600_000), half }]);
  const client = await Client.open(serving.place);
  await client.send(requestOf({ method: 'GET', target: '/a', lines: ['Range: bytes=100000-799999'] }));
  await until(() => client.received > 350_000, 'what was there, and half of what comes');
  t.equal(seen[0]?.fields.get('range'), 'bytes=300000-599999');
  open();
  const reply = await client.reply();
  t.equal(reply.status, 206);
  t.ok(reply.body.toString('latin1') === content.slice(100_000, 800_000), 'every byte');
  await settled(serving);
  const whole = await converse(serving.place, { method: 'GET', target: '/a', lines: [] });
  t.match(whole.fields.get('cache-status'), /^pagecast;hit/, 'and it is complete for everybody');
  t.ok(whole.body === content && whole.status === 200);
});

t.test('what completes a part and breaks off on its way resets the answer, and nothing of it is stored', async (t) => {
  const { origin, serving } = await proxied(t);
  const content = contentOf(1, 400_000).toString('latin1');
  const fields = ['Cache-Control: max-age=3600', 'ETag: "a"'];
  origin.tell('/a', [{ status: 206, fields: [...fields, 'Content-Range: bytes 0-199999/400000'], body: content.slice(0, 200_000) }]);
  await converse(serving.place, { method: 'GET', target: '/a', lines: ['Range: bytes=0-199999'] });
  await settled(serving);
  for (const how of ['cut-off', 'chunked'] as const) {
    const body = how === 'chunked' ? content.slice(200_000, 390_000) : content.slice(200_000);
    origin.tell('/a', [{ status: 206, fields: [...fields, 'Content-Range: bytes 200000-399999/400000'], body, how }]);
    const answer = await converse(serving.place, { method: 'GET', target: '/a', lines: [] });
    t.notOk(answer.complete, `${how}: the answer is seen to be cut off`);
    t.ok(content.startsWith(answer.body));
    await settled(serving);
  }
  const seen = origin.tell('/a', [{ fields, body: content }]);
  t.equal((await converse(serving.place, { method: 'GET', target: '/a', lines: [] })).body, content);
  t.equal(seen[0]?.fields.get('range'), 'bytes=200000-', 'the part that was there is there');
});

t.test('many parts at once, through two workers: none is lost', async (t) => {
  const origin = await RangesOrigin.listen(() => 640_000);
  t.teardown(() => origin.close());
  const serving = await serve(t, { workers: 2, proxy: { urls: [origin.url] }, cache: { rangeFillBytesMax: 100_000 } });
  const get = (from: number): Promise<Answered> => converse(serving.place, { method: 'GET', target: '/a', lines: [`Range: bytes=${from}-${from + 19_999}`] });
  await get(0);
  const answers = await Promise.all(Array.from({ length: 32 }, (_, k) => get(k * 20_000)));
  const content = contentOf(1, 640_000).toString('latin1');
  for (const [k, answer] of answers.entries()) t.ok(answer.status === 206 && answer.body === content.slice(k * 20_000, (k + 1) * 20_000), `part ${k}`);
  await settled(serving);
  const whole = await converse(serving.place, { method: 'GET', target: '/a', lines: [] });
  t.match(whole.fields.get('cache-status'), /^pagecast;hit/, 'together they are the whole');
  t.ok(whole.body === content);
  t.equal(origin.asked.length, 33, 'the first one twice: only then it is known that the whole is large');
});

t.test('the same part, asked for by many at once, is asked for once', async (t) => {
  const origin = await RangesOrigin.listen(() => 640_000);
  t.teardown(() => origin.close());
  const serving = await serve(t, { workers: 2, proxy: { urls: [origin.url] }, cache: { rangeFillBytesMax: 100_000 } });
  const get = (range: string): Promise<Answered> => converse(serving.place, { method: 'GET', target: '/a', lines: [`Range: bytes=${range}`] });
  await get('0-9');
  const answers = await Promise.all(Array.from({ length: 20 }, () => get('100000-299999')));
  t.ok(answers.every(({ body, complete }) => complete && body.length === 200_000));
  t.equal(origin.asked.filter((range) => range === 'bytes=100000-299999').length, 1);
});

t.test('parts take no more memory than they may', async (t) => {
  const origin = await RangesOrigin.listen(() => 13 << 20);
  t.teardown(() => origin.close());
  const bytesMax = 4 << 20;
  const serving = await serve(t, { proxy: { urls: [origin.url] }, cache: { bytesMax, rangeFillBytesMax: 100_000 } });
  for (let from = 0; from < 8_000_000; from += 250_000) {
    const { complete, body } = await converse(serving.place, { method: 'GET', target: '/a', lines: [`Range: bytes=${from}-${from + 299_999}`] });
    t.ok(complete && body.length === 300_000);
    await settled(serving);
    t.ok(((await serving.server.counts())['bytes'] ?? 0) <= bytesMax / 4 + 400_000, `at ${from}`);
  }
  const huge = await converse(serving.place, { method: 'GET', target: '/a', lines: ['Range: bytes=0-'] });
  t.ok(huge.complete && huge.body.length === 13 << 20, 'a part that is too large is passed on');
  const last = await converse(serving.place, { method: 'GET', target: '/a', lines: ['Range: bytes=7900000-7900009'] });
  t.match(last.fields.get('cache-status'), /^pagecast;hit/, 'the newest parts stay');
});
