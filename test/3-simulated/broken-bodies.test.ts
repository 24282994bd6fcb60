// What goes wrong in the middle of a request body that is wanted: the reader is told, nobody is answered twice, the rest is
// never read as a request. And all of it together, seed by seed.
import t from 'tap';
import { BAD_CHUNK, BODY_TIMEOUT, CONTENT_TOO_LARGE } from '../../http/refusal.ts';
import { Plan } from '../../server/plan.ts';
import { Random } from '../simulated/random.ts';
import { get, request } from '../simulated/request.ts';
import { run } from '../simulated/run.ts';
import type { Peer } from '../simulated/peer.ts';
import type { Site } from '../simulated/site.ts';
import { faults, type FaultName } from '../simulated/world.ts';
import { Handed, Seen, uploads } from '../uploads.ts';
import { inChunks, sized } from './uploading.ts';

const LIKE_A_HEAD = get('/none');

/** What comes in the middle of a body; `silence`: nothing, until it is too late. */
type Happening = { readonly bytes: string } | 'silence' | 'FIN' | 'RST';

/** What comes, and what comes of it. */
const FAULTS: readonly (readonly [name: string, field: string, happening: Happening, status: number | undefined, failure: string, refusal: number])[] = [
  ['a malformed chunk', 'Transfer-Encoding: chunked', { bytes: `3\r\nabcd\r\n${LIKE_A_HEAD}` }, 400, 'refused', BAD_CHUNK],
  ['too many chunks', 'Transfer-Encoding: chunked', { bytes: `3e8\r\n${'x'.repeat(1000)}\r\n1\r\nx${LIKE_A_HEAD}` }, 413, 'refused', CONTENT_TOO_LARGE],
  ['a huge chunk', 'Transfer-Encoding: chunked', { bytes: `fffffffff\r\n${LIKE_A_HEAD}` }, 413, 'refused', CONTENT_TOO_LARGE],
  ['silence', 'Content-Length: 1000', 'silence', 408, 'timeout', BODY_TIMEOUT],
  ['FIN', 'Content-Length: 1000', 'FIN', undefined, 'gone', 0],
  ['FIN in a chunk', 'Transfer-Encoding: chunked', 'FIN', undefined, 'gone', 0],
  ['a reset', 'Content-Length: 1000', 'RST', undefined, 'gone', 0],
];

async function happen(site: Site, peer: Peer, happening: Happening): Promise<void> {
  if (happening === 'FIN') peer.finish();
  else if (happening === 'RST') peer.reset();
  else if (happening === 'silence') site.advance(10_500);
  else peer.say(happening.bytes);
  await site.settle(happening !== 'RST');
}

for (const [name, field, happening, status, failure, refusal] of FAULTS) {
  const first = field.startsWith('T') ? '2\r\nok\r\n' : 'ok';
  t.test(`${name}, before an answer`, async (t) => {
    const seen = new Seen();
    await run(t, { uploads: uploads(seen), limits: { bodyBytesMax: 1000 } }, async (site) => {
      const peer = site.connect()!;
      peer.say(request('POST', '/echo', [field]) + first);
      await site.settle(true);
      await happen(site, peer, happening);
      t.strictSame(seen.failures, [[failure, refusal]], 'the reader is told');
      t.equal(site.reported('exchangeFailed'), 0, 'it is no fault of the exchange');
      if (happening !== 'RST') {
        t.strictSame(peer.responses(['POST']).map((reply) => reply.status), status === undefined ? [] : [status]);
        t.ok(peer.is('ENDED'), 'and the connection ends');
      }
      t.equal(seen.asked.length, 1);
      t.equal(site.log.records, 1, 'one line in the log');
    });
  });

  t.test(`${name}, while the answer goes on: it is finished, and the connection ends`, async (t) => {
    const source = new Handed();
    const answer = (): Promise<Plan> => Promise.resolve(new Plan(200, [], [], 'chunked', { source }));
    await run(t, { uploads: new Map([['/handed', answer]]), limits: { bodyBytesMax: 1000 } }, async (site) => {
      const peer = site.connect()!;
      peer.say(request('POST', '/handed', [field]) + first);
      await site.settle(true);
      source.give(Buffer.from('one'));
      await site.settle(true);
      await happen(site, peer, happening);
      if (happening === 'RST') return void t.equal(source.cancelled, 'the connection is gone');
      // Nobody waits for the client: its silence harms nobody until the answer is out.
      for (const chunk of [Buffer.from('two'), undefined]) {
        source.give(chunk);
        await site.settle(true);
      }
      if (happening === 'silence') await happen(site, peer, happening);
      await site.pass(2, true);
      const [reply, ...more] = peer.responses(['POST']);
      t.equal(reply!.body.toString(), 'onetwo');
      t.equal(more.length, 0);
      t.ok(peer.is('ENDED'));
    });
  });

  t.test(`${name}, behind the answer`, async (t) => {
    const seen = new Seen();
    await run(t, { uploads: uploads(seen), limits: { bodyBytesMax: 1000 } }, async (site) => {
      const peer = site.connect()!;
      peer.say(request('POST', '/early', [field]) + first);
      await site.settle(true);
      await happen(site, peer, happening);
      if (happening === 'RST') return void t.equal(site.counter('connections'), 0);
      t.strictSame(peer.responses(['POST']).map((reply) => reply.status), [403], 'no second answer');
      t.ok(peer.is('ENDED'));
      await t.rejects(seen.conversations[0]!.body![Symbol.asyncIterator]().next(), { name: 'RequestBodyError', failure: 'answered' });
    });
  });
}

t.test('FIN, in the middle of a body that the answer is made of', async (t) => {
  const seen = new Seen();
  await run(t, { uploads: uploads(seen) }, async (site) => {
    const peer = site.connect()!;
    peer.say(`${request('POST', '/stream', ['Content-Length: 10'])}abc`);
    await site.settle(true);
    peer.finish();
    await site.settle(true);
    t.strictSame(seen.failures, [['gone', 0]]);
    t.ok(peer.is('RESET'), 'what cannot be finished does not look finished');
    t.equal(peer.parse(['POST']).responses.length, 0);
  });
});

t.test('storms', async (t) => {
  const NAMES: readonly FaultName[] = ['interrupted', 'sendShort', 'sendBlocked', 'edgeSpurious', 'connectionReset', 'pipeBroken'];
  let answered = 0;
  for (let seed = 1; seed <= 60; ++seed) {
    const random = new Random(seed);
    const calm = random.chance(0.5);
    await run(t, { seed, replay: `uploads ${seed}`, uploads: uploads(new Seen()), limits: { discardBytesMax: 4000, bodyBytesMax: 60_000 } }, async (site) => {
      if (!calm) for (const name of NAMES) site.world.fault(faults[name], name === 'connectionReset' || name === 'pipeBroken' ? 0.003 : 0.1);
      for (let i = 0; i < 6; ++i) {
        const asked = Array.from({ length: random.between(1, 6) }, () => {
          const body = random.chance(0.3) ? LIKE_A_HEAD : 'b'.repeat(random.scaled(1, 40_000));
          const path = random.of(['/echo', '/stream', '/stream-later', '/early', '/cancel']);
          return { path, body, text: random.chance(0.5) ? sized(path, body) : inChunks(path, ...body.match(/[^]{1,5000}/g)!) };
        });
        const text = asked.map((one) => one.text).join('');
        const peer = site.connect({ sendBytesMax: random.of([3000, 100_000]) })!;
        const leavesAt = random.chance(0.2) ? random.between(1, text.length) : text.length;
        for (let at = 0; at < leavesAt;) {
          const end = Math.min(leavesAt, at + random.scaled(1, 30_000));
          peer.say(text.slice(at, end));
          at = end;
          if (random.chance(0.3)) await site.settle(random.chance(0.5));
          else await site.turn();
        }
        for (let rounds = 0; !peer.push() && rounds < 200 && !peer.is('RESET'); ++rounds) await site.settle(true);
        await site.settle(true);
        const { responses, fault } = peer.parse(asked.map(() => 'POST'));
        t.equal(fault, undefined);
        responses.forEach(({ status, body }, n) => {
          const { path, body: sent } = asked[n]!;
          const expected = path === '/early' ? 'no\n' : path === '/cancel' ? 'cancelled\n' : sent;
          if (status !== (path === '/early' ? 403 : 200) || body.toString() !== expected) t.fail(`seed ${seed}, ${path}: ${status} with ${body.length} bytes`);
          answered += 1;
        });
        const cut = asked.findIndex(({ path, body }) => (path === '/early' || path === '/cancel') && body.length > 4000);
        if (calm && leavesAt === text.length && cut < 0) t.equal(responses.length, asked.length, `seed ${seed}: all answered`);
        if (leavesAt < text.length) peer.reset();
      }
    });
  }
  t.ok(answered > 300, `${answered} answers`);
});
