// How tunnels end: by either side, by time, with the server; and that nothing of them is left.
import { readdirSync } from 'node:fs';
import t from 'tap';
import { pause, until } from '../serving.ts';
import { ASK, End, open, SWITCH, tunnelling } from './tunnel-origin.ts';

for (const [which, other] of [['client', 'far'], ['far', 'client']] as const) {
  t.test(`FIN of the ${which} side is passed on, and the other direction goes on`, async (t) => {
    const through = await tunnelling(t, { accessLog: 'json' });
    const ends = await open(through);
    ends[which].send('last');
    ends[which].socket.end();
    await ends[other].reads('last');
    await until(() => ends[other].ended, 'its FIN');
    for (const bytes of ['late', 'x'.repeat(3_000_000), 'later still']) {
      ends[other].send(bytes);
      await ends[which].reads(bytes);
    }
    t.notOk(ends[which].ended, 'no FIN for FIN');
    t.match(await through.server.counts(), { tunnels: 1, connections: 1, busy: 1 });
    t.same(through.lines(), [], 'it is not over');
    ends[other].socket.end();
    await until(() => ends.client.closed && ends.far.closed, 'both ends');
    t.notOk(ends.client.failed || ends.far.failed);
    await until(async () => (await through.server.counts())['busy'] === 0, 'no connection');
    t.match(await through.server.counts(), { tunnels: 0, connections: 0 });
    await until(() => through.lines().length === 1, 'the line of the log');
    t.notMatch(through.lines()[0], /incomplete/);
    t.equal((JSON.parse(through.lines()[0]!) as { bytes: number }).bytes, which === 'far' ? 4 : 4 + 3_000_000 + 11);
  });

  t.test(`FIN of the ${which} side comes behind all that was sent before it, however slow the other one reads`, async (t) => {
    const through = await tunnelling(t);
    const ends = await open(through);
    ends[other].socket.pause();
    const bytes = 'y'.repeat(20_000_000);
    ends[which].socket.end(bytes);
    ends[other].send('meanwhile');
    await ends[which].reads('meanwhile');
    await pause(100);
    t.notOk(ends[other].ended);
    ends[other].socket.resume();
    await ends[other].reads(bytes);
    await until(() => ends[other].ended, 'its FIN');
    ends[other].socket.end();
    await until(() => ends.client.closed && ends.far.closed, 'both ends');
    t.notOk(ends.client.failed || ends.far.failed);
  });
}

t.test('both end at once', async (t) => {
  const through = await tunnelling(t, { accessLog: 'json' });
  for (let i = 0; i < 50; ++i) {
    const { client, far } = await open(through);
    client.socket.end(`${i}`);
    far.socket.end(`-${i}`);
    await client.reads(`-${i}`);
    await far.reads(`${i}`);
    await until(() => client.closed && far.closed, 'both ends');
    t.notOk(client.failed || far.failed);
  }
  await until(() => through.lines().length === 50, 'the log');
  for (const line of through.lines()) t.notMatch(line, /incomplete/);
});

t.test('a side that is gone, and not only done, leaves nothing behind', async (t) => {
  const through = await tunnelling(t, { accessLog: 'json' });
  const one = await open(through);
  one.far.socket.destroy(); // FIN, and RST for what comes after it
  await until(() => one.client.ended, 'the FIN');
  await until(() => through.lines().length === 1 || (one.client.send('to nobody'), false), 'the end');
  t.notOk(one.client.failed, 'its own FIN was in good order');
  one.client.socket.destroy();

  const other = await open(through);
  other.client.socket.end();
  await until(() => other.far.ended, 'the FIN');
  other.client.socket.resetAndDestroy();
  await until(() => other.far.closed || (other.far.send('to nobody'), false), 'the end');
  await until(async () => (await through.server.counts())['busy'] === 0, 'no connection');
  await until(() => through.lines().length === 2, 'the log');
  for (const line of through.lines()) t.match(line, /"incomplete":"aborted"/);
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
  await until(() => client.closed, 'the end');
  t.notOk(client.failed);
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
  const through = await tunnelling(t, { accessLog: 'json', limits: { tunnelIdleTimeoutMs: 300, idleTimeoutMs: 100, sendTimeoutMs: 100, bodyTimeoutMs: 100, headTimeoutMs: 100 } });
  const { client, far } = await open(through);
  for (let i = 0; i < 20; ++i) {
    (i % 2 ? client : far).send('x');
    await pause(40);
  }
  t.equal(client.text + far.text, 'x'.repeat(20), 'other bounds of time are not its own');
  await until(() => (client.ended || client.closed) && (far.ended || far.closed), 'both ends');
  t.match(await through.server.counts(), { tunnels: 0 });
  await until(() => through.lines().length === 1, 'the line of the log');
  t.match(through.lines()[0], /"status":101,"bytes":10,.*"incomplete":"aborted"/);
  client.socket.destroy();
  far.socket.destroy();
});

for (const which of ['client', 'far'] as const) {
  t.test(`the same where the ${which} side has ended, and the other one is silent`, async (t) => {
    const through = await tunnelling(t, { accessLog: 'json', limits: { tunnelIdleTimeoutMs: 300 } });
    const ends = await open(through);
    ends[which].socket.end();
    const other = ends[which === 'client' ? 'far' : 'client'];
    await until(() => other.ended, 'its FIN');
    for (let i = 0; i < 20; ++i) {
      other.send('x');
      await pause(40);
    }
    await ends[which].reads('x'.repeat(20));
    t.notOk(ends[which].closed, 'not while it says something');
    await until(() => through.lines().length === 1, 'the end');
    t.match(await through.server.counts(), { tunnels: 0, busy: 0 });
    t.match(through.lines()[0], /"incomplete":"aborted"/);
    ends.client.socket.destroy();
    ends.far.socket.destroy();
  });
}

t.test('an origin that takes nothing any more is left when both have ended, and no time is left', async (t) => {
  const through = await tunnelling(t, { accessLog: 'json', limits: { tunnelIdleTimeoutMs: 500 } });
  const { client, far } = await open(through);
  far.socket.pause();
  far.socket.end();
  await until(() => client.ended, 'its FIN');
  client.socket.end('z'.repeat(30_000_000));
  await until(() => through.lines().length === 1, 'the end');
  t.match(through.lines()[0], /"incomplete":"aborted"/);
  await until(async () => (await through.server.counts())['busy'] === 0, 'no connection');
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

  for (const force of [false, true]) {
    const short = await tunnelling(t, { graceMs: 200, accessLog: 'json' });
    const { client, far } = await open(short);
    const halfClosed = await open(short);
    halfClosed.far.socket.end('bye');
    await halfClosed.client.reads('bye');
    await short.server.close({ force });
    await until(() => client.closed && (far.ended || far.closed), 'and no longer');
    t.ok(client.failed, 'an end that is nobody\'s is a reset');
    const logged = short.lines().map((line) => JSON.parse(line) as { status: number; bytes: number; incomplete: string });
    t.same(logged.map(({ status, bytes, incomplete }) => [status, bytes, incomplete]).sort(), [[101, 0, 'aborted'], [101, 3, 'aborted']], 'each has its line');
    for (const { socket } of [far, halfClosed.far, halfClosed.client]) socket.destroy();
  }
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
