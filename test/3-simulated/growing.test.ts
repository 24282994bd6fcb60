// Bodies that are sent while they arrive: every follower gets every byte, in its own time; what breaks off is never complete.
import t, { type Test } from 'tap';
import { inParts, partsOf, runWithBody, type Answers, type Arriving, type Part } from '../simulated/arriving.ts';
import { contentOf } from '../simulated/content.ts';
import { Random } from '../simulated/random.ts';
import { get, request } from '../simulated/request.ts';
import type { Connecting, Site } from '../simulated/site.ts';
import type { Nearness } from '../simulated/world.ts';
import { chunksOf } from './chunks.ts';

const BYTES = 100_000;
const CONTENT = contentOf(1, BYTES);
const TINY: Connecting = { sendBytesMax: 700, windowBytes: 300, nearness: 'network' };

/** A case with one body, that arrives through the site's own engine. */
function arriving(t: Test, act: (site: Site, body: Arriving, answers: Answers) => Promise<void>, content = CONTENT): Promise<void> {
  return runWithBody(t, content, act);
}

t.test('a sized body, followed from its start, its middle and its end, by peers of every speed', (t) => arriving(t, async (site, body) => {
  const random = new Random(1);
  const speeds: readonly Connecting[] = [{}, { sendBytesMax: 50 }, TINY, { sendBytesMax: 5000 }, { nearness: 'network' }, { nearness: 'unknown', sendBytesMax: 30_000 }];
  const ask = (): void => {
    for (const speed of speeds) site.connect(speed)!.say(get('/whole') + get('/none'));
  };
  ask();
  for (let appended = 0; body.arrived < BYTES; ++appended) {
    body.append(random.scaled(1, 3000));
    if (appended % 3 === 0) await site.settle();
    if (appended % 5 === 0) site.peers[random.below(site.peers.length)]!.read(random.scaled(1, 20_000));
    if (appended === 30) ask();
  }
  ask();
  body.end(true);
  ask();
  await site.settle(true);
  t.equal(site.peers.length, 4 * speeds.length);
  for (const peer of site.peers) {
    const [answer, next] = peer.responses(['GET', 'GET']);
    t.ok(answer!.body.equals(CONTENT), 'every byte');
    t.equal(next!.status, 404, 'and the connection goes on');
  }
  t.equal(site.counter('bytesPrivate'), site.peers.length * BYTES);
}));

t.test('in chunks for HTTP/1.1, whatever the size of what arrives', async (t) => {
  const random = new Random(2);
  const sizes: readonly (readonly [what: string, size: () => number])[] = [
    ...[1, 9, 10, 15, 16, 17, 255, 256, 4095, 4096, 65_535, 65_536, BYTES].map((size) => [String(size), () => size] as const),
    ['any', () => random.scaled(1, 20_000)], ['some of nothing', () => random.below(3) * 1000],
  ];
  for (const [what, size] of sizes) {
    const content = CONTENT.subarray(0, Math.min(BYTES, 300 * Math.max(1, size())));
    await arriving(t, async (site, body) => {
      const peers = [site.connect()!, site.connect(TINY)!, site.connect({ sendBytesMax: 40 })!];
      for (const peer of peers) peer.say(get('/until-end') + get('/none'));
      while (body.arrived < content.length) {
        body.append(size());
        await site.turn();
        if (random.chance(0.3)) await site.settle();
        peers[0]!.read();
      }
      body.end(true);
      await site.settle(true);
      for (const [index, peer] of peers.entries()) {
        const [answer, next] = peer.responses(['GET', 'GET']);
        t.equal(answer!.fields.get('transfer-encoding'), 'chunked');
        t.notOk(answer!.fields.has('content-length'));
        t.equal(next!.status, 404);
        const { body: decoded, end } = chunksOf(peer.heard, peer.heard.indexOf('\r\n\r\n') + 4);
        t.ok(decoded.equals(content), `${what}: every byte to peer ${index}`);
        t.equal(end, answer!.end, 'one last chunk');
      }
    }, content);
  }
});

t.test('what arrives alone is a chunk of its own, at once', (t) => arriving(t, async (site, body) => {
  const peer = site.connect()!;
  peer.say(get('/until-end'));
  const sizes = [1, 16, 255, 4096, 65_536];
  for (const size of sizes) {
    body.append(size);
    await site.settle(true);
    t.notOk(peer.is('CORKED'));
    t.ok(chunksOf(peer.heard, peer.heard.indexOf('\r\n\r\n') + 4).body.equals(CONTENT.subarray(0, body.arrived)), 'there before more is');
  }
  body.end(true);
  await site.settle(true);
  const { sizes: found, end } = chunksOf(peer.heard, peer.heard.indexOf('\r\n\r\n') + 4);
  t.strictSame(found, sizes);
  t.equal(end, peer.heard.length);
}));

t.test('HTTP/1.0 gets it until the end of the connection', (t) => arriving(t, async (site, body) => {
  const peers = [site.connect()!, site.connect(TINY)!];
  for (const peer of peers) peer.say(request('GET', '/until-end', ['Connection: keep-alive'], '1.0') + get('/none'));
  for (let i = 0; i < 20; ++i) {
    body.append(4000);
    await site.settle(i % 2 === 0);
    t.notOk(peers[0]!.is('ENDED'));
  }
  body.finish();
  await site.settle(true);
  for (const peer of peers) {
    t.ok(peer.is('ENDED') && !peer.is('RESET'), 'the end is told by FIN');
    const [answer] = peer.responses(['GET']);
    t.ok(answer!.body.equals(CONTENT));
    t.notOk(answer!.fields.has('transfer-encoding') || answer!.fields.has('content-length'));
    t.equal(answer!.fields.get('connection'), 'close');
  }
}));

const PARTS: readonly (readonly Part[])[] = [
  [[0, 1]], [[BYTES - 1, BYTES]], [[40_000, 60_000]], [[0, 100], [50_000, 50_001], [99_000, BYTES]], [[90_000, 90_500], [10, 20], [0, BYTES]],
  Array.from({ length: 40 }, (_, i) => [i * 2000, i * 2000 + 1500] as const),
];
t.test('ranges: several that grow, with bytes between them', (t) => arriving(t, async (site, body, answers) => {
  for (const [index, parts] of PARTS.entries()) {
    answers.at(`/${index}`, () => inParts(body.record, parts));
    for (const how of [{}, TINY]) site.connect(how)!.say(get(`/${index}`) + get(`/${index}`));
  }
  for (let step = 0; body.arrived < BYTES; ++step) {
    body.append(777);
    if (step % 4 === 0) await site.settle(step % 8 === 0);
  }
  body.end(true);
  await site.settle(true);
  for (const [index, peer] of site.peers.entries()) {
    const expected = partsOf(CONTENT, PARTS[index >> 1]!);
    for (const { body: found } of peer.responses(['GET', 'GET'])) t.ok(found.equals(expected), `row ${index >> 1}`);
  }
}));

t.test('all that is there is sent, though no more arrives', (t) => arriving(t, async (site, body, answers) => {
  const parts: readonly Part[] = [[5, 6], [0, 30_000], [100, 40_000]];
  answers.at('/parts', () => inParts(body.record, parts));
  const ask = (): void => {
    for (const how of [{}, TINY, { sendBytesMax: 10_000 }]) for (const path of ['/parts', '/until-end', '/whole']) site.connect(how)!.say(get(path));
  };
  ask();
  body.append(40_000);
  await site.settle(true);
  ask();
  await site.settle(true);
  for (const [index, peer] of site.peers.entries()) {
    if (index % 3 === 0) t.ok(peer.responses(['GET'])[0]!.body.equals(partsOf(CONTENT, parts)));
    if (index % 3 === 1) t.ok(chunksOf(peer.heard, peer.heard.indexOf('\r\n\r\n') + 4).body.equals(CONTENT.subarray(0, 40_000)));
    if (index % 3 === 2) t.ok(peer.parse(['GET']).partial!.body.equals(CONTENT.subarray(0, 40_000)));
  }
}));

for (const nearness of ['network', 'unknown', 'host'] satisfies Nearness[]) {
  t.test(`the head leaves at once, though no byte of the body is there (${nearness})`, (t) => arriving(t, async (site, body) => {
    for (const path of ['/whole', '/until-end']) {
      const peer = site.connect({ nearness })!;
      peer.say(get(path));
      await site.settle(true);
      t.notOk(peer.is('CORKED'));
      t.match(peer.heard.toString('latin1'), /^HTTP\/1\.1 200 OK\r\n(.+\r\n)+\r\n$/);
    }
    body.append(1);
    await site.settle(true);
    t.ok(site.peers.every((peer) => !peer.is('CORKED')), 'nor is the first byte held back');
    t.ok(site.peers[0]!.heard.subarray(-1).equals(CONTENT.subarray(0, 1)));
    t.equal(site.peers[1]!.heard.subarray(-4).toString('latin1'), `1\r\n${CONTENT.toString('latin1', 0, 1)}`);
  }));
}

t.test('nothing: appended, and as a whole body', (t) => arriving(t, async (site, body) => {
  const [chunked, old] = [site.connect()!, site.connect()!];
  chunked.say(get('/until-end') + get('/none'));
  old.say(request('GET', '/until-end', [], '1.0'));
  for (let i = 0; i < 3; ++i) {
    t.equal(body.append(0), 0);
    await site.settle(true);
  }
  t.ok(chunked.heard.toString('latin1').endsWith('\r\n\r\n'), 'no chunk of nothing: that would be the last');
  body.end(true);
  const late = site.connect()!;
  late.say(get('/until-end') + get('/none'));
  await site.settle(true);
  for (const peer of [chunked, late]) {
    const [answer] = peer.responses(['GET', 'GET']);
    t.equal(peer.heard.toString('latin1', answer!.end - 9, answer!.end), '\r\n\r\n0\r\n\r\n'.slice(-9));
    t.equal(answer!.body.length, 0);
  }
  t.ok(old.is('ENDED'));
  t.equal(old.responses(['GET'])[0]!.body.length, 0);
}, Buffer.alloc(0)));

t.test('requests behind an answer that grows wait for it, and are answered', (t) => arriving(t, async (site, body) => {
  const file = site.put('file', 7, 50_000);
  const peers = [site.connect()!, site.connect(TINY)!];
  const asked = ['/until-end', '/file', '/whole', '/whole', '/until-end', '/none', '/file'];
  for (const peer of peers) peer.say(asked.map((path) => get(path)).join(''));
  await site.settle(true);
  t.same(peers.map((peer) => peer.parse(asked.map(() => 'GET')).responses.length), [0, 0]);
  while (body.arrived < BYTES) {
    body.append(9000);
    await site.settle(true);
  }
  body.end(true);
  await site.settle(true);
  for (const peer of peers) {
    const answers = peer.responses(asked.map(() => 'GET'));
    t.strictSame(answers.map(({ status }) => status), [200, 200, 200, 200, 200, 404, 200]);
    for (const [index, { body: found }] of answers.entries()) {
      if (asked[index] !== '/none') t.ok(found.equals(asked[index] === '/file' ? file : CONTENT), `answer ${index}`);
    }
  }
}));

t.test('an answer that waits for its body is not overdue; one whose peer takes nothing is', (t) => arriving(t, async (site, body) => {
  const [starving, slow] = [site.connect({ nearness: 'network' })!, site.connect({ sendBytesMax: 5000 })!];
  starving.say(get('/whole'));
  slow.say(get('/whole'));
  body.append(1000);
  await site.settle(true);
  for (let minutes = 0; minutes < 10; ++minutes) {
    site.advance(60_000);
    await site.settle(true);
  }
  t.strictSame(site.peers.map((peer) => peer.is('RESET')), [false, false], 'for ten minutes');
  t.strictSame([...site.areas.starving.subarray(0, 2)], [1, 1]);
  body.append(50_000);
  await site.settle();
  starving.read();
  t.strictSame([...site.areas.starving.subarray(0, 2)], [1, 0], 'one waits for more, the other for its peer');
  for (let s = 0; s < 61; ++s) {
    site.advance(1000);
    await site.settle();
  }
  t.strictSame(site.peers.map((peer) => peer.is('RESET')), [false, true]);
  t.equal(site.loop.counts()['sendsStalled'], 1);
  body.finish();
  await site.settle(true);
  t.ok(starving.responses(['GET'])[0]!.body.equals(CONTENT));
}));

t.test('100,000 appends in one answer', (t) => arriving(t, async (site, body) => {
  const peers = [site.connect()!, site.connect()!];
  peers[0]!.say(get('/until-end') + get('/none'));
  peers[1]!.say(get('/whole') + get('/none'));
  for (let i = 0; i < 100_000; ++i) {
    body.append(1);
    await site.turn();
    if (i % 1000 === 0) for (const peer of peers) peer.read();
  }
  body.end(true);
  await site.settle(true);
  const { sizes, body: found } = chunksOf(peers[0]!.heard, peers[0]!.heard.indexOf('\r\n\r\n') + 4);
  t.ok(found.equals(CONTENT));
  t.ok(sizes.length > 10_000, `${sizes.length} chunks`);
  t.ok(peers[1]!.responses(['GET', 'GET'])[0]!.body.equals(CONTENT));
}));
