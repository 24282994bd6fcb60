// When what TLS itself has to say leaves: with an answer where there is one, else at once.
import t from 'tap';
import type { Peer } from '../simulated/peer.ts';
import { get } from '../simulated/request.ts';
import { run } from '../simulated/run.ts';
import type { Site } from '../simulated/site.ts';

const BODY_BYTES = 700;
const REQUEST = Buffer.from(get('/a'));

/** A peer whose handshake is over, but for its last message, which is on its way. */
async function shaken(site: Site): Promise<Peer> {
  const peer = site.connect()!;
  peer.read();
  await site.settle();
  peer.read();
  return peer;
}

const withTickets = { tls: { version: 3, tickets: true } } as const;

t.test('without a request, a ticket leaves at once', async (t) => {
  for (const tickets of [true, false]) {
    await run(t, { tls: { version: 3, tickets } }, async (site) => {
      await shaken(site);
      const before = site.counter('sendCalls');
      await site.settle(true);
      t.equal(site.counter('handshakes'), 1);
      t.equal(site.counter('sendCalls') - before, tickets ? 1 : 0);
    });
  }
});

t.test('with a request, in front of its answer', async (t) => {
  await run(t, withTickets, async (site) => {
    site.put('a', 1, BODY_BYTES);
    for (const round of ['a file that is looked up', 'one that is known']) {
      const peer = await shaken(site);
      const before = site.counter('sendCalls');
      peer.sayOnce(REQUEST);
      await site.settle(true);
      t.equal(peer.responses(['GET'])[0]?.body.length, BODY_BYTES, round);
      t.equal(site.counter('sendCalls') - before, 1, round);
    }
    t.equal(site.counter('handshakes'), 2);
  });
});

t.test('with a piece of a request, in front of the answer to all of it, at the latest', async (t) => {
  await run(t, withTickets, async (site) => {
    site.put('a', 1, BODY_BYTES);
    const peer = await shaken(site);
    const before = site.counter('sendCalls');
    peer.sayOnce(REQUEST.subarray(0, 10));
    await site.settle(true);
    peer.sayOnce(REQUEST.subarray(10));
    await site.settle(true);
    t.equal(peer.responses(['GET'])[0]?.body.length, BODY_BYTES);
    t.ok(site.counter('sendCalls') - before <= 2, `${site.counter('sendCalls') - before} sends`);
  });
});

t.test('a peer that says no more than a piece of a request is told of the end', async (t) => {
  await run(t, withTickets, async (site) => {
    const peer = await shaken(site);
    peer.sayOnce(REQUEST.subarray(0, 10));
    await site.settle(true);
    peer.finish();
    await site.settle(true);
    t.ok(peer.is('ENDED'));
    t.equal(peer.parse([]).fault, undefined, 'in good order');
  });
});
