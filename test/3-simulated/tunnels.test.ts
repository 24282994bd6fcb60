// Connections that have changed their protocol, on the simulated kernel: half-closed by either side, slow, reset in the worst moment.
import t from 'tap';
import { Plan, type Tunnel } from '../../server/plan.ts';
import { contentOf } from '../simulated/content.ts';
import type { Peer } from '../simulated/peer.ts';
import { Random } from '../simulated/random.ts';
import { get } from '../simulated/request.ts';
import { run } from '../simulated/run.ts';
import type { Site, SiteOptions } from '../simulated/site.ts';

const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n';

/** The far side: says what it is told, in its own time, and remembers what it hears. */
class Far implements Tunnel {
  readonly closed: Promise<boolean>;
  readonly #heard: Uint8Array[] = [];
  /** How much it takes before it has to be drained. */
  roomBytes = Infinity;
  /** It has heard FIN. */
  heardEnd = false;
  cancelled = 0;
  #said: Uint8Array[] = [];
  #hasEnded = false;
  #broken = false;
  #pulled: (() => void) | undefined;
  #drained: () => void = () => undefined;
  #close!: (isWhole: boolean) => void;

  constructor() {
    this.closed = new Promise((resolve) => (this.#close = resolve));
  }

  get heard(): Buffer {
    return Buffer.concat(this.#heard);
  }

  say(bytes: Uint8Array): void {
    this.#said.push(bytes);
    this.#pulled?.();
  }

  finish(): void {
    this.#hasEnded = true;
    this.#pulled?.();
    this.#settle();
  }

  breakOff(): void {
    this.#broken = true;
    this.#pulled?.();
    this.#close(false);
  }

  takes(bytes: number): void {
    this.roomBytes = bytes;
    if (bytes > 0) this.#drained();
  }

  async pull(): Promise<Uint8Array | undefined> {
    while (this.#said.length === 0 && !this.#hasEnded && !this.#broken) await new Promise<void>((resolve) => (this.#pulled = resolve));
    if (this.#broken) throw new Error('broken off');
    return this.#said.shift();
  }

  push(chunk: Uint8Array): boolean {
    this.#heard.push(chunk);
    this.roomBytes -= chunk.length;
    return this.roomBytes > 0;
  }

  whenDrained(listener: () => void): void {
    this.#drained = listener;
  }

  end(): void {
    this.heardEnd = true;
    this.#settle();
  }

  cancel(): void {
    this.cancelled += 1;
    this.breakOff();
  }

  #settle(): void {
    if (this.#hasEnded && this.heardEnd) this.#close(true);
  }
}

function tunnelTo(far: () => Far): NonNullable<SiteOptions['plans']> {
  return new Map([['/tunnel', { known: false, plan: () => new Plan(101, [['Upgrade', 'x']], [], 'none', { tunnel: far() }) }]]);
}

/** What was heard behind the head of the 101. */
function heardBy(peer: Peer): Buffer {
  const end = peer.heard.indexOf('\r\n\r\n') + 4;
  if (!peer.heard.toString('latin1', 0, SWITCHED.length).startsWith(SWITCHED)) throw new Error(`no 101: ${peer.heard.toString('latin1')}`);
  return peer.heard.subarray(end);
}

const FIRST = contentOf(1, 70_000);
const LAST = contentOf(2, 5_000);

t.test('the far side ends first: FIN behind what it had said, and the peer goes on', async (t) => {
  const far = new Far();
  await run(t, { plans: tunnelTo(() => far) }, async (site) => {
    const peer = site.connect({ sendBytesMax: 9000 })!;
    peer.say(get('/tunnel'));
    await site.settle(true);
    far.say(FIRST);
    far.finish();
    await site.settle();
    t.notOk(peer.is('ENDED'), 'not before it has read');
    await site.settle(true);
    t.ok(peer.is('ENDED'));
    t.same(heardBy(peer), FIRST);
    for (let i = 0; i < 3; ++i) {
      peer.say(LAST);
      await site.settle(true);
      site.advance(60_000);
      await site.settle(true);
    }
    t.same(far.heard, Buffer.concat([LAST, LAST, LAST]));
    t.equal(site.counter('connections'), 1);
    t.equal(site.log.unwritten, 1, 'it is not over');
    peer.finish();
    await site.settle(true);
    t.ok(far.heardEnd);
    t.equal(site.counter('connections'), 0);
    t.equal(site.counter('resets'), 0);
  });
});

t.test('the peer ends first, and is sent what comes', async (t) => {
  const far = new Far();
  await run(t, { plans: tunnelTo(() => far) }, async (site) => {
    const peer = site.connect({ sendBytesMax: 9000 })!;
    peer.say(get('/tunnel'));
    peer.say(LAST);
    peer.finish();
    await site.settle(true);
    t.ok(far.heardEnd);
    t.same(far.heard, LAST);
    site.advance(60_000);
    far.say(FIRST);
    await site.settle(true);
    t.same(heardBy(peer), FIRST);
    t.notOk(peer.is('ENDED'));
    far.finish();
    await site.settle(true);
    t.ok(peer.is('ENDED'));
    t.equal(site.counter('connections'), 0);
    t.equal(site.counter('resets'), 0);
  });
});

t.test('a far side that takes no more makes the peer wait, whose FIN comes behind it all', async (t) => {
  const far = new Far();
  await run(t, { plans: tunnelTo(() => far) }, async (site) => {
    const peer = site.connect()!;
    peer.say(get('/tunnel'));
    await site.settle(true);
    far.finish();
    far.takes(1000);
    peer.say(FIRST);
    await site.settle(true);
    peer.push();
    peer.finish();
    await site.settle(true);
    t.ok(far.heard.length < FIRST.length);
    t.notOk(far.heardEnd);
    far.takes(Infinity);
    await site.settle(true);
    t.ok(far.heardEnd);
    t.same(far.heard, FIRST.subarray(0, far.heard.length));
    t.equal(site.counter('connections'), 0);
  });
});

for (const which of ['peer', 'far'] as const) {
  t.test(`the ${which} side has ended, the other one says nothing: for as long as a tunnel may be idle`, async (t) => {
    const far = new Far();
    await run(t, { plans: tunnelTo(() => far), limits: { tunnelIdleTimeoutMs: 100_000 } }, async (site) => {
      const peer = site.connect()!;
      peer.say(get('/tunnel'));
      await site.settle(true);
      (which === 'peer' ? peer : far).finish();
      await site.settle(true);
      for (let i = 0; i < 5; ++i) {
        site.advance(90_000);
        (which === 'peer' ? far : peer).say(LAST);
        await site.settle(true);
      }
      t.equal(site.counter('connections'), 1);
      site.advance(101_000);
      await site.settle(true);
      t.equal(site.counter('connections'), 0);
      t.equal(far.cancelled, 1);
      t.equal(site.log.unwritten, 0, 'it has its line');
    });
  });
}

t.test('a far side that breaks off: a reset before its FIN, none behind it', async (t) => {
  for (const finished of [false, true]) {
    const far = new Far();
    await run(t, { plans: tunnelTo(() => far) }, async (site) => {
      const peer = site.connect()!;
      peer.say(get('/tunnel'));
      await site.settle(true);
      far.say(LAST);
      if (finished) far.finish();
      await site.settle(true);
      far.breakOff();
      await site.settle(true);
      t.equal(peer.is('RESET'), !finished);
      peer.say(LAST);
      await site.settle(true);
      t.notOk(finished && peer.is('RESET'), 'what it says is thrown away');
      site.advance(6000);
      await site.settle(true);
      t.equal(site.counter('connections'), 0);
    });
  }
});

t.test('a reset so many system calls after the far side has ended, of the peer\'s or of the network\'s', async (t) => {
  for (const how of ['peer', 'network'] as const) {
    for (let calls = 0; calls < 12; ++calls) {
      const far = new Far();
      await run(t, { plans: tunnelTo(() => far) }, async (site) => {
        const peer = site.connect({ sendBytesMax: 9000 })!;
        peer.say(get('/tunnel'));
        await site.settle();
        peer.read();
        far.say(FIRST.subarray(0, 20_000));
        far.finish();
        if (how === 'peer') {
          site.world.later(calls);
          peer.reset();
        } else {
          site.force('connectionReset', 1, calls);
        }
        await site.settle(true);
        peer.say(LAST);
        peer.finish();
        await site.settle(true);
        t.equal(site.counter('connections'), 0, `${how}, ${calls} calls later`);
      });
    }
  }
});

t.test('ended by force: each has its line, and nothing is left', async (t) => {
  const fars: Far[] = [];
  const add = (): Far => fars[fars.push(new Far()) - 1]!;
  await run(t, { plans: tunnelTo(add) }, async (site) => {
    const peers = Array.from({ length: 4 }, () => site.connect({ sendBytesMax: 9000 })!);
    for (const peer of peers) peer.say(get('/tunnel'));
    await site.settle(true);
    peers[1]!.finish();
    fars[2]!.finish();
    fars[3]!.say(FIRST); // which is not read
    await site.settle();
    t.equal(site.log.unwritten, 4);
    site.loop.abort(() => site.unlisten());
    t.equal(site.log.unwritten, 0, 'in the same turn');
    t.ok(site.drained);
    t.equal(site.counter('connections'), 0);
    await site.settle();
    t.same(fars.map(({ cancelled }) => cancelled), [1, 1, 1, 1]);
    for (const peer of peers) t.ok(peer.is('RESET'));
  });
});

/** Both sides say what they have to say, in any order, to a peer that reads when it likes; then they end. */
async function converse(site: Site, far: Far, random: Random): Promise<{ readonly peer: Peer; readonly told: readonly [Buffer, Buffer] }> {
  const peer = site.connect({ sendBytesMax: 2000 + random.below(20_000), receiveBytesMax: 2000 + random.below(20_000) })!;
  peer.say(get('/tunnel'));
  const said: [Buffer[], Buffer[]] = [[], []];
  const left = [1 + random.below(8), 1 + random.below(8)];
  for (let turn = 0; left[0]! + left[1]! > 0 || turn < 5; ++turn) {
    const bytes = contentOf(random.below(100), 1 + random.below(30_000));
    const side = random.below(2);
    if (left[side]! > 0) {
      left[side]! -= 1;
      said[side]!.push(bytes);
      if (side === 0) peer.say(bytes);
      else far.say(bytes);
      if (left[side] === 0 && side === 1) far.finish();
    }
    if (random.below(3) === 0) far.takes(random.below(3) === 0 ? Infinity : 1 + random.below(5000));
    await site.settle(random.below(2) === 0);
    peer.push();
  }
  far.takes(Infinity);
  for (let turn = 0; turn < 1000 && !peer.push(); ++turn) await site.settle(true);
  peer.finish();
  await site.settle(true);
  return { peer, told: [Buffer.concat(said[0]), Buffer.concat(said[1])] };
}

t.test('storms', async (t) => {
  for (let seed = 1; seed <= 60; ++seed) {
    const random = new Random(seed);
    const far = new Far();
    await run(t, { seed, replay: `tunnels ${seed}`, plans: tunnelTo(() => far) }, async (site) => {
      for (const fault of ['interrupted', 'sendShort', 'sendBlocked', 'edgeSpurious'] as const) site.setFault(fault, random.below(3) === 0 ? 0.2 : 0);
      const broken = seed % 3 === 0;
      if (broken) site.setFault('connectionReset', 0.02);
      const { peer, told } = await converse(site, far, random);
      if (broken && peer.is('BROKEN')) return;
      t.ok(far.heard.equals(told[0]), `seed ${seed}: all that the peer has said`);
      t.ok(heardBy(peer).equals(told[1]), `seed ${seed}: all that the far side has said`);
      t.ok(far.heardEnd && peer.is('ENDED') && !peer.is('RESET'), `seed ${seed}: both ends`);
      t.equal(site.counter('connections'), 0, `seed ${seed}`);
    });
  }
});
