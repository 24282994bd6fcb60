// What cannot be had within the limits of the guard: no memory for a snapshot, peers that read nothing, signals that are
// lost, workers that hang or die. The writer is let in, in time; what he would tear is reset, or counted.
import t from 'tap';
import { makeAreas } from '../../server/areas.ts';
import { ask, BYTES, heard, LARGE, NEARNESSES, NEW, OLD, PATIENCE_MS, readOn, ROOMY, serve, SLOW, untilIn } from '../simulated/breaking.ts';
import { get } from '../simulated/request.ts';
import { run } from '../simulated/run.ts';
import type { SiteOptions } from '../simulated/site.ts';

const MiB = 1 << 20;
const LIMIT_MS = 300;
const limited: SiteOptions = { ...LARGE, guard: { writerDelayMaxMs: LIMIT_MS } };

for (const nearness of NEARNESSES) {
  for (const [why, options] of [['no memory', LARGE], ['no budget', { ...LARGE, guard: { snapshotMaxBytes: 1000 } }]] as const) {
    t.test(`no snapshot for want of ${why}, a peer that is ${nearness}: reset, counted`, (t) => run(t, options, async (site) => {
      await serve(site);
      const peer = await ask(site, { ...SLOW, nearness });
      if (why === 'no memory') site.force('memoryNoMemory');
      const writer = site.openForWriting('a');
      t.ok((await untilIn(site, writer, 200, true)) <= 200);
      writer.replace(NEW);
      await readOn(site);
      heard(t, peer, [], 'the answer under way');
      t.ok(peer.is('RESET'));
      t.equal(site.engine.census()['snapshotsRefused'], 1);
      t.equal(site.counter('tornPrevented'), 1);
      t.equal(site.reported('tornPrevented'), 1);
    }));
  }
}

t.test('no snapshot, and what is parked shares nothing: others of the same file that need nothing more are left alone', (t) => run(t, LARGE, async (site) => {
  await serve(site);
  const done = await ask(site, { ...ROOMY, nearness: 'network' });
  const peer = await ask(site, { ...SLOW, nearness: 'network' });
  site.force('memoryNoDescriptor');
  const writer = site.openForWriting('a');
  t.ok((await untilIn(site, writer, 200, true)) <= 200);
  writer.replace(NEW);
  await readOn(site);
  heard(t, done, [OLD], 'all of it was sent');
  heard(t, peer, [], 'not all of it');
}));

t.test('a peer across the network that takes nothing: reset at the limit, and not later', (t) => run(t, limited, async (site) => {
  await serve(site);
  for (const how of [SLOW, ROOMY]) {
    const stalled = site.connect({ ...how, nearness: 'network' })!;
    stalled.hold();
    stalled.say(get('/a'));
    await site.settle();
    const writer = site.openForWriting('a');
    const ms = await untilIn(site, writer, 1000);
    t.ok(ms >= LIMIT_MS - PATIENCE_MS && ms <= LIMIT_MS + PATIENCE_MS, `let in after ${ms} ms`);
    t.ok(stalled.is('RELEASED'));
    writer.replace(OLD);
    stalled.hold(false);
    await readOn(site);
    heard(t, stalled, [], 'the stalled one');
    site.advance(3000);
  }
  t.equal(site.counter('tornPrevented'), 2);
  t.equal(site.engine.census()['writersForced'], 2);
  t.equal(site.counter('guardExposed'), 0);
}));

t.test('a peer that may be on this host, has everything, and reads nothing: the one residue, counted', (t) => run(t, limited, async (site) => {
  await serve(site);
  const peer = await ask(site, { ...ROOMY, nearness: 'unknown' });
  t.equal(peer.unacknowledged, 0);
  t.equal(peer.referenced, BYTES);
  const writer = site.openForWriting('a');
  const ms = await untilIn(site, writer, 1000);
  t.ok(ms >= LIMIT_MS - PATIENCE_MS && ms <= LIMIT_MS + PATIENCE_MS, `let in after ${ms} ms`);
  t.equal(site.counter('guardExposed'), 1);
  writer.close();
  await readOn(site);
  heard(t, peer, [OLD], 'nothing was written');
}));

t.test('the same where such peers get copies: nobody waits, nothing is exposed', (t) => run(t, { ...limited, guard: { ...limited.guard, unknownPeer: 'copy' } }, async (site) => {
  await serve(site);
  const peer = await ask(site, { ...ROOMY, nearness: 'unknown' });
  t.equal(peer.referenced, 0);
  const writer = site.openForWriting('a');
  t.ok((await untilIn(site, writer, 1000)) <= 5);
  writer.replace(NEW);
  await readOn(site);
  heard(t, peer, [OLD], 'the copy');
}));

for (const features of [{ droppable: false }, { cachestatCounts: false }, { cachestat: false }]) {
  t.test(`the same where the page cache does not tell (${Object.keys(features).join()})`, (t) => run(t, { ...limited, features }, async (site) => {
    await serve(site);
    const peer = await ask(site, { ...SLOW, nearness: 'unknown' });
    t.equal(peer.referenced, 0, 'it gets copies');
    const writer = site.openForWriting('a');
    t.ok((await untilIn(site, writer, 1000)) <= 10);
    writer.replace(NEW);
    await readOn(site);
    heard(t, peer, [OLD], 'the copy');
  }));
}

t.test('pages that are dirty are written back, then looked at', (t) => run(t, limited, async (site) => {
  await serve(site);
  site.world.put('/site/a', OLD, -1);
  site.advance(100);
  const peer = await ask(site, { ...ROOMY, nearness: 'unknown' });
  await site.settle(true);
  heard(t, peer, [OLD], 'all of it is read');
  const writer = site.openForWriting('a');
  t.ok((await untilIn(site, writer, 1000)) <= 10);
  writer.close();
}));

// From a certain size on a file is mapped to be copied, below it is read.
for (const bytes of [BYTES, 2 * MiB]) {
  t.test(`a peer of this host and one that may be, both have read all ${bytes} bytes: the writer does not wait`, (t) => run(t, limited, async (site) => {
    await serve(site);
    const content = site.put('b', 4, bytes);
    site.advance(3000);
    const roomy = { sendBytesMax: 4 * MiB };
    const peers = [await ask(site, { ...roomy, nearness: 'host' }, '/b'), await ask(site, { ...roomy, nearness: 'unknown' }, '/b')];
    await site.settle(true);
    for (const peer of peers) t.same(peer.responses(['GET'])[0]!.body, content);
    const writer = site.openForWriting('b');
    const ms = await untilIn(site, writer, 1000);
    t.ok(ms <= 10, `let in after ${ms} ms: our own mapping is not taken for a reader`);
    t.equal(site.counter('guardExposed'), 0);
    writer.close();
  }));

  t.test(`rewritten in mid-body, of ${bytes} bytes, to a peer of this host`, (t) => run(t, limited, async (site) => {
    await serve(site);
    const content = site.put('b', 4, bytes);
    const peer = await ask(site, { ...SLOW, nearness: 'host' }, '/b');
    const writer = site.openForWriting('b');
    t.ok((await untilIn(site, writer, 1000)) <= 10);
    writer.replace(NEW);
    await readOn(site);
    t.same(peer.responses(['GET'])[0]!.body, content);
  }));
}

t.test('the signal is lost: found when all leases are looked at', (t) => run(t, LARGE, async (site) => {
  await serve(site);
  const peer = await ask(site, { ...SLOW, nearness: 'network' });
  site.force('signalLost');
  const writer = site.openForWriting('a');
  t.ok((await untilIn(site, writer, 200, true)) <= 200);
  writer.replace(NEW);
  await readOn(site);
  heard(t, peer, [OLD], 'the answer');
  t.equal(site.engine.census()['leaseRescans'], 1);
}));

t.test('the signal comes late: until then the writer waits, and answers go on', (t) => run(t, LARGE, async (site) => {
  await serve(site);
  const peer = await ask(site, { ...SLOW, nearness: 'network' });
  const writer = site.openForWriting('a');
  for (let turns = 0; turns < 200; ++turns) {
    peer.read(3000);
    await site.turn();
    t.ok(writer.is('WAITING'));
  }
  t.ok((await untilIn(site, writer, 200, true)) <= 200);
  writer.replace(NEW);
  await readOn(site);
  heard(t, peer, [OLD], 'the answer');
}));

for (const nearness of NEARNESSES) {
  t.test(`the engine ends while a writer waits, a peer that is ${nearness}: he is let in, the answer is cut off`, (t) => run(t, LARGE, async (site) => {
    await serve(site);
    const peer = await ask(site, { ...SLOW, nearness });
    const writer = site.openForWriting('a');
    site.world.guardTurn();
    t.same(await site.stop(), []);
    t.ok(writer.is('INSIDE'));
    writer.replace(NEW);
    while (peer.read(1000) > 0);
    heard(t, peer, [], 'the answer');
    t.ok(peer.is('RESET'));
  }));
}

t.test('a worker that hangs: the writer is let in behind the limit, and that is counted', (t) => run(t, limited, async (site) => {
  await serve(site);
  await ask(site, { ...SLOW, nearness: 'network' });
  const hung = new site.world.Engine(makeAreas(16)); // nobody turns it
  const writer = site.openForWriting('a');
  const ms = await untilIn(site, writer, 1000);
  t.ok(ms >= LIMIT_MS - PATIENCE_MS && ms <= LIMIT_MS + PATIENCE_MS, `let in after ${ms} ms`);
  t.equal(site.engine.census()['writersUnanswered'], 1);
  writer.close();
  hung.stop();
}));

t.test('two workers: what the other one sends is kept whole too; one that ends has nothing more to say', (t) => run(t, LARGE, async (site) => {
  await serve(site);
  const other = new site.world.Engine(makeAreas(16));
  const peer = await ask(site, { ...SLOW, nearness: 'network' });
  const writer = site.openForWriting('a');
  site.world.guardTurn(); // both are asked
  await site.settle();
  t.ok(writer.is('WAITING'), 'for the answer of the other');
  other.stop();
  t.ok((await untilIn(site, writer, 200, true)) <= 200);
  writer.replace(NEW);
  await readOn(site);
  heard(t, peer, [OLD], 'the answer');
}));
