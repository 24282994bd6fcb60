// Somebody opens for writing what is on its way to peers: the answer stays of one version, the writer is let in.
import t, { type Test } from 'tap';
import { ask, BYTES, heard, LARGE, nameOf, NEARNESSES, NEW, OLD, readOn, ROOMY, serve, SLOW, untilIn } from '../simulated/breaking.ts';
import { get } from '../simulated/request.ts';
import { run } from '../simulated/run.ts';
import type { Site, SiteOptions } from '../simulated/site.ts';

const kinds: readonly (readonly [string, SiteOptions])[] = [['that may be copied whole', {}], ['too large to be copied', LARGE]];

t.test('before anything was sent: let in at once, and the next request gets what he wrote', (t) => run(t, LARGE, async (site) => {
  await serve(site);
  const first = await ask(site, ROOMY);
  await readOn(site);
  heard(t, first, [OLD], 'before');
  t.equal(site.world.census().leases, 1);
  const writer = site.openForWriting('a');
  t.ok(writer.is('WAITING'));
  t.ok((await untilIn(site, writer)) <= 5);
  t.equal(site.world.census().leases, 0);
  writer.replace(NEW);
  site.advance(100);
  const second = await ask(site, ROOMY);
  await readOn(site);
  heard(t, second, [NEW], 'after');
}));

for (const [kind, options] of kinds) {
  for (const nearness of NEARNESSES) {
    t.test(`in mid-body, to a peer that is ${nearness}, of a file ${kind}: it goes on from a snapshot`, (t) => run(t, options, async (site) => {
      await serve(site);
      const peer = await ask(site, { ...SLOW, nearness });
      t.equal(peer.referenced > 0, nearness !== 'host', 'pages of the file are on their way');
      const writer = site.openForWriting('a');
      await site.pass(10);
      if (nearness === 'host') t.ok(writer.is('INSIDE'), 'nothing holds him back');
      else t.ok(writer.is('WAITING'), 'while its pages are on their way');
      t.ok((await untilIn(site, writer, 200, true)) <= 200);
      t.equal(peer.referenced, 0);
      writer.replace(NEW);
      await readOn(site);
      heard(t, peer, [OLD], 'the answer under way');
      t.equal(site.counter('tornPrevented'), 0);
    }));
  }

  t.test(`at the very end, all sent and nothing acknowledged, of a file ${kind}`, (t) => run(t, options, async (site) => {
    await serve(site);
    const peer = site.connect({ ...ROOMY, nearness: 'network' })!;
    peer.hold();
    peer.say(get('/a'));
    await site.settle();
    t.equal(peer.referenced, BYTES);
    const writer = site.openForWriting('a');
    await site.pass(100);
    t.ok(writer.is('WAITING'));
    peer.hold(false);
    t.ok((await untilIn(site, writer)) <= 20);
    writer.replace(NEW);
    await readOn(site);
    heard(t, peer, [OLD], 'the answer');
  }));

  t.test(`a second answer on another connection, and pipelined ones behind the first, of a file ${kind}`, (t) => run(t, options, async (site) => {
    await serve(site);
    const small = site.put('small', 3, 500);
    const first = await ask(site, { ...SLOW, nearness: 'network' });
    first.say(get('/a') + get('/a'));
    const second = await ask(site, { ...SLOW, sendBytesMax: 300_000, nearness: 'unknown' });
    const third = await ask(site, { ...SLOW, nearness: 'host' });
    const writer = site.openForWriting('a');
    const late = await ask(site, { ...SLOW, nearness: 'network' }); // comes while he waits
    await site.pass(3);
    const other = await ask(site, ROOMY, '/small');
    other.read();
    t.same(other.responses(['GET'])[0]!.body, small, 'others are served meanwhile');
    t.ok((await untilIn(site, writer, 500, true)) <= 500);
    writer.replace(NEW);
    await site.pass(600, true);
    for (const peer of [second, third]) heard(t, peer, [OLD], 'one answer');
    const whole = [...first.parse(['GET', 'GET', 'GET']).responses, ...late.parse(['GET']).responses].map(({ body }) => (body.equals(OLD) ? 'old' : body.equals(NEW) ? 'new' : 'torn'));
    t.equal(whole.length, 4);
    t.equal(whole[0], 'old');
    t.notOk(whole.includes('torn'));
  }));

  t.test(`after its entry was dropped, of a file ${kind}`, (t) => run(t, options, async (site) => {
    await serve(site);
    const peer = await ask(site, { ...SLOW, nearness: 'network' });
    await site.dropEntries();
    t.equal(site.openEntries, 0);
    const writer = site.openForWriting('a');
    await site.pass(5);
    t.ok((await untilIn(site, writer, 200, true)) <= 200);
    writer.replace(NEW);
    await readOn(site);
    heard(t, peer, [OLD], 'the answer');
    t.equal(site.engine.census().files, 0);
  }));
}

t.test('two files at once, one writer for each, and a second one behind the first', (t) => run(t, LARGE, async (site) => {
  await serve(site);
  site.world.put('/site/b', NEW, -1);
  site.advance(3000);
  const [a, b] = [await ask(site, { ...SLOW, nearness: 'network' }), await ask(site, { ...SLOW, nearness: 'unknown' }, '/b')];
  const writers = [site.openForWriting('a'), site.openForWriting('b'), site.openForWriting('a', { truncates: true })];
  await site.pass(5);
  t.ok(writers.every((writer) => writer.is('WAITING')));
  for (const writer of writers) t.ok((await untilIn(site, writer, 200, true)) <= 200);
  for (const writer of writers) writer.replace(OLD);
  await readOn(site);
  heard(t, a, [OLD], 'a');
  heard(t, b, [NEW], 'b');
  t.equal(site.engine.census()['leaseBreaks'], 2);
}));

t.test('while the snapshot is copied: peers read on, one leaves, one comes, after any number of its calls', (t) => run(t, LARGE, async (site) => {
  for (let calls = 0; calls < 8; ++calls) {
    await serve(site, `f${calls}`);
    const [stays, leaves] = [await ask(site, { ...SLOW, nearness: 'network' }, `/f${calls}`), await ask(site, { ...SLOW, nearness: 'unknown' }, `/f${calls}`)];
    const writer = site.openForWriting(`f${calls}`);
    site.world.guardTurn();
    await site.turn();
    site.world.guardTurn();
    t.equal(site.world.poolSize(), 1, 'the snapshot is due');
    stays.read(70_000);
    leaves.reset();
    await site.turn();
    site.world.guardTurnMeanwhile(calls);
    site.world.poolStep();
    t.ok((await untilIn(site, writer, 200, true)) <= 200);
    writer.replace(NEW);
    await readOn(site);
    heard(t, stays, [OLD], `${calls} calls later`);
  }
}));

/** A request whose look at the file is done and not yet told when a writer comes and rewrites it. */
async function replacedWhileLookedAt(t: Test, site: Site) {
  await site.dropEntries();
  const second = site.connect({ ...SLOW, nearness: 'network' })!;
  second.say(get('/a'));
  await site.turn();
  while (site.world.poolStep());
  const writer = site.openForWriting('a');
  site.world.guardTurn();
  t.ok((await untilIn(site, writer, 200, true)) <= 200);
  writer.replace(NEW);
  await site.pass(600, true);
  return second;
}

t.test('an answer that was begun by a look under way when the writer came', (t) => run(t, LARGE, async (site) => {
  await serve(site);
  const first = await ask(site, { ...SLOW, nearness: 'network' });
  first.read(90_000); // what it still needs does not begin at the beginning
  await site.settle();
  const second = await replacedWhileLookedAt(t, site); // the record is kept by the answer alone, and found again
  heard(t, first, [OLD], 'the answer under way');
  const [answer] = second.parse(['GET']).responses;
  if (answer) t.ok(['old', 'new'].includes(nameOf(answer.body)), `the answer that was begun then is of one version, or none: ${nameOf(answer.body)}`);
  else t.ok(second.is('RESET'));
}));

t.test('the same where nothing else of it was under way: it is not left standing', (t) => run(t, LARGE, async (site) => {
  await serve(site);
  const first = await ask(site, { ...ROOMY, nearness: 'network' });
  await site.settle(true);
  heard(t, first, [OLD], 'before');
  const second = await replacedWhileLookedAt(t, site);
  const [answer] = second.parse(['GET']).responses;
  t.ok(answer !== undefined || second.is('RESET'), 'answered, or reset');
  if (answer) t.ok(['old', 'new'].includes(nameOf(answer.body)));
}));
