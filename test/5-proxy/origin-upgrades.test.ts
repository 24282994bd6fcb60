// Upgrades: the socket changes hands, or not.
import { once } from 'node:events';
import t from 'tap';
import { ask, get, originsOf, until } from './origin-asking.ts';
import { answer, RawOrigin } from './raw-origin.ts';

const ASK = get('/chat', { upgrade: 'websocket', fields: [['Host', 'h'], ['Sec-WebSocket-Key', 'k'], ['Upgrade', 'websocket'], ['Connection', 'upgrade']] });
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\nX: y\r\n\r\n';

t.test('the socket is handed over, with what came behind the head', async (t) => {
  const origin = await RawOrigin.listen([[`HTTP/1.1 103 E\r\n\r\n${SWITCH}hello`], [answer('next')]]);
  const origins = originsOf({ urls: [origin.url], connectionsMax: 1, queueTimeoutMs: 50, keepAliveMs: 30, bodyTimeoutMs: 30, headTimeoutMs: 1_000 });
  const recorder = await ask(origins, ASK);
  t.equal(recorder.story, '103, upgraded 101');
  t.same(recorder.fields.at(-1), ['X', 'y']);
  t.equal(origin.received[0], 'GET /chat HTTP/1.1\r\nhost: h\r\nconnection: upgrade\r\nupgrade: websocket\r\nSec-WebSocket-Key: k\r\n\r\n');
  const socket = recorder.socket!;
  let read = '';
  socket.on('readable', () => {
    for (let bytes = socket.read() as Buffer | null; bytes !== null; bytes = socket.read() as Buffer | null) read += bytes.toString('latin1');
  });
  socket.write('HTTP/1.1 100 or anything');
  await until(() => read === 'hello');
  origin.sockets[0]!.write('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 too');
  await until(() => read === 'helloHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 too');
  origin.sockets[0]!.write('x'.repeat(500_000));
  await until(() => read.length > 500_000);
  await new Promise((resolve) => setTimeout(resolve, 100));
  t.notOk(socket.destroyed, 'no timeout is left on it');
  t.ok(origin.received[0]!.endsWith('anything'));
  t.equal((await ask(origins)).failure?.kind, 'no-origin', 'it takes its room');
  recorder.call.cancel('too late');
  t.notOk(socket.destroyed);
  origin.sockets[0]!.end('bye');
  await once(socket, 'end');
  socket.end();
  await until(() => origins.counts()['connections'] === 0);
  t.equal((await ask(origins)).body, 'next', 'and gives it back');
  t.match(origins.counts(), { upgraded: 1, active: 0 });
  await origins.close();
  await origin.close();
});

t.test('an error of the socket is its listener\'s to see as an end', async (t) => {
  const origin = await RawOrigin.listen([[SWITCH]]);
  const origins = originsOf({ urls: [origin.url] });
  const { socket } = await ask(origins, ASK);
  origin.sockets[0]!.resetAndDestroy();
  socket!.resume();
  await until(() => socket!.closed);
  await until(() => origins.counts()['connections'] === 0);
  await origins.close();
  await origin.close();
  t.pass('and no exception');
});

t.test('closing the origins leaves tunnels open', async (t) => {
  const origin = await RawOrigin.listen([[SWITCH]]);
  const origins = originsOf({ urls: [origin.url] });
  const { socket } = await ask(origins, ASK);
  await origins.close();
  t.notOk(socket!.destroyed);
  socket!.destroy();
  await origin.close();
});

const others: readonly (readonly [name: string, script: string, story: string])[] = [
  ['refused', answer('no').replace('200 OK', '403 Forbidden'), '403 length, data, end'],
  ['ignored', answer('hi'), '200 length, data, end'],
  ['another protocol', SWITCH.replace('WebSocket', 'h2c'), 'malformed before head'],
  ['one more than was asked for', SWITCH.replace('WebSocket', 'websocket, h2c'), 'malformed before head'],
  ['no protocol', 'HTTP/1.1 101 S\r\nConnection: upgrade\r\n\r\n', 'malformed before head'],
  ['no Connection', 'HTTP/1.1 101 S\r\nUpgrade: websocket\r\n\r\n', 'malformed before head'],
  ['not HTTP/1.1', SWITCH.replace('HTTP/1.1', 'HTTP/1.0'), 'malformed before head'],
];

t.test('anything but the protocol that was asked for', async (t) => {
  for (const [name, script, story] of others) {
    const origin = await RawOrigin.listen([[script]]);
    const origins = originsOf({ urls: [origin.url], connectionsMax: 1, retriesMax: 0 });
    t.equal((await ask(origins, ASK)).story, story, name);
    await until(() => origins.counts()['connections'] === 0);
    await until(() => origin.sockets[0]!.closed);
    origin.script([answer('next')]);
    t.equal((await ask(origins)).body, 'next', name);
    await origins.close();
    await origin.close();
  }
});
