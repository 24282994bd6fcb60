// Request bodies whose client, reader or answer is slow: who waits for whom, how much is held meanwhile, and for how long.
import t from 'tap';
import { BODY_TIMEOUT } from '../../http/refusal.ts';
import { HELD_BYTES_MAX } from '../../server/body-reader.ts';
import { contentOf } from '../simulated/content.ts';
import { request } from '../simulated/request.ts';
import { run } from '../simulated/run.ts';
import type { Conversation } from '../../server/exchange.ts';
import { bytesPlan, Plan } from '../../server/plan.ts';
import { Handed, Seen, uploads, type Upload } from '../uploads.ts';
import { begun } from './uploading.ts';

const BURST_BYTES_MAX = 3 * 16_384;

t.test('held: no more than the bound, for a client that sends all it can to an exchange that reads nothing', async (t) => {
  for (const expected of ['Content-Length: 100000000', 'Transfer-Encoding: chunked']) {
    const seen = new Seen();
    await run(t, { uploads: uploads(seen) }, async (site) => {
      const peer = site.connect()!;
      peer.say(request('POST', '/never', [expected]));
      for (let i = 0; i < 100; ++i) {
        peer.sayOnce(Buffer.from(expected.startsWith('C') ? 'x'.repeat(20_000) : '1\r\nx\r\n'.repeat(3000)));
        await site.settle(true);
      }
      const received = site.counter('bytesReceived');
      const bound = (expected.startsWith('C') ? 1 : 6) * (HELD_BYTES_MAX + BURST_BYTES_MAX);
      t.ok(received < bound, `${received} bytes were taken, ${bound} is the bound`);
      t.equal(site.areas.paused.reduce((sum, one) => sum + one, 0), 1, 'and the client is made to wait');
      await site.pass(20, true);
      site.advance(60_000);
      await site.settle(true);
      t.notOk(peer.is('RESET') || peer.is('ENDED'), 'as long as the exchange is slow: no deadline of the client');
      peer.reset();
      await site.settle();
      t.equal(site.loop.connection(0), undefined);
      const body = seen.conversations[0]!.body!;
      t.equal(body.begun, false);
      await t.rejects(body[Symbol.asyncIterator]().next(), { name: 'RequestBodyError', failure: 'gone', refusal: 0 });
    });
  }
});

t.test('a slow reader gets every byte, in its own time', async (t) => {
  const content = contentOf(7, 700_000);
  const seen = new Seen();
  let open: () => void = () => undefined;
  seen.before = () => new Promise((resolve) => (open = resolve));
  await run(t, { uploads: uploads(seen) }, async (site) => {
    const peer = site.connect()!;
    peer.say(request('POST', '/echo', [`Content-Length: ${content.length}`]));
    peer.say(content);
    for (let rounds = 0; peer.heardBytes === 0 && rounds < 1000; ++rounds) {
      peer.push();
      await site.settle(true);
      site.advance(3000);
      await site.settle(true);
      open();
    }
    await site.settle(true);
    t.same(peer.responses(['POST'])[0]!.body, content);
    t.ok(seen.pieces > 4, `in ${seen.pieces} pieces`);
  });
});

t.test('a client that sends too slowly: its deadline moves with every piece, and only while it is waited for', async (t) => {
  const seen = new Seen();
  await run(t, { uploads: uploads(seen) }, async (site) => {
    const peer = site.connect()!;
    peer.say(begun('/echo', 5));
    for (const byte of 'abcde') {
      await site.settle(true);
      site.advance(9000);
      peer.say(byte);
      await site.settle(true);
    }
    t.equal(peer.responses(['POST'])[0]!.body.toString(), 'abcde');
    peer.say(begun('/stream', 5));
    await site.settle(true);
    site.advance(10_500);
    await site.settle(true);
    t.ok(peer.is('RESET'), 'an answer made of the body cannot be finished');
    t.strictSame(seen.failures, [['timeout', BODY_TIMEOUT]]);
  });
});

t.test('answers that are made of much while the peer reads little', async (t) => {
  const content = contentOf(9, 400_000);
  const seen = new Seen();
  await run(t, { uploads: uploads(seen) }, async (site) => {
    const peer = site.connect({ sendBytesMax: 9000 })!;
    peer.say(request('POST', '/stream', [`Content-Length: ${content.length}`, 'Connection: close']));
    peer.say(content);
    for (let i = 0; i < 5; ++i) {
      peer.push();
      await site.settle(); // nothing is read: the body is held back, too
    }
    t.ok(site.counter('bytesReceived') < 4 * HELD_BYTES_MAX, `${site.counter('bytesReceived')} bytes were taken from a peer that takes none`);
    for (let done = false; !done;) {
      done = peer.push();
      await site.settle(true);
    }
    t.same(peer.responses(['POST'])[0]!.body, content);
  });
});

t.test('a peer that sends on and takes nothing is reset', async (t) => {
  const seen = new Seen();
  await run(t, { uploads: uploads(seen) }, async (site) => {
    const peer = site.connect({ sendBytesMax: 9000 })!;
    peer.say(begun('/stream', 1_000_000));
    for (let s = 0; s < 70; ++s) {
      peer.sayOnce(contentOf(1, 5000));
      await site.settle();
      site.advance(1000);
      await site.settle();
    }
    t.ok(peer.is('RESET'));
    t.equal(site.loop.counts()['sendsStalled'], 1);
    t.strictSame(site.reports.filter(({ name }) => name === 'exchangeFailed'), []);
  });
});

/** Reads the body beside an answer that is given by hand. */
function beside(seen: Seen, source: Handed): Map<string, Upload> {
  return new Map([['/beside', (conversation: Conversation) => {
    seen.whole(conversation).catch(() => undefined); // told by seen.failures
    return Promise.resolve(new Plan(200, [], [], 'chunked', { source }));
  }]]);
}

t.test('a body that is read beside its answer: its client is waited for, whatever the answer does', async (t) => {
  for (const chunk of ['', 'x'.repeat(30_000)]) {
    const seen = new Seen();
    const source = new Handed();
    await run(t, { uploads: beside(seen, source) }, async (site) => {
      const peer = site.connect({ sendBytesMax: 9000 })!;
      peer.say(`${begun('/beside', 100)}a`);
      await site.settle(true);
      source.give(Buffer.from(chunk));
      await site.settle(true);
      t.strictSame(seen.failures, []);
      site.advance(10_500);
      await site.settle(true);
      t.strictSame(seen.failures, [['timeout', BODY_TIMEOUT]], `behind ${chunk.length} bytes of the answer`);
      source.give(undefined);
      await site.settle(true);
      t.equal(peer.responses(['POST'])[0]!.body.toString(), chunk);
      t.ok(peer.is('ENDED'));
    });
  }
});

t.test('when the body is whole, nobody waits for its client any more', async (t) => {
  for (const field of ['Connection: close', 'X: y']) {
    const source = new Handed();
    await run(t, { uploads: beside(new Seen(), source) }, async (site) => {
      const peer = site.connect()!;
      peer.say(`${begun('/beside', 3, field)}a`);
      await site.settle(true);
      peer.say('bc');
      await site.settle(true);
      site.advance(60_000);
      await site.settle(true);
      for (const chunk of [Buffer.from('late'), undefined]) {
        source.give(chunk);
        await site.settle(true);
      }
      t.equal(peer.responses(['POST'])[0]!.body.toString(), 'late');
      t.equal(site.loop.requests.refused[BODY_TIMEOUT], 0);
    });
  }
});

t.test('an answer by hand that ends before its body: the connection ends at once where much is left', async (t) => {
  for (const [bytes, ends] of [[4000, false], [4001, true]] as const) {
    const source = new Handed();
    await run(t, { uploads: beside(new Seen(), source), limits: { discardBytesMax: 4000 } }, async (site) => {
      const peer = site.connect()!;
      peer.say(begun('/beside', bytes));
      await site.settle(true);
      source.give(undefined);
      await site.settle(true);
      t.equal(peer.responses(['POST']).length, 1);
      t.equal(peer.is('ENDED'), ends, `${bytes} bytes`);
    });
  }
});

t.test('a client that reads nothing until it has sent everything is not stuck behind an answer that came before', async (t) => {
  let answer: () => void = () => undefined;
  const late: Upload = async () => {
    await new Promise<void>((resolve) => (answer = resolve));
    return bytesPlan(200, [], contentOf(5, 100_000));
  };
  for (const bytes of [300_000, 3_000_000]) {
    await run(t, { uploads: new Map([['/late', late]]) }, async (site) => {
      const peer = site.connect({ sendBytesMax: 9000 })!;
      peer.say(begun('/late', bytes));
      peer.say(contentOf(6, bytes));
      await site.settle();
      t.notOk(peer.push(), 'it is made to wait');
      answer();
      for (let rounds = 0; !peer.push() && rounds < 200; ++rounds) await site.settle();
      t.ok(peer.push(), 'all is sent');
      await site.settle(true);
      t.equal(peer.responses(['POST'])[0]!.body.length, 100_000);
    });
  }
});
