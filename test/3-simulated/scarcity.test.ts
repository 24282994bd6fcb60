// Too few descriptors, slots and watches for the connections that come, and connections that fail in the backlog.
import t from 'tap';
import { get, request } from '../simulated/request.ts';
import { run } from '../simulated/run.ts';

t.test('no descriptor for a new connection: the longest idle make room', (t) => run(t, {}, async (site) => {
  const idle = [];
  for (let i = 0; i < 10; ++i) {
    const peer = site.connect()!;
    peer.say(get('/none'));
    await site.settle(true);
    idle.push(peer);
    site.advance(10);
  }
  for (const fault of ['acceptNoDescriptor', 'acceptNoFile', 'acceptNoBuffer', 'watchNoSpace', 'watchNoMemory'] as const) {
    site.force(fault);
    const late = site.connect()!;
    late.say(get('/none'));
    for (let i = 0; i < 10; ++i) {
      await site.settle(true);
      site.advance(50);
    }
    // A connection that could not be watched is closed; the listener must come back.
    if (fault.startsWith('accept')) t.same(late.statuses(1), [404], fault);
    const next = site.connect()!;
    next.say(get('/none'));
    await site.settle(true);
    t.same(next.statuses(1), [404], `${fault}: the one after it`);
  }
  t.ok(idle.slice(0, 8).every((peer) => peer.is('ENDED')), 'the oldest first');
  t.ok(site.counter('acceptRefused') >= 5);
}));

t.test('a listener that cannot be watched again at once is tried again', (t) => run(t, {}, async (site) => {
  const first = site.connect()!;
  first.say(get('/none'));
  await site.settle(true);
  site.force('acceptNoDescriptor');
  site.force('watchNoSpace', 3);
  const late = site.connect()!;
  late.say(get('/none'));
  for (let i = 0; i < 10; ++i) {
    await site.settle(true);
    site.advance(50);
  }
  const next = site.connect()!;
  next.say(get('/none'));
  await site.settle(true);
  t.same(next.statuses(1), [404]);
}));

t.test('no slot for a new connection, and nobody idle: it waits in the backlog', (t) => run(t, { limits: { connectionsMax: 16 } }, async (site) => {
  site.put('a', 1, 100_000);
  const busy = Array.from({ length: 16 }, () => site.connect({ sendBytesMax: 5000 })!);
  for (const peer of busy) peer.say(get('/a'));
  await site.settle();
  const late = site.connect()!;
  late.say(get('/none'));
  await site.settle();
  t.notOk(late.is('ACCEPTED'));
  busy[3]!.reset();
  await site.settle();
  site.advance(100);
  await site.settle();
  late.read();
  t.same(late.statuses(1), [404]);
}));

t.test('an answer that is ready is not lost when its connection makes room for another', (t) => run(t, {}, async (site) => {
  const peer = site.connect()!;
  await site.settle();
  const late = site.connect()!;
  site.force('acceptNoDescriptor');
  peer.say(request('OPTIONS', '/')); // known at once: answered in the burst that finds no descriptor
  await site.settle(true);
  t.same(peer.responses(['OPTIONS']).map(({ status }) => status), [204]);
  t.ok(late.is('ACCEPTED'));
}));

t.test('aborted in the backlog, interrupted: counted, and on to the next', (t) => run(t, {}, async (site) => {
  site.force('acceptAborted', 2);
  site.force('acceptInterrupted', 1);
  const peers = Array.from({ length: 4 }, () => site.connect()!);
  for (const peer of peers) peer.say(get('/none'));
  await site.settle(true);
  t.same(peers.map((peer) => peer.is('RESET')), [true, true, false, false]);
  t.same(peers[3]!.statuses(1), [404]);
  t.equal(site.counter('acceptAborted'), 3);
}));
