// Bodies pulled from JavaScript, on real sockets: chunked, sized, ended by the connection; slow peers slow their source
// down, peers that go cancel it, sources that fail look like it.
import { randomBytes } from 'node:crypto';
import t, { type Test } from 'tap';
import { native } from '../../native/index.ts';
import { assemble } from '../../server/assemble.ts';
import { resolveOptions } from '../../server/options.ts';
import { Plan, type Framing, type Source } from '../../server/plan.ts';
import { Broken, Client, requestText, type Place } from '../client.ts';
import { pause, until } from '../serving.ts';

class Chunks implements Source {
  readonly chunks: (Uint8Array | Error)[];
  pulled = 0;
  cancelled = '';

  constructor(chunks: (Uint8Array | Error)[]) {
    this.chunks = chunks;
  }

  async pull(): Promise<Uint8Array | undefined> {
    await pause(this.pulled % 3); // at once, and not
    const chunk = this.chunks[this.pulled++];
    if (chunk instanceof Error) throw chunk;
    return chunk;
  }

  cancel(reason: string): void {
    this.cancelled = reason;
  }
}

interface Sourced {
  readonly place: Place;
  readonly reports: string[];
  /** What the next request gets. */
  next: { readonly framing: Framing; readonly source: Chunks; readonly length?: number };
}

/** A loop in this thread whose every answer is `next`. */
function serveSources(t: Test): Sourced {
  const fd = native.listenTcp('127.0.0.1', 0, { reusePort: false, v6Only: true, backlog: 64, congestionControl: '' });
  const sourced: Sourced = { place: native.localAddress(fd), reports: [], next: { framing: 'chunked', source: new Chunks([]) } };
  const { loop, engine } = assemble({
    EngineClass: native.Engine,
    options: resolveOptions({ root: t.testdir({}), workers: 1 }, 1000),
    report: (name) => sourced.reports.push(name),
    log: undefined,
    onDrained: () => undefined,
    exchange: () => ({
      known: () => undefined,
      find: () => {
        const { framing, source, length } = sourced.next;
        return Promise.resolve(new Plan(200, [['Content-Type', 'text/plain'], ...(length === undefined ? [] : [['Content-Length', String(length)] as const])], [], framing, { source }));
      },
    }),
  });
  engine.listen(fd, false);
  engine.start(() => loop.tick());
  t.teardown(() => {
    engine.stop();
    native.closeDescriptor(fd);
  });
  return sourced;
}

const PIECES = [10, 0, 1, 70_000, 4096, 700_000, 3].map((length) => randomBytes(length));
const WHOLE = Buffer.concat(PIECES);

t.test('chunked', async (t) => {
  const sourced = serveSources(t);
  const client = await Client.open(sourced.place);
  for (let i = 0; i < 5; ++i) {
    sourced.next = { framing: 'chunked', source: new Chunks(PIECES) };
    await client.send(requestText('/'));
    const reply = await client.reply();
    t.equal(reply.fields.get('transfer-encoding'), 'chunked');
    t.ok(reply.body.equals(WHOLE), 'every byte');
  }
  sourced.next = { framing: 'chunked', source: new Chunks([]) };
  void client.send(requestText('/').repeat(3));
  for (let i = 0; i < 3; ++i) t.equal((await client.reply()).body.length, 0, 'nothing, in chunks');
  client.finish();
  await client.nothingMore();
});

t.test('to HTTP/1.0 the connection ends it', async (t) => {
  const sourced = serveSources(t);
  sourced.next = { framing: 'chunked', source: new Chunks(PIECES) };
  const client = await Client.open(sourced.place);
  await client.send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n');
  const reply = await client.reply();
  t.notOk(reply.fields.has('transfer-encoding'));
  t.equal(reply.fields.get('connection'), 'close');
  t.ok(reply.untilEnd && reply.body.equals(WHOLE));
  await client.nothingMore();
});

t.test('with a length, which is kept or the answer is not finished', async (t) => {
  const sourced = serveSources(t);
  const client = await Client.open(sourced.place);
  sourced.next = { framing: 'length', length: WHOLE.length, source: new Chunks(PIECES) };
  await client.send(requestText('/'));
  t.ok((await client.reply()).body.equals(WHOLE));
  for (const wrong of [WHOLE.length + 1, WHOLE.length - 1]) {
    sourced.next = { framing: 'length', length: wrong, source: new Chunks(PIECES) };
    const other = await Client.open(sourced.place);
    await other.send(requestText('/'));
    await t.rejects(other.reply(), Broken, `${wrong} bytes promised`);
  }
  client.destroy();
});

t.test('a source that fails resets the connection', async (t) => {
  const sourced = serveSources(t);
  sourced.next = { framing: 'chunked', source: new Chunks([randomBytes(1000), new Error('the origin went away')]) };
  const client = await Client.open(sourced.place);
  await client.send(requestText('/'));
  await t.rejects(client.reply(), Broken);
  t.strictSame(sourced.reports, ['bodySourceFailed']);
});

t.test('a slow peer slows its source down, and gets every byte', async (t) => {
  const sourced = serveSources(t);
  const source = new Chunks(Array.from({ length: 180 }, () => randomBytes(65_536)));
  sourced.next = { framing: 'chunked', source };
  const client = await Client.open(sourced.place);
  client.socket.pause();
  await client.send(requestText('/'));
  let before = -1;
  await until(async () => {
    const same = source.pulled === before;
    before = source.pulled;
    await pause(100);
    return same;
  }, 'it pulls no more');
  t.ok(source.pulled < 175, `${source.pulled} of 180 chunks were pulled for a peer that reads nothing`);
  client.socket.resume();
  t.ok((await client.reply()).body.equals(Buffer.concat(source.chunks as Uint8Array[])));
  client.destroy();
});

t.test('a peer that goes cancels its source', async (t) => {
  const sourced = serveSources(t);
  const source = new Chunks(Array.from({ length: 1000 }, () => randomBytes(65_536)));
  sourced.next = { framing: 'chunked', source };
  const client = await Client.open(sourced.place);
  await client.send(requestText('/'));
  await client.head();
  client.reset();
  await until(() => source.cancelled !== '', 'cancel()');
  t.ok(source.pulled < 1000, `after ${source.pulled} chunks`);
});
