// Request bodies that an exchange wants: whole at any split, answered early and late, beside other requests.
import t from 'tap';
import type { Conversation } from '../../server/exchange.ts';
import { bytesPlan, textPlan } from '../../server/plan.ts';
import { BODY_TIMEOUT } from '../../http/refusal.ts';
import { get, request } from '../simulated/request.ts';
import { run } from '../simulated/run.ts';
import { Seen, uploads } from '../uploads.ts';
import { begun, inChunks, sized } from './uploading.ts';

const LIKE_A_HEAD = get('/none');

/** Requests, and what is answered: status and body. */
const STREAM: readonly (readonly [text: string, status: number, body: string | undefined])[] = [
  [sized('/echo', `hello${LIKE_A_HEAD}`), 200, `hello${LIKE_A_HEAD}`],
  [inChunks('/echo', 'a', LIKE_A_HEAD, 'bc'), 200, `a${LIKE_A_HEAD}bc`],
  [get('/none'), 404, undefined],
  [`${request('POST', '/stream', ['Transfer-Encoding: chunked'])}3;x="\t"\r\nabc\r\n0\r\nTrailer: x\r\nY: z\r\n\r\n`, 200, 'abc'],
  [inChunks('/echo'), 200, ''],
  [inChunks('/early', LIKE_A_HEAD), 403, 'no\n'],
  [sized('/early', LIKE_A_HEAD), 403, 'no\n'],
  [sized('/none', LIKE_A_HEAD), 405, undefined],
  [sized('/cancel', LIKE_A_HEAD), 200, 'cancelled\n'],
  [sized('/stream-later', `x${LIKE_A_HEAD}`), 200, `x${LIKE_A_HEAD}`],
  [get('/none'), 404, undefined],
];
const METHODS = STREAM.map(() => 'POST');

t.test('a pipeline of bodies that are wanted, and not, cut in two at every offset', async (t) => {
  const text = STREAM.map(([text]) => text).join('');
  const seen = new Seen();
  await run(t, { uploads: uploads(seen) }, async (site) => {
    for (let cut = 1; cut < text.length; ++cut) {
      const peer = site.connect()!;
      peer.say(text.slice(0, cut));
      await site.settle(true);
      peer.say(text.slice(cut));
      await site.settle(true);
      const got = peer.responses(METHODS).map(({ status, body }, i) => [status, STREAM[i]![2] === undefined ? undefined : body.toString('latin1')]);
      t.strictSame(got, STREAM.map(([, status, body]) => [status, body]), `cut at ${cut}`);
      peer.reset();
      await site.settle();
      if (!t.passing()) return;
    }
    t.ok(seen.failures.every(([failure]) => failure === 'answered'), 'nothing was refused');
  });
});

t.test('byte by byte', async (t) => {
  await run(t, { uploads: uploads(new Seen()) }, async (site) => {
    const peer = site.connect()!;
    for (const byte of STREAM.map(([text]) => text).join('')) {
      peer.say(byte);
      await site.settle(true);
    }
    t.strictSame(peer.responses(METHODS).map(({ status }) => status), STREAM.map(([, status]) => status));
  });
});

t.test('content that is announced too large is refused before anybody is asked', async (t) => {
  const seen = new Seen();
  await run(t, { uploads: uploads(seen), limits: { bodyBytesMax: 1000 } }, async (site) => {
    for (const [method, bytes] of [['POST', 413], ['HEAD', 413]] as const) {
      const peer = site.connect()!;
      peer.say(request(method, '/echo', ['Content-Length: 1001', 'Expect: 100-continue']));
      await site.settle(true);
      t.strictSame(peer.responses([method]).map(({ status }) => status), [bytes]);
      t.ok(peer.is('ENDED'));
    }
    t.equal(seen.asked.length, 0);
    const peer = site.connect()!;
    peer.say(sized('/echo', 'x'.repeat(1000)));
    await site.settle(true);
    t.equal(peer.responses(['POST'])[0]!.body.length, 1000);
  });
});

t.test('the rest behind an early answer', async (t) => {
  for (const [name, rest, kept] of [['little: thrown away', 4000, true], ['too much: the connection ends', 4001, false]] as const) {
    for (const chunked of [false, true]) {
      const seen = new Seen();
      await run(t, { uploads: uploads(seen), limits: { discardBytesMax: 4000 } }, async (site) => {
        const peer = site.connect()!;
        const content = LIKE_A_HEAD.repeat(200).slice(0, rest);
        peer.say(chunked ? request('POST', '/early', ['Transfer-Encoding: chunked']) : begun('/early', rest));
        await site.settle(true);
        peer.say((chunked ? `${rest.toString(16)}\r\n${content}\r\n0\r\n\r\n` : content) + get('/none'));
        await site.settle(true);
        const replies = peer.responses(['POST', 'GET']);
        t.strictSame(replies.map(({ status }) => status), kept ? [403, 404] : [403], `${name}${chunked ? ', in chunks' : ''}`);
        t.equal(replies[0]!.fields.get('connection') === 'close', !kept && !chunked, 'said where it is known');
        t.equal(peer.is('ENDED'), !kept);
      });
    }
  }
});

t.test('too much of a cancelled body before the answer: the answer says that it is the last', async (t) => {
  for (const [bytes, last] of [[4000, false], [4001, true]] as const) {
    let answer: () => void = () => undefined;
    const paths = new Map([['/late', async ({ body }: Conversation) => {
      body!.cancel();
      await new Promise<void>((resolve) => (answer = resolve));
      return textPlan(200, [], 'late');
    }]]);
    await run(t, { uploads: paths, limits: { discardBytesMax: 4000 } }, async (site) => {
      const peer = site.connect()!;
      peer.say(inChunks('/late', 'x'.repeat(bytes)) + get('/none'));
      await site.settle(true);
      answer();
      await site.settle(true);
      const replies = peer.responses(['POST', 'GET']);
      t.strictSame(replies.map(({ status }) => status), last ? [200] : [200, 404]);
      t.equal(replies[0]!.fields.get('connection'), last ? 'close' : undefined);
    });
  }
});

t.test('the last answer of a connection may be made of a body that still comes', async (t) => {
  for (const [version, field] of [['1.1', 'Connection: close'], ['1.0', 'X: y']] as const) {
    await run(t, { uploads: uploads(new Seen()) }, async (site) => {
      const peer = site.connect()!;
      peer.say(`${request('POST', '/stream', ['Content-Length: 6', field], version)}ab`);
      await site.settle(true);
      for (const piece of ['cd', `ef${get('/none')}`]) {
        peer.say(piece);
        await site.settle(true);
      }
      t.strictSame(peer.responses(['POST']).map(({ body }) => body.toString()), ['abcdef']);
      t.ok(peer.is('ENDED'));
      site.advance(30_000);
      await site.settle(true);
      t.equal(site.counter('connections'), 0);
      t.equal(site.loop.requests.refused[BODY_TIMEOUT], 0);
    });
  }
});

t.test('an exchange that fails, or cancels, before, at and after the end of its body', async (t) => {
  const seen = new Seen();
  await run(t, { uploads: uploads(seen) }, async (site) => {
    for (const rest of ['', 'abc']) {
      const peer = site.connect()!;
      peer.say(`${begun('/throw', 4)}a${rest}`);
      await site.settle(true);
      t.strictSame(peer.responses(['POST']).map(({ status }) => status), [500]);
      t.ok(peer.is('ENDED'));
    }
    t.equal(site.reported('exchangeFailed'), 2);
    const peer = site.connect()!;
    peer.say(begun('/cancel', 4));
    await site.settle(true);
    peer.say(`abcd${get('/none')}`);
    await site.settle(true);
    t.strictSame(peer.responses(['POST', 'GET']).map(({ status }) => status), [200, 404]);
    await t.rejects(seen.conversations.at(-1)!.body![Symbol.asyncIterator]().next(), { name: 'RequestBodyError', failure: 'cancelled' });
    await t.resolves(site.settle());
  });
});

t.test('answers before it are waited for, and a half-closed client gets them', async (t) => {
  await run(t, { uploads: uploads(new Seen()) }, async (site) => {
    const large = site.put('large.bin', 3, 300_000);
    const peer = site.connect({ sendBytesMax: 9000 })!;
    peer.say(`${get('/large.bin')}${begun('/echo', 100)}abc`);
    peer.finish();
    await site.settle();
    await site.settle(true);
    const replies = peer.responses(['GET', 'POST']);
    t.equal(replies.length, 1, 'a request that is not whole has no answer');
    t.same(replies[0]!.body, large);
    t.ok(peer.is('ENDED'));
  });
});

t.test('a drain waits for a body that is being read', async (t) => {
  await run(t, { uploads: uploads(new Seen()) }, async (site) => {
    const peer = site.connect()!;
    peer.say(`${begun('/echo', 4)}a`);
    await site.settle(true);
    site.loop.drain(() => site.unlisten());
    peer.say('bcd');
    await site.settle(true);
    const [reply] = peer.responses(['POST']);
    t.equal(reply!.body.toString(), 'abcd');
    t.equal(reply!.fields.get('connection'), 'close');
  });
});

t.test('one reader, who asks when it has got what it asked for; a loop that is left cancels', async (t) => {
  const results: unknown[] = [];
  const told = (promise: Promise<unknown>): Promise<void> => promise.then((result) => void results.push(result), (error: unknown) => void results.push(String(error)));
  await run(t, {
    uploads: new Map([
      ['/twice', async ({ body }) => {
        const iterator = body![Symbol.asyncIterator]();
        const first = told(iterator.next());
        await told(iterator.next());
        await first;
        for (let i = 0; i < 2; ++i) await told(body![Symbol.asyncIterator]().next());
        body!.cancel();
        return textPlan(200, [], `${body!.bytes} ${String(body!.begun)}`);
      }],
      ['/left', async ({ body }) => {
        for await (const piece of body!) if (piece.length > 0) break;
        await told(body![Symbol.asyncIterator]().next());
        return textPlan(200, [], `${body!.bytes} ${String(body!.begun)}`);
      }],
    ]),
  }, async (site) => {
    const peer = site.connect()!;
    peer.say(begun('/twice', 2));
    await site.settle(true);
    const left = inChunks('/left', 'a', 'b');
    peer.say(`ab${left.slice(0, -10)}`);
    await site.settle(true);
    peer.say(left.slice(-10));
    await site.settle(true);
    t.strictSame(peer.responses(['POST', 'POST']).map(({ body }) => body.toString()), ['2 true', '-1 true']);
  });
  t.strictSame(results, [
    'Error: request content has one reader, who asks when it has got what it asked for',
    { value: new Uint8Array([97, 98]), done: false }, { value: undefined, done: true }, { value: undefined, done: true },
    'RequestBodyError: request content: cancelled',
  ]);
});

t.test('what is sent to nobody leaves nothing behind', async (t) => {
  await run(t, { uploads: new Map([['/late', async ({ body }) => {
    body!.cancel();
    await Promise.resolve();
    return textPlan(200, [], 'late');
  }], ['/bytes', () => Promise.resolve(bytesPlan(200, [], new Uint8Array(1)))]]) }, async (site) => {
    for (const path of ['/late', '/bytes']) {
      const peer = site.connect()!;
      peer.say(`${begun(path, 10)}a`);
      peer.reset();
      await site.settle();
    }
    t.equal(site.counter('connections'), 0);
  });
});
