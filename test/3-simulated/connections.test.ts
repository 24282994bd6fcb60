// Connections that end early, late, half or not at all, and slots that get new owners.
import t from 'tap';
import { layout } from '../../native/index.ts';
import { get, request } from '../simulated/request.ts';
import { run } from '../simulated/run.ts';
import { ROOT } from '../simulated/site.ts';

t.test('a half-closed peer gets what it asked for, then the end', (t) => run(t, {}, async (site) => {
  const content = site.put('a', 1, 200_000);
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
  site.put('a', 1, 3 << 20);
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
  site.put('a', 1, 20_000);
  const peer = site.connect({ sendBytesMax: 3000 })!;
  for (const byte of get('/a')) {
    peer.say(byte);
    await site.turn();
  }
  await site.settle(true);
  t.same(peer.statuses(1), [200]);
  // The first half of a second head comes with the first, which is then still being sent when the other half comes.
  const second = get('/none');
  for (const cut of [1, 10, second.length - 1]) {
    peer.forget();
    peer.say(get('/a') + second.slice(0, cut));
    await site.settle();
    peer.say(second.slice(cut));
    await site.settle(true);
    t.same(peer.statuses(2), [200, 404], `cut at ${cut}`);
  }
}));

t.test('a body that comes around an answer that is pending', (t) => run(t, {}, async (site) => {
  site.put('a', 1, 20_000);
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
  t.same(polite.statuses(1), [405]);
  t.ok(polite.is('ENDED'));
  polite.close();
  await site.settle();
  t.equal(site.counter('connections'), 0);
  const stubborn = site.connect()!;
  stubborn.say('GET  / HTTP/1.1\r\n\r\n');
  await site.settle(true);
  t.same(stubborn.statuses(1), [400]);
  site.advance(4000);
  await site.settle();
  t.equal(site.counter('connections'), 1);
  site.advance(2000);
  await site.settle();
  t.equal(site.counter('connections'), 0);
}));

t.test('time: no request, half a head, half a body, nothing read, nothing asked', (t) => run(t, { protect: 'off' }, async (site) => {
  site.put('a', 1, 100_000);
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
  t.same(head.statuses(1), [408]);
  t.same(body.statuses(1), [408]);
  site.advance(20_000);
  await site.settle();
  t.ok(deaf.is('RESET'));
  t.notOk(idle.is('ENDED'));
  site.advance(60_000);
  await site.settle();
  t.ok(idle.is('ENDED'));
}));

t.test('half a head behind an answer has the time of a head, not that of an idle connection', (t) => run(t, {}, async (site) => {
  site.put('a', 1, 20_000);
  const peer = site.connect({ sendBytesMax: 3000 })!;
  peer.say(`${get('/a')}GET / HT`);
  await site.settle(true);
  site.advance(11_000);
  await site.settle(true);
  t.same(peer.statuses(2), [200, 408]);
}));

t.test('a peer is not called stalled because the one before it in its slot had come as far', (t) => run(t, { protect: 'off' }, async (site) => {
  site.put('a', 1, 100_000);
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

t.test('a slot with a new owner: commands, resumes, closes and read-aheads of the old one never reach it', (t) => run(t, { hashBytesMax: 1000, arenaFileBytesMax: 0 }, async (site) => {
  const content = site.put('a', 1, 2 << 20);
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
