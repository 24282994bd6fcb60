// Bodies that are sent while they arrive, on real sockets: in chunks, with a length, until the end of the connection; to
// peers that are slow, that go, and when the body breaks off.
import t, { type Test } from 'tap';
import { Broken, Client, requestText } from '../client.ts';
import { pause, until } from '../serving.ts';
import { contentOf } from '../simulated/content.ts';
import { serveFollowers, type Serving } from '../2-native/following.ts';

const BYTES = 3_000_000;
const CONTENT = contentOf(1, BYTES);

/** A body under the key `body`, filled by the engine that sends it. */
class Filled {
  readonly serving: Serving;
  readonly #file: number;
  arrived = 0;

  constructor(t: Test) {
    this.serving = serveFollowers(t.testdir({}));
    t.teardown(this.serving.stop);
    this.#file = this.serving.engine.begin('body');
  }

  append(bytes: number): void {
    if (this.serving.engine.append(this.#file, CONTENT.subarray(this.arrived, this.arrived + bytes)) < 0) throw new Error('append');
    this.arrived += bytes;
  }

  end(whole = true): void {
    this.serving.engine.end(this.#file, whole);
  }

  /** All of it, in pieces of every size, at once and not. */
  async arrive(): Promise<void> {
    for (let i = 0; this.arrived < BYTES; ++i) {
      this.append(Math.min(BYTES - this.arrived, 1 + ((i * 7919) % 50_000)));
      if (i % 3 === 0) await pause(i % 2);
    }
    this.end();
  }

  open(): Promise<Client> {
    return Client.open(this.serving.place);
  }
}

t.test('to many at once, in every framing, and the connections go on', async (t) => {
  const body = new Filled(t);
  const clients = await Promise.all(Array.from({ length: 9 }, () => body.open()));
  const targets = ['/until-end/body', `/whole/body/${BYTES}`, `/range/body/1000000/${BYTES}`];
  const heard = clients.map(async (client, i) => {
    const target = targets[i % 3]!;
    await client.send(requestText(target) + requestText('/until-end/nobody') + requestText(target));
    const expected = i % 3 === 2 ? CONTENT.subarray(1_000_000) : CONTENT;
    for (const status of [200, 404, 200]) {
      const reply = await client.reply();
      t.equal(reply.status, status);
      if (status === 404) continue;
      t.ok(reply.body.equals(expected), `${target}: every byte`);
      t.equal(reply.fields.get('transfer-encoding'), i % 3 === 0 ? 'chunked' : undefined);
    }
    client.finish();
    await client.nothingMore();
  });
  await body.arrive();
  await Promise.all(heard);
});

t.test('to HTTP/1.0 the connection ends it', async (t) => {
  const body = new Filled(t);
  const client = await body.open();
  await client.send('GET /until-end/body HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
  const reply = client.reply();
  await body.arrive();
  const { fields, body: found, untilEnd } = await reply;
  t.notOk(fields.has('transfer-encoding'));
  t.equal(fields.get('connection'), 'close');
  t.ok(untilEnd && found.equals(CONTENT));
  await client.nothingMore();
});

t.test('head and bytes leave as soon as they are there', async (t) => {
  const body = new Filled(t);
  const client = await body.open();
  await client.send(requestText(`/whole/body/${BYTES}`));
  const { end } = await client.head();
  t.equal(client.received, end, 'the head, before any byte of the body');
  for (const bytes of [1, 10, 5000]) {
    body.append(bytes);
    await until(() => client.received === end + body.arrived, `${body.arrived} bytes`);
  }
  await body.arrive();
  t.ok((await client.reply()).body.equals(CONTENT));
  client.destroy();
});

t.test('a body that breaks off: reset, and never complete; a range that is there is', async (t) => {
  const body = new Filled(t);
  body.append(1_000_000);
  const targets = ['/until-end/body', `/whole/body/${BYTES}`, `/range/body/0/1000001`];
  const clients = await Promise.all([...targets, ...targets].map(async (target, i) => {
    const client = await body.open();
    if (i > 2) client.socket.pause(); // its answer is in the middle of what is there
    await client.send(requestText(target));
    return client;
  }));
  const old = await body.open();
  await old.send('GET /until-end/body HTTP/1.0\r\n\r\n');
  for (const client of [...clients.slice(0, 3), old]) await client.head();
  const there = await body.open();
  await there.send(requestText('/range/body/10/1000000'));
  body.end(false);
  for (const [i, client] of clients.entries()) {
    if (i > 2) client.socket.resume();
    await t.rejects(client.reply(), Broken);
    client.destroy();
  }
  t.equal(await old.end(), 'reset');
  t.ok((await there.reply()).body.equals(CONTENT.subarray(10, 1_000_000)));
  await there.send(requestText('/range/body/0/1'));
  t.equal((await there.reply()).body[0], CONTENT[0], 'and so it is afterwards');
  await there.send(requestText('/until-end/body'));
  await t.rejects(there.reply(), Broken);
  there.destroy();
});

t.test('a peer that reads nothing holds nobody back, and gets every byte', async (t) => {
  const body = new Filled(t);
  const [slow, quick] = [await body.open(), await body.open()];
  slow.socket.pause();
  for (const client of [slow, quick]) await client.send(requestText('/until-end/body').repeat(3));
  await body.arrive();
  for (let i = 0; i < 3; ++i) t.ok((await quick.reply()).body.equals(CONTENT));
  slow.socket.resume();
  for (let i = 0; i < 3; ++i) t.ok((await slow.reply()).body.equals(CONTENT));
  for (const client of [slow, quick]) client.destroy();
});

t.test('peers that go in the middle are missed by nobody', async (t) => {
  const body = new Filled(t);
  const stays = await body.open();
  await stays.send(requestText('/until-end/body'));
  for (let i = 0; i < 60; ++i) {
    const client = await body.open();
    await client.send(requestText(i % 2 === 0 ? '/until-end/body' : `/whole/body/${BYTES}`));
    if (i % 3 > 0) await client.head();
    body.append(1000);
    client.reset();
  }
  await body.arrive();
  t.ok((await stays.reply()).body.equals(CONTENT));
  stays.destroy();
});
