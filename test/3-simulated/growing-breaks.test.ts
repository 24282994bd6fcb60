// Bodies that do not arrive: what breaks off, whoever fills or follows it and goes away, memory that is not there.
import { constants } from 'node:os';
import t from 'tap';
import { layout } from '../../native/index.ts';
import { anotherEngine, Arriving, Answers, held, inParts, partsOf, runWithBody, sized, untilEnd } from '../simulated/arriving.ts';
import { contentOf } from '../simulated/content.ts';
import type { Peer } from '../simulated/peer.ts';
import { get, request } from '../simulated/request.ts';
import { run } from '../simulated/run.ts';
import type { Connecting, Site } from '../simulated/site.ts';
import { chunksOf } from './chunks.ts';

const { ENOENT, ENOBUFS, EMFILE, ENOMEM } = constants.errno;
const BYTES = 60_000;
const CONTENT = contentOf(1, BYTES);
const TINY: Connecting = { sendBytesMax: 900, windowBytes: 400, nearness: 'network' };
const LIMITED = { guard: { privateMaxTotalBytes: 0 } };

/** What a peer heard of an answer that was cut off: bytes of the body so far, with its framing taken off. */
function cutOff(peer: Peer): Buffer {
  const { heard } = peer;
  const head = heard.indexOf('\r\n\r\n') + 4;
  if (head < 4) return Buffer.alloc(0);
  if (!heard.toString('latin1', 0, head).includes('chunked')) return heard.subarray(head);
  const { body, end } = chunksOf(heard, head);
  if (end >= 0) throw new Error('a last chunk');
  return body;
}

const KINDS: readonly (readonly [kind: string, text: string])[] = [
  ['sized', get('/whole')], ['in chunks', get('/until-end')], ['until the end of the connection', request('GET', '/until-end', [], '1.0')],
  ['a range that is not all there', get('/range')], ['parts, the first of which is there', get('/parts')],
];
const WHEN = ['before', 'when a part was sent', 'when a part is with the socket', 'when nothing has come'] as const;

for (const [kind, text] of KINDS) {
  for (const when of WHEN) {
    t.test(`broken ${when}: ${kind}: reset, and never complete`, (t) => runWithBody(t, CONTENT, async (site, body, answers) => {
      answers.at('/range', () => sized(body.record, 20_000, 45_000));
      answers.at('/parts', () => inParts(body.record, [[0, 1000], [20_000, 45_000]]));
      const peer = site.connect(when.endsWith('socket') ? TINY : {})!;
      if (when === 'when nothing has come') {
        peer.say(text + get('/none'));
        await site.settle(true);
      } else {
        body.append(40_000);
      }
      if (when.startsWith('when a part')) {
        peer.say(text + get('/none'));
        await site.settle(when.endsWith('sent'));
      }
      body.end(false);
      if (when === 'before') peer.say(text + get('/none'));
      await site.settle(true);
      t.ok(peer.is('RESET') && !peer.is('ENDED'));
      t.strictSame(peer.parse(['GET', 'GET']).responses, []);
      const found = cutOff(peer);
      if (kind === 'sized') t.ok(found.equals(CONTENT.subarray(0, found.length)), 'what was sent is true');
      t.equal(site.counter('bodiesBroken'), 1);
      t.equal(site.counter('resets'), 1);
    }));
  }
}

t.test('a range that is wholly there is complete, though its body is broken', (t) => runWithBody(t, CONTENT, async (site, body, answers) => {
  answers.at('/range', () => sized(body.record, 20_000, 40_000));
  answers.at('/parts', () => inParts(body.record, [[39_999, 40_000], [0, 3]]));
  const ask = (): void => {
    for (const how of [{}, TINY]) {
      site.connect(how)!.say(get('/range') + get('/parts'));
    }
  };
  ask();
  body.append(39_000);
  await site.settle();
  ask();
  await site.settle();
  body.append(1000);
  body.end(false);
  ask();
  await site.settle(true);
  ask();
  await site.settle(true);
  for (const peer of site.peers) {
    const [range, parts] = peer.responses(['GET', 'GET']);
    t.ok(range!.body.equals(CONTENT.subarray(20_000, 40_000)));
    t.ok(parts!.body.equals(partsOf(CONTENT, [[39_999, 40_000], [0, 3]])));
  }
  t.equal(site.counter('bodiesBroken'), 0);
}));

t.test('a range beyond the end of a whole body: reset', (t) => runWithBody(t, CONTENT, async (site, body, answers) => {
  answers.at('/beyond', () => sized(body.record, BYTES - 5, BYTES + 1));
  const peers = [site.connect()!, site.connect()!];
  peers[0]!.say(get('/beyond'));
  await site.settle(true);
  body.finish();
  peers[1]!.say(get('/beyond'));
  await site.settle(true);
  for (const peer of peers) {
    t.ok(peer.is('RESET'));
    t.strictSame(peer.parse(['GET']).responses, []);
  }
}));

t.test('requests behind a broken answer are not answered; other connections are', (t) => runWithBody(t, CONTENT, async (site, body) => {
  const file = site.put('file', 7, 30_000);
  const [victim, other] = [site.connect()!, site.connect()!];
  victim.say(get('/file') + get('/whole') + get('/file'));
  other.say(get('/file'));
  body.append(10);
  await site.settle(true);
  body.end(false);
  await site.settle(true);
  t.same(victim.parse(['GET', 'GET', 'GET']).responses.map(({ body: found }) => found), [file], 'what was complete stays so');
  other.say(get('/file'));
  await site.settle(true);
  t.same(other.statuses(2), [200, 200]);
}));

t.test('followers that vanish, waiting, blocked or in a pipeline; slots that others take over', (t) => runWithBody(t, CONTENT, async (site, body, answers) => {
  const before = site.world.census();
  const two = new Arriving(site.engine, 'two', contentOf(2, BYTES));
  answers.at('/two', () => sized(two.record, 0, BYTES));
  body.append(5000);
  for (let round = 0; round < 6; ++round) {
    const peers = Array.from({ length: 12 }, (_, i) => site.connect(i % 2 === 0 ? {} : TINY)!);
    for (const [i, peer] of peers.entries()) peer.say([get('/whole'), get('/two'), get('/until-end') + get('/two')][i % 3]!);
    await site.settle();
    for (const [i, peer] of peers.entries()) {
      if (i % 4 === 0) peer.close();
      else if (i % 4 < 3) peer.reset();
      else peer.finish();
    }
    // What grows now was waited for by the slots' last owners.
    if (round % 2 === 0) body.append(100);
    if (round % 3 === 0) two.append(100);
    if (round % 2 === 1) await site.settle();
  }
  await site.settle();
  body.finish();
  two.finish();
  await site.settle(true);
  const stayed = site.peers.filter(({ gone }) => !gone);
  t.equal(stayed.length, 18);
  for (const peer of stayed) for (const { body: found } of peer.responses(['GET', 'GET'])) t.ok(found.equals(CONTENT) || found.equals(two.content), 'who said FIN gets all of it');
  two.letGo();
  await site.settle(true);
  t.equal(site.world.census().memory, before.memory, 'the memory of the second body is closed');
}));

t.test('an engine that ends while it fills: its bodies are broken, and followers of other engines hear of it', async (t) => {
  const answers = new Answers();
  await run(t, { plans: answers }, async (site) => {
    const engine = anotherEngine(site);
    const bodies = ['stuck', 'whole', 'given up'].map((key, i) => new Arriving(engine, key, contentOf(i, BYTES)));
    for (const [i, body] of bodies.entries()) {
      const file = await held(site, body.key);
      t.equal(file, body.record, 'found by its key');
      answers.at(`/${i}`, () => sized(file, 0, BYTES));
      answers.at(`/${i}/chunked`, () => untilEnd(file));
      answers.at(`/${i}/part`, () => sized(file, 100, 300));
      body.append(30_000);
    }
    bodies[1]!.finish();
    const paths = ['', '/chunked', '/part'];
    const peers = bodies.map((_, i) => paths.flatMap((path) => [{}, TINY].map((how) => {
      const peer = site.connect(how)!;
      peer.say(get(`/${i}${path}`));
      return peer;
    })));
    await site.settle();
    bodies[2]!.letGo(); // not ended: it is the engine's still
    await site.settle();
    engine.stop();
    await site.settle(true);
    for (const [i, row] of peers.entries()) {
      for (const [j, peer] of row.entries()) {
        const complete = i === 1 || paths[j >> 1] === '/part';
        t.equal(peer.is('RESET'), !complete);
        t.equal(peer.parse(['GET']).responses.length, complete ? 1 : 0, `body ${i}, answer ${j}`);
      }
    }
    for (const { record } of bodies) site.engine.release(record);
    await site.settle();
    t.equal(site.world.census().memory, 0);
  });
});

t.test('the following engine ends first', async (t) => {
  const answers = new Answers();
  await run(t, { plans: answers }, async (site) => {
    const engine = anotherEngine(site);
    const body = new Arriving(engine, 'body', CONTENT);
    const file = await held(site, 'body');
    answers.at('/whole', () => sized(file, 0, BYTES));
    for (const how of [{}, TINY]) site.connect(how)!.say(get('/whole'));
    body.append(1000);
    await site.settle(true);
    site.engine.stop();
    body.append(1000);
    body.finish();
    body.letGo();
    engine.stop();
    t.same(await site.stop(), []);
    t.equal(site.world.census().event, 0, 'nobody keeps its mailbox');
  });
});

async function settled(site: Site, body: Arriving, key: string, arenaBytesMax: number): Promise<{ error: number; file: number }> {
  const opened = site.opener.settleBody(body.record, key, arenaBytesMax);
  await site.settle();
  return opened;
}

for (const [where, arenaBytesMax] of [['in the arena', BYTES], ['in private memory', BYTES - 1]] as const) {
  t.test(`settled ${where}: the same bytes, of another record; who follows the first one goes on`, (t) => runWithBody(t, CONTENT, async (site, body, answers) => {
    const slow = site.connect(TINY)!;
    slow.say(get('/whole'));
    body.finish();
    await site.settle();
    const { error, file } = await settled(site, body, 'settled', arenaBytesMax);
    t.equal(error, 0);
    t.not(file, body.record);
    const facts = new Float64Array(Object.keys(layout.facts).length);
    site.engine.describe(file, facts, new Uint8Array(32));
    t.equal(facts[layout.facts.SIZE], BYTES);
    t.equal(facts[layout.facts.IN_ARENA], where === 'in the arena' ? 1 : 0);
    t.equal(facts[layout.facts.PRIVATE], 1);
    const read = site.opener.read(file);
    await site.settle();
    t.same(Buffer.from((await read).bytes), CONTENT);
    t.equal(await held(site, 'settled'), file, 'found by its key');
    answers.at('/late', () => sized(body.record, 0, BYTES));
    const late = site.connect()!;
    late.say(get('/late'));
    await site.settle(true);
    for (const peer of [slow, late]) t.ok(peer.responses(['GET'])[0]!.body.equals(CONTENT));
    site.engine.release(file);
    site.engine.release(file);
  }));
}

t.test('settled where there is no room, or a pool that is full: an error, and the body is what it was', (t) => runWithBody(t, CONTENT, async (site, body) => {
  body.finish();
  t.match(await settled(site, body, 'settled', 0), { error: ENOBUFS, file: -1 });
  site.force('poolFull');
  t.match(await settled(site, body, 'settled', 0), { error: -1, file: -1 });
  t.equal(await held(site, 'settled'), -ENOENT);
  const peer = site.connect()!;
  peer.say(get('/whole'));
  await site.settle(true);
  t.ok(peer.responses(['GET'])[0]!.body.equals(CONTENT));
}, LIMITED));

t.test('no memory: for a body, or for more of one', (t) => runWithBody(t, CONTENT, async (site, body) => {
  site.force('memoryNoDescriptor');
  t.equal(site.engine.begin('other'), -EMFILE);
  site.force('memoryNoMemory');
  t.equal(site.engine.begin('other'), -ENOMEM);
  t.equal(await held(site, 'other'), -ENOENT);
  const peer = site.connect()!;
  peer.say(get('/whole'));
  await site.settle(true);
  for (const fault of ['interrupted', 'memoryWriteShort'] as const) {
    site.force(fault, 3);
    t.equal(body.append(10_000), 0, fault);
  }
  site.force('memoryWriteShort');
  site.force('memoryNoMemory', 1, 1); // some of it is written
  t.equal(body.append(10_000), -ENOMEM);
  await site.settle(true);
  t.equal(cutOff(peer).length, 20_000, 'what was not all taken is not there');
  t.equal(body.append(10_000), 0);
  body.finish();
  await site.settle(true);
  t.ok(peer.responses(['GET'])[0]!.body.equals(CONTENT));
}));

t.test('keys: of what is there, as long as somebody has it; the later of two of one key', (t) => runWithBody(t, CONTENT, async (site, body) => {
  t.equal(await held(site, 'nobody'), -ENOENT);
  t.equal(await held(site, 'body'), body.record);
  const again = new Arriving(site.engine, 'body', contentOf(2, 10));
  t.equal(await held(site, 'body'), again.record);
  again.finish();
  t.equal(await held(site, 'body'), again.record, 'whole or not');
  for (let i = 0; i < 3; ++i) again.letGo();
  await site.settle();
  t.equal(await held(site, 'body'), -ENOENT);
  site.engine.release(body.record);
}));

t.test('a number is given again: what was said of the last owner is not said of the next', (t) => runWithBody(t, CONTENT, async (site) => {
  const first = new Arriving(site.engine, 'first', CONTENT);
  first.end(false);
  first.letGo();
  await site.settle();
  site.areas.broken[first.record] = 1;
  const second = new Arriving(site.engine, 'second', CONTENT);
  t.equal(second.record, first.record);
  t.equal(site.areas.broken[second.record], 0);
  second.finish();
  second.letGo();
}));
