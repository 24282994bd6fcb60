// Connections that end early, late, half or not at all, and slots that get new owners.
import t from 'tap';
import { layout } from '../../native/index.ts';
import { contentOf } from '../simulated/content.ts';
import type { Peer } from '../simulated/peer.ts';
import { get, request } from '../simulated/request.ts';
import { run } from '../simulated/run.ts';
import { ROOT, type Site } from '../simulated/site.ts';

const put = (site: Site, name: string, number: number, bytes: number): Buffer => {
  const content = contentOf(number, bytes);
  site.world.put(`${ROOT}/${name}`, content, -1);
  site.advance(50);
  return content;
};
const statuses = (peer: Peer, count: number): number[] => peer.responses(Array<string>(count).fill('GET')).map(({ status }) => status);

t.test('a half-closed peer gets what it asked for, then the end', (t) => run(t, {}, async (site) => {
  const content = put(site, 'a', 1, 200_000);
  const peer = site.connect({ sendBytesMax: 4000 })!;
  peer.say(get('/a') + get('/none'));
  peer.finish();
  await site.settle(true);
  const [file, none] = peer.responses(['GET', 'GET']);
  t.same(file!.body, content);
  t.equal(none!.status, 404);
  t.ok(peer.is('ENDED'));
  t.equal(site.counter('connections'), 0);
}));

t.test('a reset in the middle of an answer, and of the next system call', (t) => run(t, {}, async (site) => {
  put(site, 'a', 1, 3 << 20);
  for (let calls = 0; calls < 25; ++calls) {
    const peer = site.connect({ sendBytesMax: 50_000 })!;
    peer.say(get('/a') + get('/a'));
    site.world.later(calls);
    peer.reset();
    await site.settle(true);
    t.equal(site.counter('connections'), 0, `${calls} calls later`);
  }
}));

t.test('a head that comes byte by byte, and around an answer that is pending', (t) => run(t, {}, async (site) => {
  put(site, 'a', 1, 20_000);
  const peer = site.connect({ sendBytesMax: 3000 })!;
  for (const byte of get('/a')) {
    peer.say(byte);
    await site.turn();
  }
  await site.settle(true);
  t.same(statuses(peer, 1), [200]);
  // The first half of a second head comes with the first, which is then still being sent when the other half comes.
  const second = get('/none');
  for (const cut of [1, 10, second.length - 1]) {
    peer.forget();
    peer.say(get('/a') + second.slice(0, cut));
    await site.settle();
    peer.say(second.slice(cut));
    await site.settle(true);
    t.same(statuses(peer, 2), [200, 404], `cut at ${cut}`);
  }
}));

t.test('a body that comes around an answer that is pending', (t) => run(t, {}, async (site) => {
  put(site, 'a', 1, 20_000);
  const peer = site.connect({ sendBytesMax: 3000 })!;
  peer.say(get('/a') + request('POST', '/a', ['Content-Length: 10']) + 'GET ');
  await site.settle();
  peer.say(`/ HTTP${get('/none')}`);
  await site.settle(true);
  t.same(peer.responses(['GET', 'POST', 'GET']).map(({ status }) => status), [200, 405, 404]);
}));

t.test('an error answer is not lost to a reset: it lingers until the peer has closed, or for a while', (t) => run(t, {}, async (site) => {
  const polite = site.connect()!;
  polite.say(`${request('POST', '/', ['Content-Length: 9999999'])}${'x'.repeat(20_000)}`);
  await site.settle();
  polite.say('y'.repeat(50_000));
  await site.settle(true);
  t.same(statuses(polite, 1), [405]);
  t.ok(polite.is('ENDED'));
  polite.close();
  await site.settle();
  t.equal(site.counter('connections'), 0);
  const stubborn = site.connect()!;
  stubborn.say('GET  / HTTP/1.1\r\n\r\n');
  await site.settle(true);
  t.same(statuses(stubborn, 1), [400]);
  site.advance(4000);
  await site.settle();
  t.equal(site.counter('connections'), 1);
  site.advance(2000);
  await site.settle();
  t.equal(site.counter('connections'), 0);
}));

t.test('time: no request, half a head, half a body, nothing read, nothing asked', (t) => run(t, {}, async (site) => {
  put(site, 'a', 1, 100_000);
  const mute = site.connect()!;
  const head = site.connect()!;
  head.say('GET / HT');
  const body = site.connect()!;
  body.say(request('POST', '/', ['Content-Length: 10']) + 'abc');
  const deaf = site.connect({ sendBytesMax: 5000 })!;
  deaf.say(get('/a'));
  const idle = site.connect()!;
  idle.say(get('/a'));
  await site.settle();
  idle.read();
  site.advance(11_000);
  await site.settle();
  for (const peer of [head, body]) peer.read();
  t.ok(mute.is('ENDED'));
  t.same(statuses(head, 1), [408]);
  t.same(statuses(body, 1), [408]);
  site.advance(20_000);
  await site.settle();
  t.ok(deaf.is('RESET'));
  t.notOk(idle.is('ENDED'));
  site.advance(60_000);
  await site.settle();
  t.ok(idle.is('ENDED'));
}));

t.test('half a head behind an answer has the time of a head, not that of an idle connection', (t) => run(t, {}, async (site) => {
  put(site, 'a', 1, 20_000);
  const peer = site.connect({ sendBytesMax: 3000 })!;
  peer.say(`${get('/a')}GET / HT`);
  await site.settle(true);
  site.advance(11_000);
  await site.settle(true);
  t.same(statuses(peer, 2), [200, 408]);
}));

t.test('a peer is not called stalled because the one before it in its slot had come as far', (t) => run(t, {}, async (site) => {
  put(site, 'a', 1, 100_000);
  const stalled = site.connect({ sendBytesMax: 5000 })!;
  stalled.say(get('/a'));
  await site.settle();
  site.advance(31_000);
  await site.settle();
  t.ok(stalled.is('RESET'));
  const slow = site.connect({ sendBytesMax: 2000 })!;
  slow.say(get('/a'));
  await site.settle();
  slow.read(1500);
  await site.settle();
  slow.read(1500);
  await site.settle();
  t.equal(site.areas.progress[0], 5000, 'the same slot, the same number of bytes');
  site.advance(31_000);
  await site.settle();
  t.notOk(slow.is('RESET'), 'it has taken 3000 bytes');
  site.advance(31_000);
  await site.settle();
  t.ok(slow.is('RESET'), 'nothing more');
}));

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
    if (fault.startsWith('accept')) t.same(statuses(late, 1), [404], fault);
    const next = site.connect()!;
    next.say(get('/none'));
    await site.settle(true);
    t.same(statuses(next, 1), [404], `${fault}: the one after it`);
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
  t.same(statuses(next, 1), [404]);
}));

t.test('no slot for a new connection, and nobody idle: it waits in the backlog', (t) => run(t, { limits: { connectionsMax: 16 } }, async (site) => {
  put(site, 'a', 1, 100_000);
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
  t.same(statuses(late, 1), [404]);
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
  t.same(statuses(peers[3]!, 1), [404]);
  t.equal(site.counter('acceptAborted'), 3);
}));

t.test('a slot with a new owner: commands, resumes, closes and read-aheads of the old one never reach it', (t) => run(t, { hashBytesMax: 1000, arenaFileBytesMax: 0 }, async (site) => {
  const content = put(site, 'a', 1, 2 << 20);
  const old = site.connect({ sendBytesMax: 5000 })!;
  old.say(get('/a'));
  await site.settle(true);
  site.advance(200);
  site.world.evict(`${ROOT}/a`);
  old.say(get('/a'));
  await site.turn();
  await site.turn();
  t.equal(site.world.poolSize(), 1, 'its read-ahead waits in the pool');
  old.reset();
  await site.turn();
  const fresh = site.connect({ sendBytesMax: 5000 })!;
  await site.turn();
  const [slot, generation] = [0, 2];
  t.equal(site.engine.peer(slot, generation), '127.0.0.1', 'it has the slot of the old one');
  fresh.say(get('/a'));
  await site.turn();
  site.engine.close(slot, generation - 2, true);
  site.engine.resume(slot, generation - 2);
  const { command, results } = layout;
  site.areas.commands.fill(0, 0, command.HEAD_WORDS);
  site.areas.commands[command.SLOT] = slot;
  site.areas.commands[command.GENERATION] = generation - 2;
  site.areas.commands[command.AFTER] = layout.after.RESET;
  t.equal(site.engine.send(command.HEAD_WORDS), 1);
  t.equal(site.areas.commands[command.RESULT], results.GONE);
  await site.settle(true);
  t.same(fresh.responses(['GET'])[0]!.body, content);
  t.equal(site.world.census().coldSends, 0, 'the read-ahead of the old one is not taken for its own');
}));

t.test('draining: idle connections close, answers under way are finished, then it is told', (t) => run(t, {}, async (site) => {
  const content = put(site, 'a', 1, 100_000);
  const idle = site.connect()!;
  idle.say(get('/none'));
  await site.settle(true);
  const busy = site.connect({ sendBytesMax: 5000 })!;
  busy.say(get('/a'));
  await site.settle();
  site.loop.drain(() => site.unlisten());
  await site.settle();
  t.ok(idle.is('ENDED'));
  t.notOk(site.drained);
  await site.settle(true);
  t.same(busy.responses(['GET'])[0]!.body, content);
  t.notOk(site.drained, 'it did not know that this was its last answer');
  site.advance(1000);
  await site.settle();
  t.ok(busy.is('ENDED'));
  t.ok(site.drained);
}));

t.test('draining: what was asked before is answered, the last answer says that it is the last', (t) => run(t, {}, async (site) => {
  const content = put(site, 'a', 1, 100_000);
  const peer = site.connect({ sendBytesMax: 5000 })!;
  peer.say(get('/a'));
  await site.settle();
  peer.say(get('/a')); // waits for the first to be sent
  const begun = site.connect()!;
  begun.say('GET /no');
  const mute = site.connect()!;
  await site.settle();
  site.loop.drain(() => site.unlisten());
  begun.say('ne HTTP/1.1\r\nHost: x\r\n\r\n');
  await site.settle(true);
  const [first, second] = peer.responses(['GET', 'GET']);
  t.same([first!.body, second!.body], [content, content]);
  t.same([first!.fields.has('connection'), second!.fields.get('connection')], [false, 'close']);
  t.equal(begun.responses(['GET'])[0]!.fields.get('connection'), 'close');
  for (const one of [peer, begun]) one.close();
  await site.settle();
  t.notOk(site.drained, 'the first request of a new connection may be on its way');
  site.advance(1000);
  await site.settle();
  t.ok(mute.is('ENDED'));
  t.ok(site.drained);
}));
