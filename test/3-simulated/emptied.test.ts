// open(O_RDONLY|O_TRUNC): the hole of read leases. The file is emptied, nobody is asked, nobody is told.
import t from 'tap';
import { ask, heard, LARGE, NEARNESSES, NEW, OLD, readOn, ROOMY, serve, SLOW, untilIn } from '../simulated/breaking.ts';
import { run } from '../simulated/run.ts';

for (const nearness of NEARNESSES) {
  t.test(`in mid-body, to a peer that is ${nearness}: reset, never padded; what was written next is served next`, (t) => run(t, LARGE, async (site) => {
    await serve(site);
    const peer = await ask(site, { ...SLOW, nearness });
    site.world.empty('/site/a');
    site.world.overwrite('/site/a', NEW);
    await site.settle(true);
    await site.pass(20, true);
    heard(t, peer, [], 'the answer under way');
    t.ok(peer.is('RESET'));
    site.advance(100);
    const next = await ask(site, { ...ROOMY, nearness });
    await readOn(site);
    heard(t, next, [NEW], 'the next');
  }));

  t.test(`while its snapshot is due, to a peer that is ${nearness}: no snapshot is taken of what is gone`, (t) => run(t, LARGE, async (site) => {
    await serve(site);
    const peer = await ask(site, { ...SLOW, nearness });
    const writer = site.openForWriting('a');
    site.world.guardTurn();
    await site.turn();
    site.world.guardTurn();
    t.equal(site.world.poolSize(), 1, 'the snapshot is due');
    site.world.empty('/site/a');
    t.ok((await untilIn(site, writer, 200, true)) <= 200);
    writer.replace(NEW);
    await readOn(site);
    heard(t, peer, [], 'the answer under way');
    t.ok(peer.is('RESET'));
  }));

  t.test(`all of it sent, to a peer that is ${nearness}: pages that were let go are not changed`, (t) => run(t, LARGE, async (site) => {
    await serve(site);
    const peer = await ask(site, { ...ROOMY, nearness });
    site.world.empty('/site/a');
    site.world.overwrite('/site/a', NEW);
    await readOn(site);
    heard(t, peer, [OLD], 'the answer');
  }));
}

t.test('while a private copy is made of it: the copy is not taken', (t) => run(t, {}, async (site) => {
  await serve(site);
  const peer = await ask(site, { ...SLOW, nearness: 'network' });
  site.advance(100);
  const again = site.connect({ ...ROOMY, nearness: 'network' })!;
  again.say('HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n');
  await site.turn();
  await site.turn();
  t.equal(site.world.poolSize(), 1, 'a copy is due');
  site.world.later(4);
  site.world.empty('/site/a');
  while (site.world.poolStep());
  site.world.settleLater();
  t.equal(site.engine.census()['privateCopies'], 0);
  await readOn(site);
  heard(t, peer, [], 'the answer under way');
}));
