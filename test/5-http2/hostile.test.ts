// What costs a client little and would cost a server much: each is bounded, and others are served meanwhile.
import t, { type Test } from 'tap';
import type { Place } from '../client.ts';
import { until } from '../serving.ts';
import { RawOrigin } from '../5-proxy/raw-origin.ts';
import { serveSecure, skip } from '../5-tls/serving.ts';
import { ACK, END_HEADERS, END_STREAM, frame, FrameClient, get, headers, number, settings, TYPES } from './frames.ts';
import { ask, session } from './serving.ts';

const { CONTINUATION, DATA, HEADERS, PING, PRIORITY, RST_STREAM, SETTINGS, WINDOW_UPDATE } = TYPES;
const FRAMES = 20_000;

async function stillServes(t: Test, place: Place, name: string): Promise<void> {
  const client = await FrameClient.begun(place);
  client.send(headers(1, get('/a.txt')));
  t.equal(await client.outcome(1), 200, `${name}: others are served`);
  client.destroy();
}

const floods: readonly (readonly [name: string, before: readonly Uint8Array[], each: (i: number) => Uint8Array])[] = [
  ['pings', [], () => frame(PING, 0, 0, Buffer.alloc(8))],
  ['settings', [], () => settings([3, 100])],
  ['acknowledgements of settings', [], () => frame(SETTINGS, ACK, 0)],
  ['priorities', [], (i) => frame(PRIORITY, 0, 2 * i + 1, Buffer.concat([number(0), Buffer.of(1)]))],
  ['requests and resets (CVE-2023-44487)', [], (i) => Buffer.concat([headers(2 * i + 1, get('/a.txt')), frame(RST_STREAM, 0, 2 * i + 1, number(8))])],
  ['empty content', [headers(1, [[':method', 'POST'], ...get('/a.txt').slice(1)], END_HEADERS)], () => frame(DATA, 0, 1)],
  ['unknown frames', [], () => frame(200, 0, 0)],
  ['a head that does not end', [frame(HEADERS, END_STREAM, 1, headers(1, get('/a.txt')).subarray(9))], () => frame(CONTINUATION, 0, 1, Buffer.from('\0\x01x\x010', 'latin1'))],
];

t.test('floods', { skip }, async (t) => {
  const { place, server } = await serveSecure(t);
  for (const [name, before, each] of floods) {
    const client = await FrameClient.begun(place);
    client.send(...before);
    for (let i = 0; i < FRAMES && !client.closed; i += 500) {
      client.send(...Array.from({ length: 500 }, (_, at) => each(i + at)));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.ending();
    t.ok(client.closed, `${name}: the connection is closed`);
    await stillServes(t, place, name);
  }
  await until(async () => (await server.counts())['connections'] === 0, 'nothing is left of them');
});

t.test('more requests at once than there may be', { skip }, async (t) => {
  const { place } = await serveSecure(t, {}, { root: t.testdir({ 'large.bin': Buffer.alloc(1 << 20), 'a.txt': 'alpha\n' }) });
  const client = await FrameClient.begun(place, [4, 0]); // nothing of an answer may be sent
  for (let i = 0; i < 200; ++i) client.send(headers(2 * i + 1, get('/large.bin')));
  await client.frame(TYPES.RST_STREAM);
  const answered = client.frames.filter(({ type }) => type === HEADERS).length;
  t.ok(answered <= 128, `${answered} are answered`);
  await stillServes(t, place, 'meanwhile');
  client.destroy();
});

t.test('windows that stay shut', { skip }, async (t) => {
  const { place, server, lines } = await serveSecure(t, {}, {
    root: t.testdir({ 'large.bin': Buffer.alloc(3 << 20), 'a.txt': 'alpha\n' }), limits: { sendTimeoutMs: 1000 }, accessLog: 'json',
  });
  const client = await FrameClient.begun(place, [4, 10_000]);
  client.send(frame(WINDOW_UPDATE, 0, 0, number(1 << 20))); // the connection's own is open
  for (let i = 0; i < 50; ++i) client.send(headers(2 * i + 1, get('/large.bin')));
  for (let i = 0; i < 50; ++i) t.ok((await client.frame(RST_STREAM, 2 * i + 1)) !== undefined, `stream ${2 * i + 1} is reset`);
  client.send(headers(1001, get('/a.txt')));
  t.equal(await client.outcome(1001), 200, 'the connection goes on');
  client.destroy();
  await until(async () => (await server.counts())['connections'] === 0, 'nothing is left');
  t.equal((await server.counts())['sendsStalled'], 50);
  await until(() => lines().length >= 51, 'every line of the log');
  t.equal((JSON.parse(lines()[0]!) as { incomplete: string }).incomplete, 'stalled');
});

t.test('contents that do not come, and connections that are idle', { skip }, async (t) => {
  const origin = await RawOrigin.listen([[]]);
  t.teardown(() => origin.close());
  const { place, server } = await serveSecure(t, {}, { proxy: { urls: [origin.url] }, limits: { bodyTimeoutMs: 500, idleTimeoutMs: 1000, headTimeoutMs: 1000 } });
  const slow = await FrameClient.begun(place);
  slow.send(headers(1, [[':method', 'POST'], ...get('/slow').slice(1), ['content-length', '10']], END_HEADERS), frame(DATA, 0, 1, Buffer.from('abc')));
  t.equal(await slow.outcome(1), 408, 'content that stops');
  slow.destroy();
  const over = await session(t, place);
  const closed = new Promise((resolve) => over.once('close', resolve));
  const { status } = await ask(over, { ':path': '/' });
  t.equal(status, 200);
  await closed;
  t.pass('an idle connection is closed');
  const silent = await FrameClient.open(place);
  await silent.ending();
  t.pass('one that says nothing, too');
  const partial = await FrameClient.begun(place);
  partial.send(frame(HEADERS, END_STREAM, 1, headers(1, get('/')).subarray(9)));
  await partial.ending();
  t.pass('one whose head does not end');
  await until(async () => (await server.counts())['connections'] === 0, 'nothing is left');
});

t.test('a table that makes much of little', { skip }, async (t) => {
  const { place } = await serveSecure(t);
  const client = await FrameClient.begun(place);
  // RFC 7541 §6.2.1: a field of 3,900 bytes into the table, and then by its index (62), again and again.
  const indexed = Buffer.concat([Buffer.of(0x40, 1, 0x78), Buffer.from([127, 0xbd, 0x1d]), Buffer.alloc(3900, 'x')]);
  client.send(frame(HEADERS, END_STREAM | END_HEADERS, 1, Buffer.concat([headers(1, get('/a.txt')).subarray(9), indexed, Buffer.alloc(8000, 0xbe)])));
  const outcome = await client.outcome(1);
  t.ok(outcome === 431 || outcome < 100, `31 MB out of 12 KB: ${outcome}`);
  await stillServes(t, place, 'afterwards');
  client.destroy();
});
