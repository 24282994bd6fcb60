// How tunnels end: by either side, by time, with the server; and that nothing of them is left.
import { readdirSync } from 'node:fs';
import t from 'tap';
import { pause, until } from '../serving.ts';
import { ASK, End, open, SWITCH, tunnelling } from './tunnel-origin.ts';

t.test('the origin ends', async (t) => {
  const through = await tunnelling(t);
  const { client, far } = await open(through);
  far.send('last');
  far.socket.end();
  await client.reads('last');
  await until(() => client.ended, 'its FIN');
  t.notOk(client.failed);
  await until(() => far.ended, 'FIN for FIN');
  client.socket.end();
  await until(() => client.closed, 'the end');
  await until(async () => (await through.server.counts())['connections'] === 0, 'no connection');
});

t.test('an origin that ends with its 101', async (t) => {
  const { origin, place } = await tunnelling(t);
  origin.answer = () => '';
  for (const last of ['', 'bye', 'x'.repeat(200_000)]) {
    const count = origin.heads.length;
    const client = await End.open(place);
    client.send(ASK);
    await until(() => origin.heads.length === count + 1, 'the question');
    origin.ends.at(-1)!.socket.end(SWITCH + last, 'latin1');
    t.match(await client.head(), /^HTTP\/1\.1 101 /);
    await client.reads(last);
    await until(() => client.ended && !client.failed, 'its FIN');
    client.socket.end();
  }
});

t.test('a client that has ended before the 101 is still sent what comes', async (t) => {
  const { origin, place } = await tunnelling(t);
  origin.answer = () => '';
  const client = await End.open(place);
  client.send(`${ASK}early`);
  await until(() => origin.heads.length === 1, 'the question');
  client.socket.end();
  const far = origin.ends[0]!;
  far.send(SWITCH);
  await client.head();
  await far.reads('early');
  await until(() => far.ended, 'its FIN');
  far.send('late');
  await client.reads('late');
  far.socket.end();
  await until(() => client.closed && !client.failed, 'the end');
});

t.test('a client that is gone before the 101 leaves nothing behind', async (t) => {
  const { origin, place, server } = await tunnelling(t);
  origin.answer = () => '';
  const client = await End.open(place);
  client.send(ASK);
  await until(() => origin.heads.length === 1, 'the question');
  client.socket.resetAndDestroy();
  await until(() => origin.ends[0]!.ended || origin.ends[0]!.closed, 'the end at the origin');
  origin.ends[0]!.send(SWITCH);
  origin.ends[0]!.socket.end();
  await until(async () => (await server.counts())['busy'] === 0, 'no connection');
  t.match(await server.counts(), { tunnels: 0, tunnelsOpened: 0 });
});

t.test('a reset ends both', async (t) => {
  const through = await tunnelling(t, { accessLog: 'json' });
  const one = await open(through);
  one.client.socket.resetAndDestroy();
  await until(() => one.far.ended || one.far.closed, 'the end of the far side');
  one.far.socket.destroy();
  const other = await open(through);
  other.far.socket.resetAndDestroy();
  await until(() => other.client.closed, 'the end of the client');
  t.ok(other.client.failed, 'as a reset');
  await until(async () => (await through.server.counts())['busy'] === 0, 'no connection');
  t.match(await through.server.counts(), { tunnels: 0, tunnelsOpened: 2, connections: 0 });
  await until(() => through.lines().length === 2, 'the log');
  for (const line of through.lines()) t.match(line, /aborted/);
});

t.test('what has said nothing for as long as it may is ended, on both sides', async (t) => {
  const through = await tunnelling(t, { limits: { tunnelIdleTimeoutMs: 300, idleTimeoutMs: 100, sendTimeoutMs: 100, bodyTimeoutMs: 100, headTimeoutMs: 100 } });
  const { client, far } = await open(through);
  for (let i = 0; i < 20; ++i) {
    (i % 2 ? client : far).send('x');
    await pause(40);
  }
  t.equal(client.text + far.text, 'x'.repeat(20), 'other bounds of time are not its own');
  await until(() => (client.ended || client.closed) && (far.ended || far.closed), 'both ends');
  t.match(await through.server.counts(), { tunnels: 0 });
  client.socket.destroy();
  far.socket.destroy();
});

t.test('a server that is closed leaves its tunnels the time of grace', async (t) => {
  const through = await tunnelling(t, { graceMs: 60_000 });
  const { client, far } = await open(through);
  const closed = through.server.close();
  await until(() => End.open(through.place).then(({ socket }) => (socket.destroy(), false), () => true), 'no more connections');
  client.send('still');
  await far.reads('still');
  far.socket.end('bye');
  await client.reads('bye');
  client.socket.end();
  await closed;

  const short = await tunnelling(t, { graceMs: 200 });
  const ends = await open(short);
  await short.server.close();
  await until(() => (ends.client.ended || ends.client.closed) && (ends.far.ended || ends.far.closed), 'and no longer');
  ends.client.socket.destroy();
});

t.test('a thousand tunnels leave no descriptor', async (t) => {
  const through = await tunnelling(t);
  const descriptors = (): number => readdirSync('/proc/self/fd').length;
  const { client, far } = await open(through);
  client.socket.destroy();
  far.socket.end();
  await until(async () => (await through.server.counts())['busy'] === 0, 'the first one\'s end');
  const before = descriptors();
  for (let batch = 0; batch < 20; ++batch) {
    const first = through.origin.ends.length;
    const clients = await Promise.all(Array.from({ length: 50 }, () => End.open(through.place)));
    for (const client of clients) client.send(`${ASK}x`);
    await Promise.all(clients.map(async (client) => client.head()));
    for (const [i, { socket }] of clients.entries()) socket[(['end', 'destroy', 'resetAndDestroy'] as const)[i % 3]!]();
    await until(() => through.origin.ends.slice(first).every(({ ended, closed }) => ended || closed), 'their ends');
    for (const { socket } of through.origin.ends.slice(first)) socket.end();
    await until(() => clients.every(({ closed }) => closed), 'the ends of the clients');
  }
  t.match(await through.server.counts(), { tunnelsOpened: 1_001 });
  await until(async () => {
    const { tunnels, connections, busy } = await through.server.counts();
    return tunnels === 0 && connections === 0 && busy === 0;
  }, 'the end of all');
  await until(() => descriptors() <= before, 'as many descriptors as before');
  t.pass('all given back');
});
