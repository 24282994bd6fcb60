// Bodies pulled from JavaScript: chunked, until the end of the connection, with a length; slow, failing, unwanted.
import t from 'tap';
import { Plan, type Framing, type Source } from '../../server/plan.ts';
import { contentOf } from '../simulated/content.ts';
import { get, request } from '../simulated/request.ts';
import { run } from '../simulated/run.ts';
import type { SiteOptions } from '../simulated/site.ts';

class Chunks implements Source {
  readonly #chunks: (Uint8Array | Error)[];
  pulls = 0;
  cancelled: string | undefined;

  constructor(chunks: readonly (Uint8Array | Error)[]) {
    this.#chunks = [...chunks];
  }

  async pull(): Promise<Uint8Array | undefined> {
    this.pulls += 1;
    const chunk = this.#chunks.shift();
    if (chunk instanceof Error) throw chunk;
    return Promise.resolve(chunk);
  }

  cancel(reason: string): void {
    this.cancelled = reason;
  }
}

const PIECES = [contentOf(1, 10), new Uint8Array(0), contentOf(2, 70_000), contentOf(3, 1)];
const WHOLE = Buffer.concat(PIECES);

/** Paths /known and /later with this source. */
function sourceAt(make: () => { source: Source; framing: Framing; length?: number }): NonNullable<SiteOptions['plans']> {
  const plan = (): Plan => {
    const { source, framing, length } = make();
    return new Plan(200, [['Content-Type', 'x/y'], ...(length === undefined ? [] : [['Content-Length', String(length)] as const])], [], framing, { source });
  };
  return new Map([['/known', { known: true, plan }], ['/later', { known: false, plan }]]);
}

for (const path of ['/known', '/later']) {
  t.test(`${path}: chunked for HTTP/1.1, and the connection goes on`, (t) => run(t, { plans: sourceAt(() => ({ source: new Chunks(PIECES), framing: 'chunked' })) }, async (site) => {
    const peer = site.connect({ sendBytesMax: 9000 })!;
    peer.say(get(path) + get('/none') + get(path));
    await site.settle(true);
    const answers = peer.responses(['GET', 'GET', 'GET']);
    t.same(answers.map(({ status }) => status), [200, 404, 200]);
    t.same(answers[0]!.body, WHOLE);
    t.same(answers[2]!.body, WHOLE);
    t.equal(answers[0]!.fields.get('transfer-encoding'), 'chunked');
  }));

  t.test(`${path}: HTTP/1.0 gets it until the end of the connection, even where it asked to keep it`, (t) => run(t, { plans: sourceAt(() => ({ source: new Chunks(PIECES), framing: 'chunked' })) }, async (site) => {
    const peer = site.connect({ sendBytesMax: 9000 })!;
    peer.say(request('GET', path, ['Connection: keep-alive'], '1.0') + get('/none'));
    await site.settle(true);
    t.ok(peer.is('ENDED'), 'the end is told by FIN');
    const [answer] = peer.responses(['GET']);
    t.same(answer!.body, WHOLE);
    t.notOk(answer!.fields.has('transfer-encoding'));
  }));
}

t.test('a source with a length that it meets', (t) => run(t, { plans: sourceAt(() => ({ source: new Chunks(PIECES), framing: 'length', length: WHOLE.length })) }, async (site) => {
  const peer = site.connect()!;
  peer.say(get('/known') + get('/none'));
  await site.settle(true);
  t.same(peer.responses(['GET', 'GET']).map(({ status }) => status), [200, 404]);
}));

// What has met its length when the source goes on is complete: a reset does not take it back.
for (const [what, length, complete] of [['ends before its length', WHOLE.length + 1, 0], ['goes beyond its length', WHOLE.length - 1, 1]] as const) {
  t.test(`a source that ${what}: reset, never followed by another answer`, (t) => run(t, { plans: sourceAt(() => ({ source: new Chunks(PIECES), framing: 'length', length })) }, async (site) => {
    const peer = site.connect()!;
    peer.say(get('/known') + get('/none'));
    await site.settle(true);
    t.ok(peer.is('RESET'));
    t.equal(peer.parse(['GET', 'GET']).responses.length, complete);
    t.equal(site.reported('bodySourceFailed'), 1);
  }));
}

t.test('a source that fails: the connection is reset, and told', (t) => run(t, { plans: sourceAt(() => ({ source: new Chunks([PIECES[0]!, new Error('origin gone')]), framing: 'chunked' })) }, async (site) => {
  for (const version of ['1.1', '1.0']) {
    const peer = site.connect()!;
    peer.say(request('GET', '/later', [], version));
    await site.settle(true);
    t.ok(peer.is('RESET'), version);
    t.equal(peer.parse(['GET']).responses.length, 0, 'not finished');
  }
  t.equal(site.reported('bodySourceFailed'), 2);
}));

t.test('a peer that does not read stops the source; one that goes away cancels it, once', async (t) => {
  const source = new Chunks(Array<Uint8Array>(100).fill(contentOf(4, 10_000)));
  await run(t, { plans: sourceAt(() => ({ source, framing: 'chunked' })) }, async (site) => {
    const peer = site.connect({ sendBytesMax: 15_000 })!;
    peer.say(get('/later'));
    await site.settle();
    t.ok(source.pulls <= 3, `${source.pulls} chunks pulled for room for one and a half`);
    peer.reset();
    await site.settle();
    t.equal(source.cancelled, 'the connection is gone');
  });
});

for (const [how, before] of [['was paused', 'more input'], ['had sent FIN', 'FIN'], ['was quiet', '']] as const) {
  t.test(`a peer that ${how} and resets while its source has nothing to give: cancelled at once`, async (t) => {
    let cancelled = 0;
    let end: (chunk: undefined) => void = () => undefined;
    const source: Source = {
      pull: () => new Promise((resolve) => (end = resolve)),
      cancel: () => {
        cancelled += 1;
        end(undefined);
      },
    };
    await run(t, { plans: sourceAt(() => ({ source, framing: 'chunked' })) }, async (site) => {
      const peer = site.connect()!;
      peer.say(get('/known'));
      await site.settle(true);
      if (before === 'FIN') peer.finish();
      else if (before !== '') peer.say(get('/none'));
      await site.settle(true);
      peer.reset();
      await site.settle();
      t.equal(cancelled, 1);
    });
  });
}

t.test('a last answer from a source is not lingered for without end', (t) => run(t, { plans: sourceAt(() => ({ source: new Chunks(PIECES), framing: 'chunked' })) }, async (site) => {
  const peer = site.connect()!;
  peer.say(get('/known', 'Connection: close'));
  await site.settle(true);
  t.same(peer.responses(['GET'])[0]!.body, WHOLE);
  t.ok(peer.is('ENDED'));
  t.equal(site.counter('connections'), 1, 'it lingers while the peer may still send');
  site.advance(6000);
  await site.settle();
  t.equal(site.counter('connections'), 0);
}));
