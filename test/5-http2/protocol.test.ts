// RFC 9113, clause by clause, frame by frame: what ends a connection, what ends a stream, and that all others are served meanwhile.
import t, { type Test } from 'tap';
import type { Place } from '../client.ts';
import { serveSecure, skip } from '../5-tls/serving.ts';
import { END_HEADERS, END_STREAM, frame, FrameClient, get, headers, number, PREFACE, settings, TYPES, type Field } from './frames.ts';
import { connectionErrors, injected, malformed, streamErrors } from './protocol-cases.ts';

async function stillServes(t: Test, place: Place, name: string): Promise<void> {
  const client = await FrameClient.begun(place);
  client.send(headers(1, get('/a.txt')));
  t.equal(await client.outcome(1), 200, `${name}: others are served`);
  client.destroy();
}

t.test('what ends a connection', { skip }, async (t) => {
  const { place, server } = await serveSecure(t);
  for (const { name, sends, codes } of connectionErrors) {
    const client = await FrameClient.begun(place);
    client.send(...sends);
    const code = await client.ending();
    t.ok(codes.includes(code), `${name}: ${code}`);
  }
  const client = await FrameClient.open(place);
  client.send(Buffer.from('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'));
  t.ok([1, 2, -1].includes(await client.ending()), '§3.4 no preface');
  await stillServes(t, place, 'at the end');
  t.ok(((await server.counts())['connections'] ?? 0) <= 1);
});

t.test('what is no request', { skip }, async (t) => {
  const { place } = await serveSecure(t);
  for (const { name, fields, data } of malformed) {
    const client = await FrameClient.begun(place);
    if (data === undefined) client.send(headers(1, fields));
    else client.send(headers(1, fields, END_HEADERS), frame(TYPES.DATA, END_STREAM, 1, Buffer.from(data)));
    const outcome = await client.outcome(1);
    // The head of an answer may be out before content comes that is none.
    const allowed = data === undefined ? [1, 400] : [1, 400, 200];
    t.ok(allowed.includes(outcome), `${name}: ${outcome}`);
    if (outcome === 200) t.equal((await client.frame(TYPES.RST_STREAM, 1))?.payload.readUInt32BE(0), 1, `${name}: and then it is reset`);
    client.send(headers(3, get('/a.txt')));
    t.equal(await client.outcome(3), 200, `${name}: the connection goes on`);
    client.destroy();
  }
});

t.test('what is one, if an odd one', { skip }, async (t) => {
  const { place } = await serveSecure(t);
  const odd: readonly (readonly [string, readonly Field[], number])[] = [
    ['Host in place of :authority', [...get('/a.txt').slice(0, 3), ['host', 'a.test']], 200],
    ['Host as :authority, in capitals', [...get('/a.txt'), ['host', 'A.test']], 200],
    ['TE: trailers', [...get('/a.txt'), ['te', 'trailers']], 200],
    ['CONNECT', [[':method', 'CONNECT'], [':authority', 'a.test:80']], 405],
    ['OPTIONS *', [[':method', 'OPTIONS'], [':scheme', 'https'], [':path', '*'], [':authority', 'a.test']], 204],
    ['a head of 17 KiB', [...get('/a.txt'), ['x', 'x'.repeat(15_000)], ['y', 'y'.repeat(2_000)]], 431],
    ['101 fields', [...get('/a.txt'), ...Array.from({ length: 101 }, (_, i): Field => [`x${i}`, '1'])], 431],
    ['a target of 9 KiB', [...get('/a.txt').filter(([name]) => name !== ':path'), [':path', `/${'x'.repeat(9_000)}`]], 414],
  ];
  for (const [name, fields, status] of odd) {
    const client = await FrameClient.begun(place);
    const bytes = headers(1, fields, END_STREAM | END_HEADERS);
    const payload = bytes.subarray(9);
    if (payload.length <= 16_384) client.send(bytes);
    else client.send(frame(TYPES.HEADERS, END_STREAM, 1, payload.subarray(0, 16_384)), frame(TYPES.CONTINUATION, END_HEADERS, 1, payload.subarray(16_384)));
    t.equal(await client.outcome(1), status, name);
    client.destroy();
  }
  for (const field of injected) {
    const client = await FrameClient.begun(place);
    client.send(headers(1, [...get('/a.txt'), field]));
    t.equal(await client.outcome(1), 1, JSON.stringify(field));
    client.destroy();
  }
  const client = await FrameClient.begun(place);
  client.send(frame(99, 0xff, 0, Buffer.alloc(100)), frame(99, 0, 1, Buffer.alloc(5)), headers(1, get('/a.txt')));
  t.equal(await client.outcome(1), 200, '§5.5 unknown frames are ignored');
  client.destroy();
});

t.test('split at every offset', { skip }, async (t) => {
  const { place } = await serveSecure(t);
  const bytes = Buffer.concat([PREFACE, settings([3, 100]), headers(1, get('/a.txt'))]);
  for (let at = 1; at < bytes.length; ++at) {
    const client = await FrameClient.open(place);
    client.send(bytes.subarray(0, at));
    await new Promise((resolve) => setImmediate(resolve));
    client.send(bytes.subarray(at));
    t.equal(await client.outcome(1), 200, `at ${at}`);
    client.destroy();
  }
});

t.test('what ends a stream, and nothing else', { skip }, async (t) => {
  const { place } = await serveSecure(t);
  for (const { name, sends, code } of streamErrors) {
    const client = await FrameClient.begun(place);
    client.send(...sends, headers(9, get('/a.txt')));
    t.equal((await client.frame(TYPES.RST_STREAM, 1))?.payload.readUInt32BE(0), code, name);
    t.equal(await client.outcome(9), 200, `${name}: the connection goes on`);
    client.destroy();
  }
});

t.test('§5.1 what comes on a stream that is closed', { skip }, async (t) => {
  const { place } = await serveSecure(t);
  const resets = (client: FrameClient): number[] => client.frames.filter(({ type, stream }) => type === TYPES.RST_STREAM && stream === 1).map(({ payload }) => payload.readUInt32BE(0));
  const post: Field[] = [[':method', 'POST'], ...get('/a.txt').slice(1)];
  const late = [frame(TYPES.DATA, 0, 1, Buffer.of(1)), frame(TYPES.DATA, END_STREAM, 1, Buffer.of(2))];
  const closedBy: readonly (readonly [by: string, before: readonly Uint8Array[], after: readonly Uint8Array[], codes: readonly number[]])[] = [
    ['both, at its end', [headers(1, get('/a.txt'))], late, [5]],
    ['the client', [headers(1, post, END_HEADERS), frame(TYPES.RST_STREAM, 0, 1, number(8))], late, [5]],
    ['the server: it was on its way', [headers(1, post, END_HEADERS), frame(TYPES.WINDOW_UPDATE, 0, 1, number(0))], [...late, headers(1, [['x', '1']])], [1]],
  ];
  for (const [by, before, after, codes] of closedBy) {
    const client = await FrameClient.begun(place);
    client.send(...before, headers(3, get('/a.txt')));
    await client.outcome(3);
    client.send(...after, headers(5, get('/a.txt')));
    t.equal(await client.outcome(5), 200, `${by}: the connection goes on`);
    t.same(resets(client), codes, by);
    client.destroy();
  }
  const client = await FrameClient.begun(place);
  client.send(headers(1, get('/a.txt')), headers(3, get('/a.txt')));
  await client.outcome(3);
  client.send(headers(1, [['x', '1']]));
  t.equal(await client.ending(), 5, 'fields on one that its client has ended');
});

t.test('a table that is made smaller', { skip }, async (t) => {
  const { place } = await serveSecure(t);
  const client = await FrameClient.begun(place, [1, 0]);
  client.send(headers(1, get('/a.txt')), headers(3, get('/a.txt')));
  await client.outcome(3);
  const [first, second] = client.frames.filter(({ type }) => type === TYPES.HEADERS);
  t.equal(first?.payload[0], 0x20, 'RFC 7541 §4.2: the next block says so');
  t.not(second?.payload[0], 0x20);
  client.destroy();
});
