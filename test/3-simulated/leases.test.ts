// Files under a lease, files that are refused one, and what protects those.
import t from 'tap';
import { ask, BYTES, heard, LARGE, NEARNESSES, NEW, OLD, readOn, ROOMY, serve, SLAB_BYTES, SLOW, untilIn } from '../simulated/breaking.ts';
import { contentOf } from '../simulated/content.ts';
import { get } from '../simulated/request.ts';
import type { Peer } from '../simulated/peer.ts';
import { run } from '../simulated/run.ts';
import type { Site } from '../simulated/site.ts';
import { faults } from '../simulated/world.ts';

for (const refusal of ['leaseDenied', 'leaseUnsupported'] as const) {
  t.test(`${refusal}, a file that may be copied: answers go on from the copy, writers come and go`, (t) => run(t, {}, async (site) => {
    await serve(site);
    site.force(refusal);
    const peers = [];
    for (const nearness of NEARNESSES) peers.push(await ask(site, { ...SLOW, nearness }));
    t.equal(site.world.census().leases, 0);
    t.equal(site.reported('leaseRefused'), 1);
    const writer = site.openForWriting('a');
    t.ok(writer.is('INSIDE'), 'nobody holds him back');
    writer.replace(NEW);
    await readOn(site);
    for (const peer of peers) heard(t, peer, [OLD], 'from the copy');
    t.equal(site.engine.census()['privateBytes'], SLAB_BYTES);
  }));

  for (const nearness of NEARNESSES) {
    t.test(`${refusal}, a large file to a peer that is ${nearness}: whole where it did not change, reset where it did`, (t) => run(t, LARGE, async (site) => {
      await serve(site);
      site.world.fault(faults[refusal], 1);
      const still = await ask(site, { ...SLOW, nearness });
      await readOn(site);
      heard(t, still, [OLD], 'unchanged');
      for (const bytesRead of [0, 300_000, 470_000]) {
        const changed = await ask(site, { ...SLOW, nearness });
        for (let left = bytesRead; left > 0; left -= 20_000) {
          changed.read(20_000);
          await site.settle();
        }
        site.world.overwrite('/site/a', bytesRead === 300_000 ? OLD : NEW);
        await readOn(site);
        heard(t, changed, [], `changed when ${bytesRead} bytes were read`);
        t.ok(changed.is('RESET'));
        changed.reset();
        site.advance(3000);
      }
      t.equal(site.counter('tornPrevented'), 3);
      t.equal(site.reported('tornPrevented'), 3);
    }));
  }

  t.test(`${refusal}, a large file: its end waits until the peer has confirmed what was sent of its pages`, (t) => run(t, LARGE, async (site) => {
    await serve(site);
    site.force(refusal);
    const peer = site.connect({ ...ROOMY, nearness: 'network' })!;
    peer.hold();
    peer.say(get('/a'));
    await site.pass(50);
    t.ok(peer.unacknowledged < BYTES, 'the end is withheld');
    site.world.overwrite('/site/a', NEW);
    peer.hold(false);
    await readOn(site);
    heard(t, peer, [], 'changed in flight');
    t.ok(peer.is('RESET'));
  }));
}

t.test('a file that is read by others, linked, replaced: its lease is not broken', (t) => run(t, LARGE, async (site) => {
  await serve(site);
  const peer = await ask(site, { ...SLOW, nearness: 'network' });
  site.world.put('/site/a', NEW, -1);
  site.advance(100);
  const next = await ask(site, { ...ROOMY, nearness: 'network' });
  await readOn(site);
  heard(t, peer, [OLD], 'under way');
  heard(t, next, [NEW], 'after it');
  t.equal(site.engine.census()['leaseBreaks'], 0);
}));

t.test('a writer who does not wait (O_NONBLOCK): nothing is written, everything is whole, the file is leased again', (t) => run(t, LARGE, async (site) => {
  await serve(site);
  const peer = await ask(site, { ...SLOW, nearness: 'network' });
  const writer = site.openForWriting('a', { patient: false });
  t.ok(writer.is('GONE'));
  await site.pass(5);
  const next = await ask(site, { ...SLOW, nearness: 'unknown' });
  await site.pass(600, true);
  heard(t, peer, [OLD], 'under way');
  heard(t, next, [OLD], 'after it');
  t.equal(site.world.census().leases, 1);
  t.equal(site.engine.census()['leaseBreaks'], 1);
}));

t.test('asked for again and again: a private copy is made while an answer is under way, and writers are let in at once', (t) => run(t, {}, async (site) => {
  await serve(site);
  const peer = await ask(site, { ...SLOW, nearness: 'network' });
  for (let i = 0; i < 3; ++i) {
    const quick = await ask(site, { ...ROOMY, nearness: 'network' });
    quick.read();
    heard(t, quick, [OLD], 'again');
    site.advance(100);
  }
  t.equal(site.engine.census()['privateCopies'], 1);
  const writer = site.openForWriting('a');
  await site.pass(5);
  peer.read(100_000);
  t.ok((await untilIn(site, writer, 20)) <= 20);
  writer.replace(NEW);
  site.advance(100);
  const next = await ask(site, { ...ROOMY, nearness: 'network' });
  await readOn(site);
  heard(t, peer, [OLD], 'under way');
  heard(t, next, [NEW], 'after it');
}));

t.test('opened while it is loaded, after any of its calls: whole, of one version, and the writer is let in', (t) => run(t, {}, async (site) => {
  for (const bytes of [1000, BYTES]) {
    for (let calls = 0; calls < 12; ++calls) {
      const [before, after] = [contentOf(1, bytes), contentOf(2, bytes)];
      const name = `${bytes}-${calls}`;
      site.world.put(`/site/${name}`, before, -1);
      site.advance(200);
      const peer = site.connect({ ...ROOMY, nearness: 'network' })!;
      peer.say(get(`/${name}`));
      await site.turn();
      site.world.later(calls);
      const writer = site.openForWriting(name);
      site.world.guardTurnMeanwhile(calls >> 1);
      const ms = await untilIn(site, writer);
      t.ok(ms <= 5, `${bytes} bytes, ${calls} calls later: after ${ms} ms`);
      writer.replace(after);
      await site.pass(600, true);
      const { body } = peer.responses(['GET'])[0]!;
      t.ok(body.equals(before) || body.equals(after), `of one version: ${body.length} bytes`);
      peer.reset();
    }
  }
}));

t.test('a record number that is used again says nothing of the file that had it', (t) => run(t, { ...LARGE, openFilesMax: 1 }, async (site) => {
  await serve(site);
  const first = await ask(site, { ...ROOMY, nearness: 'network' });
  await readOn(site);
  heard(t, first, [OLD], 'the first file');
  const writer = site.openForWriting('a');
  t.ok((await untilIn(site, writer)) <= 5);
  await site.dropEntries();
  t.equal(site.engine.census().files, 0);
  writer.close();
  site.put('b', 5, 100_000);
  const next = await ask(site, { ...ROOMY, nearness: 'network' }, '/b');
  await site.settle(true);
  const calls = site.world.census().calls;
  next.say(get('/b'));
  await site.settle(true);
  t.equal(next.responses(['GET', 'GET']).length, 2);
  t.ok(site.world.census().calls - calls < 10, 'answered from what is known');
}));

t.test('an empty file, one of one byte, one that ends at a page', (t) => run(t, LARGE, async (site) => {
  for (const bytes of [0, 1, 4096, 8192, 100_001]) {
    const content = site.put('a', bytes, bytes);
    site.advance(100);
    for (const nearness of NEARNESSES) {
      const peer = await ask(site, { ...ROOMY, nearness });
      const writer = site.openForWriting('a');
      await site.pass(5, true);
      t.ok(writer.is('INSIDE'), `${bytes} bytes, ${nearness}`);
      writer.close();
      t.same(peer.responses(['GET'])[0]!.body, content);
      site.advance(100);
    }
  }
}));

t.test('a rewrite that pauses for ten seconds: 503, and then the next version; what only had it open was not in the way', (t) => run(t, LARGE, async (site) => {
  await serve(site);
  heard(t, await asked(site), [OLD], 'before');
  await site.dropEntries();
  const idle = site.openForWriting('a');
  await site.pass(100, true);
  site.advance(2000);
  heard(t, await asked(site), [OLD], 'open, and unchanged');
  idle.close();
  const writer = site.openForWriting('a');
  await site.pass(100, true);
  writer.write(NEW.subarray(0, 300_000));
  for (const waitMs of [10, 1500, 10_000]) {
    site.advance(waitMs);
    const peer = await asked(site);
    t.same(peer.parse(['GET']).responses.map(({ status }) => status), [503], `half of it, ${waitMs} ms later`);
  }
  writer.write(NEW.subarray(300_000), 300_000);
  writer.close();
  site.advance(200);
  heard(t, await asked(site), [NEW], 'after');
}));

/** A peer that has waited for whatever its answer waits for. */
async function asked(site: Site): Promise<Peer> {
  const peer = await ask(site, { ...ROOMY, nearness: 'host' });
  for (let i = 0; i < 12; ++i) await site.pass(100, true);
  return peer;
}
