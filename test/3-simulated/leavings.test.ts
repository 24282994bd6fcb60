// Connections that end with pages of a leased file still on their way: what is complete stays complete, what nobody
// watches any more is not sent.
import t from 'tap';
import { ask, BYTES, heard, LARGE, NEARNESSES, NEW, OLD, readOn, ROOMY, serve, untilIn } from '../simulated/breaking.ts';
import { get } from '../simulated/request.ts';
import { run } from '../simulated/run.ts';
import type { Connecting } from '../simulated/site.ts';

t.test('a last answer to a slow peer across the network, all of it sent: it is not cut off because it takes longer than the linger', (t) => run(t, LARGE, async (site) => {
  await serve(site);
  const peer = site.connect({ ...ROOMY, windowBytes: 20_000, nearness: 'network' })!;
  peer.say(get('/a', 'Connection: close'));
  await site.settle();
  for (let seconds = 0; seconds < 20; ++seconds) {
    peer.read(20_000);
    await site.settle();
    site.advance(1000);
    await site.settle();
  }
  await readOn(site);
  heard(t, peer, [OLD], 'the last answer');
}));

for (const nearness of NEARNESSES) {
  const slow: Connecting = { ...ROOMY, windowBytes: 20_000, nearness };

  t.test(`a peer that is ${nearness}, has said FIN and reads slowly gets everything, then the end`, (t) => run(t, LARGE, async (site) => {
    await serve(site);
    const peer = site.connect(slow)!;
    peer.say(get('/a'));
    peer.finish();
    await site.settle();
    await readOn(site);
    heard(t, peer, [OLD], 'the answer');
    t.ok(peer.is('ENDED'));
    await site.pass(1000);
    t.equal(site.counter('connections'), 0);
  }));

  t.test(`a drain: a peer that is ${nearness} and reads slowly gets everything that it has been answered`, (t) => run(t, LARGE, async (site) => {
    await serve(site);
    const peer = await ask(site, slow);
    site.loop.drain(() => site.unlisten());
    await site.settle();
    await readOn(site);
    heard(t, peer, [OLD], 'the answer');
    await site.pass(1000);
    t.ok(site.drained);
  }));

  t.test(`room is made for others: a peer that is ${nearness}, idle, and reads slowly gets everything`, (t) => run(t, LARGE, async (site) => {
    await serve(site);
    const peer = await ask(site, slow);
    site.force('acceptNoDescriptor');
    const other = await ask(site, ROOMY, '/none');
    await readOn(site);
    heard(t, peer, [OLD], 'the answer');
    t.same(other.statuses(1), [404]);
  }));

  t.test(`a writer comes for what a peer that is ${nearness}, said FIN, and takes nothing has been sent: reset at the limit`, (t) => run(t, { ...LARGE, guard: { writerDelayMaxMs: 300 } }, async (site) => {
    await serve(site);
    const peer = site.connect(slow)!;
    peer.say(get('/a'));
    peer.finish();
    await site.settle();
    const writer = site.openForWriting('a');
    t.ok((await untilIn(site, writer, 400)) <= 350);
    writer.replace(NEW);
    await readOn(site);
    const [answer] = peer.parse(['GET']).responses;
    if (nearness === 'host') heard(t, peer, [OLD], 'the copy');
    else t.ok(answer === undefined || answer.body.equals(OLD), 'not torn');
  }));
}

t.test('a peer that may be on this host closes without reading: its pages are looked for all the same', (t) => run(t, LARGE, async (site) => {
  await serve(site);
  const peer = await ask(site, { ...ROOMY, nearness: 'unknown' });
  peer.finish();
  await site.settle();
  const writer = site.openForWriting('a');
  await site.pass(50);
  t.ok(writer.is('WAITING'), 'it may read them still');
  t.equal(peer.referenced, BYTES);
  await site.settle(true);
  t.ok((await untilIn(site, writer, 100)) <= 100);
  writer.replace(NEW);
  await readOn(site);
  heard(t, peer, [OLD], 'the answer');
}));

t.test('a peer that may be on this host reads after a long time what it had got: of one version, or counted', (t) => run(t, LARGE, async (site) => {
  await serve(site);
  const peer = await ask(site, { ...ROOMY, nearness: 'unknown' });
  await site.pass(200);
  site.advance(15_000);
  await site.settle();
  const writer = site.openForWriting('a');
  t.ok((await untilIn(site, writer, 1100)) <= 1100);
  writer.replace(NEW);
  await readOn(site);
  const [answer] = peer.parse(['GET']).responses;
  t.ok(answer === undefined || answer.body.equals(OLD) || site.counter('guardExposed') > 0, 'not torn in silence');
}));

t.test('the engine ends with everything sent to a peer that may be on this host, and nothing read: of one version, or counted', (t) => run(t, LARGE, async (site) => {
  await serve(site);
  const peer = await ask(site, { ...ROOMY, nearness: 'unknown' });
  const writer = site.openForWriting('a');
  await site.pass(5);
  t.ok(writer.is('WAITING'));
  t.same(await site.stop(), []);
  t.ok(writer.is('INSIDE'));
  writer.replace(NEW);
  while (peer.read(10_000) > 0);
  const [answer] = peer.parse(['GET']).responses;
  t.ok(answer === undefined || answer.body.equals(OLD) || site.counter('guardExposed') > 0, 'not torn in silence');
}));

for (const between of ['nothing', 'a while', 'half of it']) {
  t.test(`a peer that may be on this host asks for more before it has read what it got (${between} read between): not torn in silence`, (t) => run(t, LARGE, async (site) => {
    await serve(site);
    const peer = await ask(site, { ...ROOMY, nearness: 'unknown' });
    if (between === 'a while') await site.pass(200);
    if (between === 'half of it') peer.read(300_000);
    peer.say(get('/none'));
    await site.settle();
    const writer = site.openForWriting('a');
    t.ok((await untilIn(site, writer, 1100)) <= 1100);
    writer.replace(NEW);
    await readOn(site);
    const [answer] = peer.parse(['GET', 'GET']).responses;
    t.ok(answer === undefined || answer.body.equals(OLD) || site.counter('guardExposed') > 0, 'of one version, or counted');
  }));
}
