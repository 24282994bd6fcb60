// Tunnels through the proxy (RFC 9110 §7.8): how they are opened, and what goes through them.
import { createHash, randomBytes } from 'node:crypto';
import t from 'tap';
import { createServer, type ServerOptions } from '../../server/index.ts';
import { pause, serve, until } from '../serving.ts';
import { ASK, End, open, SWITCH, tunnelling, TunnelOrigin } from './tunnel-origin.ts';

const ALL_BYTES = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).join('');

t.test('a connection changes its protocol', async (t) => {
  const through = await tunnelling(t, { accessLog: 'combined' });
  const { origin, place, server, lines } = through;
  const client = await End.open(place);
  client.send(ASK.replace('Upgrade: websocket', 'Upgrade: h2c, websocket\r\nHTTP2-Settings: AAMAAABk'));
  const head = await client.head();
  t.match(head, /^HTTP\/1\.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK\+xOo=\r\nDate: [^\r]+ GMT\r\n\r\n$/);
  const asked = origin.heads[0]!.toLowerCase();
  t.match(asked, /^get \/chat http\/1\.1\r\n/);
  for (const line of ['connection: upgrade', 'upgrade: websocket', 'sec-websocket-key: dghlihnhbxbszsbub25jzq==', 'sec-websocket-version: 13', 'via: 1.1 pagecast']) {
    t.ok(asked.includes(`\r\n${line}\r\n`), line);
  }
  t.notMatch(asked, /h2c|http2-settings/);
  const far = origin.ends[0]!;
  // Whatever it looks like, it is no request and no answer.
  for (const bytes of [ALL_BYTES, ASK, 'HTTP/1.1 400 Bad Request\r\n\r\n', '\r\n', '0\r\n\r\n', 'x'.repeat(300_000)]) {
    client.send(bytes);
    await far.reads(bytes);
    far.send(bytes);
    await client.reads(bytes);
  }
  t.match(await server.counts(), { tunnels: 1, tunnelsOpened: 1, tunnelBytesReceived: 300_000 + 256 + ASK.length + 28 + 2 + 5, upgraded: 1, requests: 1 });
  client.socket.end();
  await until(() => far.ended, 'the FIN of the client');
  far.send('bye');
  far.socket.end();
  await client.reads('bye');
  await until(() => client.closed && far.closed, 'both ends');
  await until(() => lines().length === 1, 'the line of the log');
  t.match(lines()[0], new RegExp(`"GET /chat HTTP/1\\.1" 101 ${300_000 + 256 + ASK.length + 28 + 2 + 5 + 3} `));
  await until(async () => (await server.counts())['connections'] === 0, 'no connection');
  t.match(await server.counts(), { tunnels: 0, tunnelsOpened: 1, busy: 0 });
});

t.test('every split of the request and what comes behind it', async (t) => {
  const { origin, place } = await tunnelling(t);
  const bytes = `${ASK}GET /early HTTP/1.1\r\n\r\n`;
  for (let at = 1; at < bytes.length; ++at) {
    const client = await End.open(place);
    client.send(bytes.slice(0, at));
    await new Promise(setImmediate);
    client.send(bytes.slice(at));
    t.match(await client.head(), /^HTTP\/1\.1 101 /);
    const far = origin.ends.at(-1)!;
    await far.reads('GET /early HTTP/1.1\r\n\r\n');
    client.send('more');
    await far.reads('more');
    client.socket.destroy();
  }
  t.equal(origin.heads.length, bytes.length - 1, 'one question each');
});

t.test('every split of the answer and what comes behind it', async (t) => {
  const through = await tunnelling(t);
  const bytes = `${SWITCH}HTTP/1.1 100 early\r\n\r\n`;
  through.origin.answer = () => '';
  for (let at = 1; at < bytes.length; ++at) {
    const client = await End.open(through.place);
    client.send(ASK);
    await until(() => through.origin.heads.length === at, 'the question');
    const far = through.origin.ends.at(-1)!;
    far.send(bytes.slice(0, at));
    await new Promise(setImmediate);
    far.send(bytes.slice(at));
    t.match(await client.head(), /^HTTP\/1\.1 101 /);
    await client.reads('HTTP/1.1 100 early\r\n\r\n');
    client.socket.destroy();
  }
});

t.test('anything but a 101 is an answer, and what came behind the request is a request', async (t) => {
  const { origin, place, server } = await tunnelling(t);
  origin.answer = (head) => `HTTP/1.1 ${head.includes('chat') ? '426 Upgrade Required' : '200 OK'}\r\nContent-Length: 2\r\n\r\n${head.includes('chat') ? 'no' : 'ok'}`;
  const client = await End.open(place);
  client.send(`${ASK}GET /next HTTP/1.1\r\nHost: h\r\n\r\n`);
  const first = await client.head();
  t.match(first, /^HTTP\/1\.1 426 /);
  t.match(first, /\r\nCache-Status: pagecast;fwd=bypass;detail=upgrade\r\n/);
  await until(() => client.text.endsWith('\r\n\r\nok'), 'the second answer');
  t.match(client.text, /^noHTTP\/1\.1 200 /);
  t.match(await server.counts(), { tunnels: 0, tunnelsOpened: 0, requests: 2 });
  client.socket.destroy();
});

t.test('what nobody may change to is asked for as if nothing were said', async (t) => {
  const { origin, place } = await tunnelling(t);
  origin.answer = () => 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nCache-Control: no-store\r\n\r\nok';
  const asks = [ASK.replace('websocket', 'h2c'), ASK.replace('websocket', 'irc/6.9'), ASK.replace('HTTP/1.1', 'HTTP/1.0'), ASK.replace('GET', 'DELETE'), ASK.replace('Connection: Upgrade', 'Connection: x'), ASK.replace('\r\n\r\n', '\r\nContent-Length: 4\r\n\r\nbody')];
  for (const ask of asks) {
    const client = await End.open(place);
    client.send(ask);
    t.match(await client.head(), /^HTTP\/1\.1 200 /, ask);
    t.notMatch(origin.heads.at(-1), /upgrade/i, ask);
    client.socket.destroy();
  }
  t.equal(origin.heads.length, asks.length);
});

t.test('a 101 that nobody asked for, or to something else, is no answer', async (t) => {
  const { origin, place } = await tunnelling(t);
  for (const [ask, answer] of [['GET / HTTP/1.1\r\nHost: h\r\n\r\n', SWITCH], [ASK, SWITCH.replace('websocket', 'h2c')]] as const) {
    origin.answer = () => answer;
    const client = await End.open(place);
    client.send(ask);
    t.match(await client.head(), /^HTTP\/1\.1 502 /);
    await until(() => origin.ends.at(-1)!.ended, 'the end at the origin');
    origin.ends.at(-1)!.socket.destroy();
    client.socket.destroy();
  }
});

t.test('what is stored is no answer to who would change, and the answer to him is not stored', async (t) => {
  const { origin, place } = await tunnelling(t);
  let count = 0;
  origin.answer = () => `HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 1\r\n\r\n${++count}`;
  const client = await End.open(place);
  const bodies: string[] = [];
  for (const ask of [ASK, 'GET /chat HTTP/1.1\r\nHost: h\r\n\r\n', 'GET /chat HTTP/1.1\r\nHost: h\r\n\r\n', ASK]) {
    client.send(ask);
    await client.head();
    await until(() => client.text.length > 0, 'a body');
    bodies.push(client.text);
    client.text = '';
  }
  t.same(bodies, ['1', '2', '2', '3']);
  client.socket.destroy();
});

t.test('who may not ask does not get through', async (t) => {
  const { origin, place } = await tunnelling(t, { access: { users: ['a:b'] } });
  const client = await End.open(place);
  client.send(ASK);
  t.match(await client.head(), /^HTTP\/1\.1 401 /);
  t.equal(origin.heads.length, 0);
  const other = await End.open(place);
  other.send(ASK.replace('\r\n\r\n', `\r\nAuthorization: Basic ${btoa('a:b')}\r\n\r\n`));
  t.match(await other.head(), /^HTTP\/1\.1 101 /);
  client.socket.destroy();
  other.socket.destroy();
});

t.test('who does not read makes the other side wait, in no more memory than buffers', async (t) => {
  const through = await tunnelling(t);
  const block = randomBytes(1 << 16);
  const BLOCKS = 1_024;
  for (const towards of ['client', 'far'] as const) {
    const ends = await open(through);
    const reader = ends[towards];
    const writer = ends[towards === 'client' ? 'far' : 'client'];
    reader.socket.removeAllListeners('data');
    reader.socket.pause();
    let taken = 0;
    const write = (left: number): void => {
      if (left === 0) return;
      writer.socket.write(block, () => {
        ++taken;
        write(left - 1);
      });
    };
    write(BLOCKS);
    for (let before = -1, same = 0; same < 20; same = taken === before ? same + 1 : 0, before = taken) await pause(10);
    t.ok(taken < BLOCKS / 2, `${taken} of ${BLOCKS} blocks were taken by nobody but the kernel and us`);
    t.ok(writer.socket.writableLength > 0, 'and it waits');
    const hash = createHash('sha256');
    let bytes = 0;
    reader.socket.on('data', (chunk) => {
      hash.update(chunk);
      bytes += chunk.length;
    });
    reader.socket.resume();
    await until(() => bytes === BLOCKS * block.length, 'all of it');
    const expected = createHash('sha256');
    for (let i = 0; i < BLOCKS; ++i) expected.update(block);
    t.equal(hash.digest('hex'), expected.digest('hex'));
    ends.client.socket.destroy();
    ends.far.socket.destroy();
  }
});

t.test('options that are none', (t) => {
  const urls = ['http://127.0.0.1:1'];
  const wrong: readonly (readonly [options: ServerOptions, message: RegExp])[] = [
    [{ proxy: { urls, upgrades: ['WebSocket', 'H2C', 'tls'] } }, /proxy\.upgrades\[1\]: H2C cannot be allowed/i],
    [{ proxy: { urls, upgrades: ['web socket'] } }, /proxy\.upgrades\[0\]: "web socket" is no name of a protocol/],
    [{ proxy: { urls, upgrades: 'websocket' as unknown as string[] } }, /proxy\.upgrades must be a list of names/],
    [{ proxy: urls, limits: { tunnelIdleTimeoutMs: 99 } }, /limits\.tunnelIdleTimeoutMs must be a whole number from 100/],
    [{ proxy: { urls, sendfileRoot: '/no/such/folder' } }, /proxy\.sendfileRoot: \/no\/such\/folder is not a folder/],
    [{ proxy: { urls, sendfileRoot: '' } }, /proxy\.sendfileRoot must be the path of a folder/],
  ];
  for (const [options, message] of wrong) t.throws(() => createServer(options), message);
  t.end();
});

t.test('other protocols pass where they are named, and none where none is', async (t) => {
  const { origin, place } = await tunnelling(t);
  const own = await serve(t, { proxy: { urls: [origin.url], upgrades: ['X-Own'] } });
  const none = await serve(t, { proxy: { urls: [origin.url], upgrades: [] } });
  origin.answer = (head) => (/upgrade: x-own/i.test(head) ? SWITCH.replace('websocket', 'x-own') : 'HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n');
  for (const [where, status] of [[own.place, '101'], [none.place, '200'], [place, '200']] as const) {
    const client = await End.open(where);
    client.send(ASK.replace('websocket', 'x-own, websocket'));
    const head = await client.head();
    if (where === place) t.match(origin.heads.at(-1), /\r\nupgrade: websocket\r\n/i);
    t.match(head, new RegExp(`^HTTP/1\\.1 ${status} `));
    client.socket.destroy();
  }
});

t.test('behind other requests of its connection, and before more than is held', async (t) => {
  const { origin, place } = await tunnelling(t);
  origin.answer = (head) => (head.includes('/chat') ? '' : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  const early = randomBytes(1 << 20).toString('latin1');
  const client = await End.open(place);
  client.send(`GET /one HTTP/1.1\r\nHost: h\r\n\r\nGET /two HTTP/1.1\r\nHost: h\r\n\r\n${ASK}${early}`);
  await until(() => origin.heads.length === 3, 'the questions');
  const far = origin.ends.at(-1)!;
  far.send(SWITCH);
  for (const status of [200, 200, 101]) {
    t.match(await client.head(), new RegExp(`^HTTP/1\\.1 ${status} `));
    if (status !== 200) continue;
    await until(() => client.text.length >= 2, 'a body');
    t.ok(client.text.startsWith('ok'));
    client.text = client.text.slice(2);
  }
  await far.reads(early);
  client.socket.destroy();
});

t.test('through TLS to the origin, and back', async (t) => {
  const origin = await TunnelOrigin.listen(t, true);
  const serving = await serve(t, { proxy: { urls: [origin.url], tls: { rejectUnauthorized: false } } });
  const { client, far } = await open({ origin, ...serving });
  const bytes = randomBytes(1 << 20).toString('latin1');
  client.send(bytes);
  far.send(bytes);
  await far.reads(bytes);
  await client.reads(bytes);
  far.socket.end('bye');
  await client.reads('bye');
  await until(() => client.ended, 'its end');
  t.notOk(far.ended);
  client.socket.end('late');
  await far.reads('late');
  await until(() => far.ended, 'the other one');

  const other = await open({ origin, ...serving });
  other.client.socket.end('bye');
  await other.far.reads('bye');
  await until(() => other.far.ended, 'its end');
  other.far.socket.end('late');
  await other.client.reads('late');
  await until(() => other.client.closed, 'the other one');
  t.notOk(other.client.failed);
});
