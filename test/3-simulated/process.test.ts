// What belongs to the process and not to a connection: engines that end, jobs that come back to nobody, two engines.
import { constants } from 'node:os';
import t from 'tap';
import { layout, type Areas } from '../../native/index.ts';
import { makeAreas } from '../../server/areas.ts';
import { contentOf } from '../simulated/content.ts';
import { Plan } from '../../server/plan.ts';
import { get, request } from '../simulated/request.ts';
import { run } from '../simulated/run.ts';
import { ROOT } from '../simulated/site.ts';
import { allFeatures, faults, nearness, simulated, type World } from '../simulated/world.ts';

const put = (world: World, name: string, bytes: number): void => world.put(`${ROOT}/${name}`, contentOf(1, bytes), -1);

function inWorld(act: (world: World) => void): void {
  const world = new simulated.World(1n, allFeatures, 'simulated: ended in process.test\n');
  try {
    act(world);
  } finally {
    world.dispose();
  }
}

const descriptors = (world: World): number => {
  const { epoll, event, timer, socket, file, place } = world.census();
  return epoll + event + timer + socket + file + place;
};

t.test('an engine that ends while its jobs wait, run, or are on their way back: nothing leaks', (t) => {
  for (let steps = 0; steps <= 6; ++steps) {
    inWorld((world) => {
      put(world, 'a', 100_000);
      const engine = new world.Engine(makeAreas(16));
      for (let ticket = 0; ticket < 3; ++ticket) engine.open(ticket, ROOT, 'a', 0, 1 << 20, 0, layout.protect.OFF, layout.accept.WHOLE);
      for (let i = 0; i < steps; ++i) world.poolStep();
      engine.stop();
      while (world.poolStep());
      t.equal(descriptors(world), 0, `after ${steps} steps of the pool`);
      t.same(world.violations(), []);
    });
  }
  t.end();
});

t.test('an engine that ends with files opened for it and answers under way gives them back', (t) => {
  inWorld((world) => {
    put(world, 'a', 100_000);
    const areas: Areas = makeAreas(16);
    const engine = new world.Engine(areas);
    const listener = world.listen(16);
    engine.listen(listener, false);
    const peer = world.connect(listener, 1000, 1000, 1000, nearness.host);
    world.advance(50);
    engine.open(1, ROOT, 'a', 0, 1 << 20, 0, layout.protect.OFF, layout.accept.WHOLE);
    engine.open(2, ROOT, 'a', 0, 1 << 20, 0, layout.protect.OFF, layout.accept.WHOLE);
    while (world.poolStep());
    engine.receive();
    t.equal(engine.census().files, 1, 'one record for both');
    const { after, spanKinds } = layout;
    areas.commands.set([0, 0, after.KEEP, 1, 0, spanKinds.FILE, 0, 0, 100_000]); // in the order of native/layout.h
    t.equal(engine.send(9), 1, 'pending');
    world.read(peer, 500);
    engine.stop();
    while (world.poolStep());
    t.equal(descriptors(world), 0);
    t.same(world.violations(), []);
  });
  t.end();
});

t.test('nothing follows a last answer, and what was to follow is given back', (t) => {
  inWorld((world) => {
    put(world, 'a', 100_000);
    const areas: Areas = makeAreas(16);
    const engine = new world.Engine(areas);
    const listener = world.listen(16);
    engine.listen(listener, false);
    const peer = world.connect(listener, 1000, 1000, 1000, nearness.host);
    engine.open(1, ROOT, 'a', 0, 1 << 20, 0, layout.protect.OFF, layout.accept.WHOLE);
    while (world.poolStep());
    engine.receive();
    const { after, spanKinds } = layout;
    areas.commands.set([0, 0, after.CLOSE, 1, 0, spanKinds.BYTES, 0, 0, 3000, 0, 0, after.KEEP, 1, 0, spanKinds.FILE, 0, 0, 100_000]);
    t.equal(engine.send(18), 2, 'both pending');
    let heard = 0;
    for (let turns = 0; turns < 20; ++turns) {
      heard += world.read(peer, 500).length;
      engine.receive();
    }
    t.equal(heard, 3000);
    t.ok(world.state(peer) & simulated.peerStates.ENDED);
    engine.release(0);
    while (world.poolStep());
    t.equal(engine.census().files, 0);
    engine.stop();
    t.same(world.violations(), []);
  });
  t.end();
});

t.test('an engine that ends resets who is in the middle of an answer: FIN would complete one that has no length', async (t) => {
  const source = { pull: () => new Promise<undefined>(() => undefined), cancel: () => undefined };
  const plan = (): Plan => new Plan(200, [], [], 'close', { source });
  await run(t, { plans: new Map([['/endless', { known: true, plan }]]) }, async (site) => {
    const [peer, refused] = [site.connect()!, site.connect()!];
    peer.say(request('GET', '/endless', [], '1.0'));
    refused.say('GET /  HTTP/1.1\r\n\r\n');
    await site.settle(true);
    t.same(await site.stop(), []);
    t.ok(peer.is('RESET'));
    t.same([refused.is('RESET'), ...refused.statuses(1)], [false, 400], 'who has everything is not robbed of it');
  });
});

t.test('an engine that ends with work left: its loop comes to rest', (t) => run(t, { arenaFileBytesMax: 0 }, async (site) => {
  site.put('a', 1, 5 << 20);
  const peer = site.connect({ sendBytesMax: 8 << 20, nearness: 'network' })!;
  peer.say(get('/a'));
  const { READY } = layout.status;
  for (let turns = 0; turns < 20 && site.areas.status[READY] === 0; ++turns) {
    await site.turn();
    site.world.poolStep();
  }
  t.ok(site.areas.status[READY], 'a quantum is used up, the rest is left');
  site.engine.stop();
  let ticks = 0;
  const { loop } = site;
  const tick = loop.tick.bind(loop);
  loop.tick = () => {
    ++ticks;
    tick();
  };
  for (let i = 0; i < 20; ++i) await new Promise((resolve) => setImmediate(resolve));
  t.ok(ticks <= 2, `${ticks} ticks in 20 turns`);
  t.same(await site.stop(), []);
}));

t.test('an engine that could not hear from the pool does not start', (t) => {
  for (const [fault, error] of [['eventNoDescriptor', constants.errno.EMFILE], ['watchNoMemory', constants.errno.ENOMEM]] as const) {
    inWorld((world) => {
      world.force(faults[fault], 1, 0);
      const engine = new world.Engine(makeAreas(16));
      t.equal(engine.start(() => undefined), -error, fault);
      engine.stop();
      t.equal(descriptors(world), 0);
      t.same(world.violations(), []);
    });
  }
  t.end();
});

t.test('two engines share a listener: one of them is woken; and the records of files', (t) => run(t, {}, async (site) => {
  put(site.world, 'a', 1000);
  site.advance(50);
  const other = new site.world.Engine(makeAreas(16));
  const listener = site.world.listen(16);
  t.ok(site.engine.listen(listener, true) > 0);
  t.ok(other.listen(listener, true) >= 0);
  const peer = site.world.connect(listener, 1000, 10_000, 10_000, nearness.host);
  t.same([site.world.ready(0), site.world.ready(1)], [true, false], 'one woken');
  await site.settle();
  t.ok(site.world.state(peer) & simulated.peerStates.ACCEPTED);
  site.world.send(peer, Buffer.from(get('/a')));
  other.open(1, ROOT, 'a', 0, 1 << 20, 0, layout.protect.OFF, layout.accept.WHOLE);
  await site.settle();
  t.equal(other.receive(), 1);
  t.equal(site.engine.census().files, 1, 'one record for both');
  other.stop();
  site.world.reset(peer);
  await site.settle();
  t.equal(site.engine.census().files, 1, 'it stays while one of them has it');
}));
