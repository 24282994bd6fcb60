// Bodies that arrive, on the real kernel: their memory, their keys, who holds them; and engines on threads of their own
// that fill and follow at the same time.
import { readdirSync, readlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import t, { type Test } from 'tap';
import { layout, native } from '../../native/index.ts';
import { makeAreas } from '../../server/areas.ts';
import { ask, Broken, Client, requestText, type Place } from '../client.ts';
import { until } from '../serving.ts';
import { contentOf } from '../simulated/content.ts';
import { Random } from '../simulated/random.ts';
import { serveFollowers, type Serving, type ToFill } from './following.ts';

const { ENOENT } = constants.errno;
const CONTENT = contentOf(1, 300_000);

/** Descriptors of bodies that this process has open. */
function bodyDescriptors(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).includes('pagecast-body');
    } catch {
      return false; // of the listing itself
    }
  }).length;
}

function serve(t: Test): Serving {
  const serving = serveFollowers(t.testdir({}));
  t.teardown(serving.stop);
  return serving;
}

t.test('a body has memory of its own until nobody has it', async (t) => {
  const { engine, opener } = serve(t);
  const { files } = engine.census();
  const body = engine.begin('own');
  t.ok(body >= 0);
  t.equal(bodyDescriptors(), 1);
  t.match(await opener.kept('own'), { error: 0, file: body, kind: layout.kinds.REGULAR });
  t.match(await opener.kept('another'), { error: ENOENT, file: -1 });
  t.equal(engine.append(body, CONTENT), 0);
  t.equal(engine.append(body, new Uint8Array(0)), 0);
  engine.end(body, true);
  engine.release(body);
  t.match(await opener.kept('own'), { error: 0, file: body }, 'somebody has it still');
  engine.release(body);
  engine.release(body);
  await until(() => engine.census().files === files && bodyDescriptors() === 0, 'it is gone');
  t.match(await opener.kept('own'), { error: ENOENT });
});

t.test('an engine that ends gives up what it fills, and what it holds', async (t) => {
  const { engine } = serve(t);
  const { files } = engine.census();
  const other = new native.Engine(makeAreas(1));
  for (let i = 0; i < 10; ++i) other.append(other.begin(`body ${i}`), CONTENT);
  other.end(other.begin('whole'), true);
  t.equal(bodyDescriptors(), 11);
  other.stop();
  await until(() => engine.census().files === files && bodyDescriptors() === 0, 'all are gone');
  t.equal(other.begin('late'), -constants.errno.EBADF);
  t.equal(other.append(0, CONTENT), -constants.errno.EBADF);
  other.end(0, true);
  t.equal(other.settle(1, 0, 'late', 0), false);
});

t.test('settled: the same bytes, held by the process when all engines have let go', async (t) => {
  const { engine, opener, place } = serve(t);
  const { files } = engine.census();
  const filler = serveFollowers(t.testdir({}));
  const body = filler.engine.begin('arriving');
  filler.engine.append(body, CONTENT);
  filler.engine.end(body, true);
  t.equal(native.holdKept('settled'), false, 'before it is there');
  native.letGoKept('settled');
  const { error, file } = await filler.opener.settleBody(body, 'settled', 0);
  t.equal(error, 0);
  t.not(file, body);
  t.equal(native.holdKept('settled'), true);
  t.equal(native.holdKept('settled'), true, 'twice');
  native.letGoKept('settled');
  filler.stop();
  await until(() => engine.census().files === files + 1 && bodyDescriptors() === 0, 'the first record is gone');
  const found = await opener.kept('settled');
  t.match(found, { error: 0, file });
  t.same(Buffer.from((await opener.read(file)).bytes), CONTENT);
  engine.release(file);
  t.equal((await ask(place, '/whole/arriving/1')).status, 404);
  t.equal(engine.census().files, files + 1);
  native.letGoKept('settled');
  await until(() => engine.census().files === files, 'let go');
  t.equal(native.holdKept('settled'), false);
});

t.test('a body that is arriving, or did, held by the process', async (t) => {
  const { engine, place } = serve(t);
  const filler = serveFollowers(t.testdir({}));
  const body = filler.engine.begin('held');
  filler.engine.append(body, CONTENT.subarray(0, 200_000));
  t.equal(native.holdKept('held'), true);
  const following = ask(place, `/whole/held/${CONTENT.length}`);
  filler.engine.append(body, CONTENT.subarray(200_000));
  filler.engine.end(body, true);
  filler.stop();
  t.ok((await following).body.equals(CONTENT));
  for (let i = 0; i < 3; ++i) t.ok((await ask(place, '/until-end/held')).body.equals(CONTENT), 'long after its filler');
  t.ok((await ask(place, '/range/held/299999/300000')).body.equals(CONTENT.subarray(-1)));
  t.equal(bodyDescriptors(), 1);
  native.letGoKept('held');
  await until(() => bodyDescriptors() === 0, 'its memory is given back');
  t.equal((await ask(place, '/until-end/held')).status, 404);
  t.equal(engine.begin('held') >= 0, true, 'its key is free');
});

/** A worker with an engine of its own. */
class Thread {
  readonly worker: Worker;
  place!: Place;
  readonly #told = new Map<string, () => void>();

  private constructor(root: string) {
    this.worker = new Worker(new URL('./following.js', import.meta.url), { workerData: { root } });
    this.worker.on('message', (message: Readonly<Record<string, string>>) => {
      for (const [what, key] of Object.entries(message)) this.#told.get(`${what} ${key}`)?.();
    });
  }

  static async start(t: Test): Promise<Thread> {
    const thread = new Thread(t.testdir({}));
    t.teardown(() => thread.worker.terminate());
    const [{ place }] = await once(thread.worker, 'message') as [{ place: Place }];
    thread.place = place;
    return thread;
  }

  told(what: 'begun' | 'ended', key: string): Promise<void> {
    return new Promise((resolve) => this.#told.set(`${what} ${key}`, resolve));
  }

  fill(body: ToFill): void {
    this.worker.postMessage(body);
  }
}

/** Follows a body of a key: what comes must be true, and complete where the body is whole, or the range is there. Whether it was. */
async function follow(t: Test, place: Place, { key, number, bytes, ends }: ToFill, random: Random): Promise<boolean> {
  const content = contentOf(number, bytes);
  const from = random.below(bytes);
  const [target, expected] = random.of([
    [`/whole/${key}/${bytes}`, content], [`/until-end/${key}`, content], [`/range/${key}/${from}/${bytes}`, content.subarray(from)],
  ] as const);
  const client = await Client.open(place);
  try {
    void client.send(requestText(target));
    if (random.chance(0.1)) {
      await client.head();
      client.reset();
      return false;
    }
    const reply = await client.reply();
    if (ends === 'broken' && target.startsWith('/until-end')) t.fail(`${target} of a broken body is complete`);
    if (!reply.body.equals(expected)) t.fail(`${target}: ${reply.body.length} bytes that are not those of body ${number}`);
    return true;
  } catch (error) {
    if (!(error instanceof Broken) || ends === 'whole') throw error;
    return false;
  } finally {
    client.destroy();
  }
}

t.test('engines on threads fill and follow at the same time: every byte is right', async (t) => {
  const threads = await Promise.all([Thread.start(t), Thread.start(t), Thread.start(t)]);
  const driver = serve(t);
  const before = driver.engine.census().files;
  let complete = 0;
  let number = 0;
  const lane = async (seed: number): Promise<void> => {
    const random = new Random(seed);
    for (let round = 0; round < 25; ++round) {
      const filler = random.of(threads);
      const body: ToFill = { key: `body-${seed}-${round}`, number: ++number, bytes: random.scaled(10, 2_000_000), ends: random.chance(0.8) ? 'whole' : 'broken' };
      const [begun, ended] = [filler.told('begun', body.key), filler.told('ended', body.key)];
      filler.fill(body);
      await begun;
      const places = [...threads.map(({ place }) => place), driver.place];
      const followed = await Promise.all(Array.from({ length: 6 }, () => follow(t, random.of(places), body, random)));
      complete += followed.filter(Boolean).length;
      native.letGoKept(body.key);
      await ended;
    }
  };
  await Promise.all([lane(1), lane(2), lane(3)]);
  t.ok(complete > 200, `${complete} answers were complete`);
  await until(() => driver.engine.census().files === before && bodyDescriptors() === 0, 'all bodies are gone');
});

t.test('a thread that is ended while it fills: followers on others are cut off', async (t) => {
  const [filler, follower] = [await Thread.start(t), await Thread.start(t)];
  const { engine } = serve(t);
  const before = engine.census().files;
  const body: ToFill = { key: 'doomed', number: 5, bytes: 1_000_000, ends: 'never' };
  const begun = filler.told('begun', body.key);
  filler.fill(body);
  await begun;
  const clients = await Promise.all(['/until-end/doomed', `/whole/doomed/${body.bytes}`].map(async (target) => {
    const client = await Client.open(follower.place);
    await client.send(requestText(target));
    t.equal((await client.head()).status, 200);
    return client;
  }));
  await filler.worker.terminate();
  native.letGoKept(body.key);
  for (const client of clients) {
    await t.rejects(client.reply(), Broken);
    client.destroy();
  }
  await until(() => engine.census().files === before && bodyDescriptors() === 0, 'its memory is given back');
});
