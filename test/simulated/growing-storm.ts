// A storm of bodies that arrive: two engines fill, peers of all kinds follow, faults strike, and everything happens in
// any order. All of it from its seed.
import type { Engine } from '../../native/index.ts';
import { Plan, SPAN_ARENA } from '../../server/plan.ts';
import { Answers, anotherEngine, Arriving, inParts, partsOf, sized, untilEnd, type Part } from './arriving.ts';
import { contentOf } from './content.ts';
import type { Peer } from './peer.ts';
import { Random } from './random.ts';
import { request } from './request.ts';
import { Site } from './site.ts';
import type { FaultName, Nearness } from './world.ts';

const STRENGTHS: Partial<Record<FaultName, number>> = {
  interrupted: 0.03, sendShort: 0.1, sendBlocked: 0.1, sendfileShort: 0.3, sendfileFailed: 0.005, connectionReset: 0.002, pipeBroken: 0.003,
  edgeSpurious: 0.3, memoryNoDescriptor: 0.1, memoryNoMemory: 0.03, memoryWriteShort: 0.3, poolFull: 0.1,
};
const BODIES_MAX = 8;
const PEERS_MAX = 30;

type Kind = 'whole' | 'until-end' | 'parts' | 'settled';

interface Asked {
  readonly kind: Kind;
  readonly body: Arriving;
  readonly parts: readonly Part[];
}

interface Follower {
  readonly peer: Peer;
  readonly asked: readonly Asked[];
}

/** What a storm came to; `faults` is what must not be. */
export interface Outcome {
  readonly faults: readonly string[];
  readonly trace: bigint;
  readonly complete: ReadonlyMap<Kind, number>;
  readonly cutOff: number;
  readonly bodiesBroken: number;
}

export class GrowingStorm {
  readonly #random: Random;
  readonly #site: Site;
  readonly #answers = new Answers();
  readonly #bodies: Arriving[] = [];
  /** Records that the site's engine holds, by body; those of the other engine's once they are found. */
  readonly #held = new Map<Arriving, number>();
  readonly #settled = new Map<Arriving, number>();
  readonly #followers: Follower[] = [];
  #other: Engine | undefined;
  #number = 0;

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.#site = new Site({ seed, plans: this.#answers, replay: `SEED=${seed} npx tap dist/test/3-simulated/growing-storm.test.js` });
    this.#other = anotherEngine(this.#site);
    const strength = this.#random.of([0, 0, 0.3, 1]);
    for (const [name, probability] of Object.entries(STRENGTHS) as [FaultName, number][]) this.#site.setFault(name, this.#random.chance(0.6) ? probability * strength : 0);
  }

  async run(): Promise<Outcome> {
    try {
      for (let steps = this.#random.between(100, 600); steps > 0; --steps) await this.#step();
      return await this.#end();
    } finally {
      this.#other?.stop();
      this.#site.dispose();
    }
  }

  async #step(): Promise<void> {
    const random = this.#random;
    const choice = random.below(20);
    if (choice === 0) this.#begin();
    else if (choice < 3) this.#follow();
    else if (choice < 8) this.#grow();
    else if (choice === 8) this.#finish();
    else if (choice < 12 && this.#followers.length > 0) random.of(this.#followers).peer.read(random.scaled(1, 50_000));
    else if (choice === 12) this.#site.world.relieve();
    else if (choice === 13) this.#site.advance(1);
    else if (choice === 14) this.#leave();
    else if (choice === 15) this.#site.world.deliver();
    else if (choice < 18) this.#site.world.poolStep();
    await this.#site.turn();
  }

  #begin(): void {
    const engine = this.#other && this.#random.chance(0.5) ? this.#other : this.#site.engine;
    if (this.#bodies.length === BODIES_MAX) return;
    const content = contentOf(this.#bodies.length + 1, this.#random.chance(0.05) ? 0 : this.#random.scaled(1, 80_000));
    let body: Arriving;
    try {
      body = new Arriving(engine, `body ${this.#bodies.length}`, content);
    } catch {
      return; // there was no memory for it
    }
    this.#bodies.push(body);
    if (engine === this.#site.engine) this.#held.set(body, body.record);
    else void this.#site.opener.kept(body.key).then(({ error, file }) => error === 0 && this.#held.set(body, file));
  }

  #follow(): void {
    const random = this.#random;
    if (this.#held.size === 0 || this.#followers.length === PEERS_MAX) return;
    const peer = this.#site.connect({ sendBytesMax: random.scaled(300, 1 << 18), windowBytes: random.scaled(100, 1 << 18), nearness: random.of<Nearness>(['network', 'unknown', 'host']) });
    if (!peer) return;
    const asked = Array.from({ length: random.between(1, 4) }, () => this.#asked());
    peer.say(asked.map((one, i) => this.#request(one, i === asked.length - 1)).join(''));
    this.#followers.push({ peer, asked });
  }

  #asked(): Asked {
    const random = this.#random;
    const body = random.of([...this.#held.keys()]);
    const { length } = body.content;
    const kinds: Kind[] = length === 0 ? ['until-end'] : this.#settled.has(body) ? ['whole', 'until-end', 'parts', 'settled'] : ['whole', 'until-end', 'parts'];
    const kind = random.of(kinds);
    if (kind !== 'parts') return { kind, body, parts: [[0, length]] };
    const parts = Array.from({ length: random.between(1, 5) }, (): Part => {
      const from = random.below(length);
      return [from, random.between(from + 1, length)];
    });
    return { kind, body, parts };
  }

  #request({ kind, body, parts }: Asked, last: boolean): string {
    const record = this.#held.get(body)!;
    const { length } = body.content;
    const path = `/${++this.#number}`;
    this.#answers.set(path, {
      known: this.#random.chance(0.7),
      plan: () => {
        if (kind === 'whole') return sized(record, 0, length);
        if (kind === 'until-end') return untilEnd(record);
        if (kind === 'parts') return inParts(record, parts);
        return new Plan(200, [['Content-Length', String(length)]], [{ kind: SPAN_ARENA, file: this.#settled.get(body)!, offset: 0, length }], 'length');
      },
    });
    return request('GET', path, [], last && this.#random.chance(0.2) ? '1.0' : '1.1');
  }

  #grow(): void {
    const growing = this.#bodies.filter(({ state }) => state === 'arriving');
    if (growing.length === 0) return;
    const body = this.#random.of(growing);
    if (body.append(this.#random.scaled(1, 20_000)) < 0 && this.#random.chance(0.5)) body.end(false);
  }

  #finish(): void {
    if (this.#bodies.length === 0) return;
    const body = this.#random.of(this.#bodies);
    if (body.state === 'arriving' && body.arrived === body.content.length) body.end(true);
    else if (body.state === 'arriving' && this.#random.chance(0.3)) body.end(false);
    else if (body.state === 'whole' && body.arrived > 0 && this.#held.has(body) && !this.#settled.has(body)) this.#settle(body);
  }

  #settle(body: Arriving): void {
    void this.#site.opener.settleBody(this.#held.get(body)!, `settled ${body.key}`, this.#random.of([0, 100_000])).then(({ error, file }) => {
      if (error !== 0) return;
      if (this.#settled.has(body)) this.#site.engine.release(file);
      else this.#settled.set(body, file);
    });
  }

  /** A peer goes, or the other engine does. */
  #leave(): void {
    const random = this.#random;
    if (this.#other && random.chance(0.02)) {
      for (const body of this.#bodies) {
        if (body.engine === this.#other && body.state === 'arriving') body.state = 'broken';
      }
      this.#other.stop();
      this.#other = undefined;
    } else if (this.#followers.length > 0 && random.chance(0.3)) {
      const { peer } = random.of(this.#followers);
      if (peer.gone) return;
      const how = random.below(3);
      if (how === 0) peer.reset();
      else if (how === 1) peer.close();
      else peer.finish();
    }
  }

  async #end(): Promise<Outcome> {
    const site = this.#site;
    site.world.calm();
    const endless = this.#random.chance(0.1); // some bodies never end, but with their engine
    for (const body of this.#bodies) {
      if (body.state !== 'arriving' || (endless && body.engine === this.#other)) continue;
      if (this.#random.chance(0.7)) {
        body.append(body.content.length);
        body.end(true);
      } else {
        body.end(false);
      }
    }
    await site.settle(true);
    for (const body of this.#bodies) if (body.state === 'arriving') body.state = 'broken';
    this.#other?.stop();
    await site.settle(true);
    const judged = this.#judge();
    const trace = site.world.trace();
    for (const [body, record] of this.#held) site.engine.release(body.engine === site.engine ? body.record : record);
    for (const record of this.#settled.values()) site.engine.release(record);
    this.#other = undefined;
    const bodiesBroken = site.counter('bodiesBroken');
    const faults = [...judged.faults, ...(await site.finish())];
    if (site.areas.starving.includes(1)) faults.push('somebody is said to wait, and nobody is there');
    return { ...judged, faults, trace, bodiesBroken };
  }

  #judge(): Pick<Outcome, 'faults' | 'complete' | 'cutOff'> {
    const faults: string[] = [];
    const complete = new Map<Kind, number>();
    let cutOff = 0;
    for (const [number, { peer, asked }] of this.#followers.entries()) {
      const { responses, rest, fault } = peer.parse(asked.map(() => 'GET'), peer.is('ENDED') && !peer.gone);
      const tell = (text: string): void => void faults.push(`peer ${number}: ${text}`);
      if (fault !== undefined) tell(fault);
      for (const [i, { status, body: found }] of responses.entries()) {
        const one = asked[i];
        if (!one || !canComplete(one)) tell(`answer ${i} is complete, and cannot be`);
        else if (!found.equals(expected(one))) tell(`answer ${i}, ${one.kind}, status ${status}: ${found.length} bytes that are not ${one.body.key}`);
        if (one) complete.set(one.kind, (complete.get(one.kind) ?? 0) + 1);
      }
      if (rest > 0) cutOff += 1;
      const left = asked.slice(responses.length);
      if (left.length === 0 || peer.gone || peer.is('BROKEN')) continue;
      // A reset takes what is on its way with it, of answers before the one that it ends, too.
      if (left.every(canComplete)) tell(`answer ${responses.length}, ${left[0]!.kind} of ${left[0]!.body.key}, is not complete`);
      else if (!peer.is('RESET')) tell(`answer ${responses.length} breaks off, and looks as if it did not`);
    }
    return { faults, complete, cutOff };
  }
}

function canComplete({ kind, body, parts }: Asked): boolean {
  if (body.state === 'whole') return true;
  return kind !== 'until-end' && parts.every(([, to]) => to <= body.arrived);
}

function expected({ kind, body, parts }: Asked): Buffer {
  return kind === 'parts' ? partsOf(body.content, parts) : body.content;
}
