// A storm: random clients on a random site under random faults, all from one seed, and the judgement on what came of it.
import { createHash } from 'node:crypto';
import { Plan, type Source } from '../../server/plan.ts';
import { askedOf, Client } from './client.ts';
import { contentOf } from './content.ts';
import { hashedTag, History } from './history.ts';
import { faultOf, partialFaultOf, type Truth } from './oracle.ts';
import { profileOf, type Profile } from './profile.ts';
import { Random } from './random.ts';
import { ROOT, Site, type SiteOptions } from './site.ts';
import { faults as faultNumbers, type FaultName } from './world.ts';

const PATHS = ['/a', '/b.txt', '/c.css', '/folder/d', '/e', '/404.html', '/never'];
const SOURCE_CHUNKS = [contentOf(901, 700), contentOf(902, 1), contentOf(903, 20_000)];
const SOURCE = Buffer.concat(SOURCE_CHUNKS);

export interface Outcome {
  readonly seed: number;
  readonly faults: readonly string[];
  /** Of every system call, and of all that every client heard. */
  readonly trace: string;
  readonly statuses: ReadonlyMap<number, number>;
  readonly cutOff: number;
  readonly struck: ReadonlyMap<FaultName, number>;
}

class Chunks implements Source {
  #next = 0;
  readonly #fails: boolean;

  constructor(fails: boolean) {
    this.#fails = fails;
  }

  async pull(): Promise<Uint8Array | undefined> {
    if (this.#next % 2 === 1) await new Promise((resolve) => setImmediate(resolve));
    if (this.#fails && this.#next === 2) throw new Error('a source that fails');
    return SOURCE_CHUNKS[this.#next++];
  }

  cancel(): void {
    this.#next = SOURCE_CHUNKS.length;
  }
}

const sourcePlan = (fails: boolean): Plan => new Plan(200, [['Content-Type', 'x/y']], [], 'chunked', { source: new Chunks(fails) });
const plans: NonNullable<SiteOptions['plans']> = new Map([
  ['/source/known', { known: true, plan: () => sourcePlan(false) }],
  ['/source/later', { known: false, plan: () => sourcePlan(false) }],
  ['/source/failing', { known: false, plan: () => sourcePlan(true) }],
]);

export class Storm {
  readonly #random: Random;
  readonly #profile: Profile;
  readonly #site: Site;
  readonly #history = new History();
  readonly #clients: Client[] = [];
  readonly #truth: Truth;
  readonly #seed: number;
  #contents = 0;

  constructor(seed: number, replay: string) {
    this.#seed = seed;
    this.#random = new Random(seed);
    this.#profile = profileOf(this.#random);
    this.#site = new Site({ ...this.#profile.options, seed, replay, plans });
    this.#truth = { history: this.#history, source: SOURCE, profile: this.#profile, tags: new Map() };
    for (const path of PATHS) if (path !== '/never' && this.#random.chance(0.8)) this.#put(path);
    this.#advance(this.#random.of([1, 50, 3000]));
    for (const [name, probability] of this.#profile.faults) this.#site.world.fault(faultNumbers[name], probability);
  }

  async run(): Promise<Outcome> {
    const faults: string[] = [];
    try {
      for (let step = 0; step < this.#profile.steps; ++step) await this.#step();
      await this.#end(faults);
      for (const client of this.#clients) this.#judge(client, faults);
      faults.push(...(await this.#site.finish()), ...this.#reportFaults());
    } catch (error) {
      faults.push(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    const outcome = this.#outcome(faults);
    this.#site.dispose();
    return outcome;
  }

  // ---- what happens ----

  async #step(): Promise<void> {
    const { world } = this.#site;
    const random = this.#random;
    const client = this.#clients.length > 0 ? random.of(this.#clients) : undefined;
    const choice = random.below(100);
    if (choice < 12) this.#connect();
    else if (choice < 35) client?.say(random.scaled(1, 20_000), world.nowMs());
    else if (choice < 60) client?.read(random.scaled(1, 300_000), world.nowMs());
    else if (choice < 66) this.#mutate();
    else if (choice < 72) this.#advance(random.scaled(1, 200));
    else if (choice < 73 && this.#profile.timeouts) await this.#sleep(random.scaled(1000, 40_000));
    else if (choice < 76) world.relieve();
    else if (choice < 76 + this.#profile.poolSteps) for (let steps = random.between(1, 4); steps > 0; --steps) world.poolStep();
    for (const one of this.#clients) if (one.leavesAt >= 0 && one.said >= one.leavesAt) this.#leave(one);
    await this.#site.turn();
  }

  #connect(): void {
    const random = this.#random;
    if (this.#clients.length >= this.#profile.clients) return;
    const sendBytesMax = random.scaled(this.#profile.fileBytesMax / 100, 400_000);
    const peer = this.#site.connect({ receiveBytesMax: random.scaled(20, 60_000), sendBytesMax: Math.max(100, sendBytesMax) });
    if (!peer) return;
    const tags = PATHS.flatMap((path) => {
      const content = this.#history.current(ROOT + path);
      return content ? [hashedTag(content)] : [];
    });
    this.#clients.push(new Client(peer, askedOf(random, PATHS, tags), random));
  }

  #leave(client: Client): void {
    if (client.peer.gone || client.finished) return;
    if (this.#random.chance(0.5)) this.#site.world.later(this.#random.between(1, 30));
    client.leave();
  }

  #put(path: string): void {
    const size = this.#random.chance(0.05) ? 0 : this.#random.scaled(1, this.#profile.fileBytesMax);
    const content = contentOf(++this.#contents + this.#seed * 1000, size);
    const { world } = this.#site;
    // Pinned times: only ctime tells versions apart.
    world.put(ROOT + path, content, this.#random.chance(0.3) ? 1_700_000_000_000 : -1);
    this.#history.record(ROOT + path, content, world.nowMs());
    if (this.#random.chance(0.3)) {
      world.settleLater();
      world.evict(ROOT + path);
    }
  }

  #mutate(): void {
    const { world } = this.#site;
    const path = this.#random.of(PATHS);
    if (path === '/never') return;
    world.settleLater();
    if (this.#random.chance(0.4)) world.later(this.#random.between(1, 40));
    const before = this.#history.current(ROOT + path);
    const choice = this.#random.below(10);
    if (before && choice < 2) {
      world.remove(ROOT + path);
      this.#history.record(ROOT + path, undefined, world.nowMs());
    } else if (before && choice < 5 && this.#profile.truncates) {
      const size = this.#random.below(before.length + 1);
      world.truncate(ROOT + path, size);
      this.#history.record(ROOT + path, before.subarray(0, size), world.nowMs());
    } else if (before && choice < 7 && this.#profile.overwrites && before.length > 0 && before.length <= this.#profile.options.arenaFileBytesMax) {
      const content = contentOf(++this.#contents + this.#seed * 1000, this.#random.between(1, before.length));
      world.overwrite(ROOT + path, content);
      this.#history.record(ROOT + path, content, world.nowMs());
    } else {
      this.#put(path);
    }
  }

  /** What was put off happens first: no change is then older than the history says. */
  #advance(ms: number): void {
    this.#site.world.settleLater();
    this.#site.advance(ms);
  }

  /** Nobody does anything for long: what has arrived was looked at before. */
  async #sleep(ms: number): Promise<void> {
    await this.#site.settle();
    this.#advance(ms);
  }

  async #end(faults: string[]): Promise<void> {
    const site = this.#site;
    const { ending } = this.#profile;
    if (ending === 'stopped') faults.push(...(await site.stop()));
    if (ending === 'drained') site.loop.drain(() => site.unlisten());
    await this.#calm();
    if (ending !== 'drained') return;
    await this.#sleep(1000); // for those that had connected and never asked
    await this.#calm();
    if (!site.drained) faults.push(`not drained: ${site.counter('connections')} connections are open`);
  }

  /** No more faults; everybody says the rest and reads to the end. */
  async #calm(): Promise<void> {
    const { world } = this.#site;
    world.calm();
    for (let round = 0, quiet = 0; quiet < 30; ++round) {
      if (round > 5000) throw new Error('clients are not served to the end');
      await this.#site.settle();
      let moved = 0;
      for (const client of this.#clients) {
        const before = client.said;
        client.say(1 << 20, world.nowMs());
        moved += client.said - before + client.read(1 << 20, world.nowMs());
        if (client.leaving === 'finishes' && client.saidAll) this.#leave(client);
      }
      if (moved > 0) quiet = 0;
      else ++quiet;
      // For a listener that pauses, and entries that were refused; far below any deadline.
      if (quiet > 0) this.#advance(10);
    }
  }

  // ---- what came of it ----

  #judge(client: Client, faults: string[]): void {
    const { peer, asked } = client;
    const { responses, rest, partial, fault } = peer.parse(client.methods, client.end === 'FIN');
    const say = (text: string): unknown => faults.push(`client ${peer.number}, answer ${responses.length}: ${text}`);
    if (fault !== undefined) say(fault);
    for (const [index, response] of responses.entries()) {
      const found = faultOf(this.#truth, client, index, response);
      if (found !== undefined) faults.push(`client ${peer.number}, ${asked[index]?.method ?? ''} ${asked[index]?.path ?? ''} (${index}): ${found}`);
      if (response.fields.get('connection') === 'close' && index < responses.length - 1) say('something after a last answer');
    }
    if (partial) {
      const found = partialFaultOf(this.#truth, client, responses.length, partial);
      if (found !== undefined) say(found);
    }
    const wasLast = responses.at(-1)?.fields.get('connection') === 'close';
    if (wasLast && rest > 0) say('bytes after a last answer');
    if (client.left || peer.is('BROKEN') || wasLast) return;
    if (responses.length === asked.length && rest === 0) return;
    if (client.finished && !client.saidAll) return;
    if (this.#profile.ending !== 'served' && !peer.is('ACCEPTED')) return;
    if (client.end === undefined) say(`a hang: ${asked.length - responses.length} answers are missing, ${rest} bytes of the next are there, corked: ${String(peer.is('CORKED'))}`);
    else if (!this.#isExcused(client, responses.length, rest)) say(`cut off without a reason: ${client.end}`);
  }

  /** Why a connection may end before everything is answered. */
  #isExcused(client: Client, answered: number, rest: number): boolean {
    const site = this.#site;
    const { ending, timeouts } = this.#profile;
    // Drained while it was idle: what it said next came too late, and was answered by a reset.
    if (ending === 'stopped' || (ending === 'drained' && rest === 0)) return true;
    // The reset that ends a source that fails takes answers before it along, where they were not read yet.
    if (client.end === 'reset' && client.asked.slice(answered).some(({ subject }) => subject === 'failing')) return true;
    const shortened = site.counter('filesShortened') > 0 && client.end === 'reset';
    // Closed while it looked idle: what it said had not come in.
    const shed = (site.loop.counts()['connectionsShed'] ?? 0) > 0;
    return shortened || shed || timeouts;
  }

  #reportFaults(): string[] {
    const { cachestat, cachestatCounts } = this.#profile.options.features as { cachestat: boolean; cachestatCounts: boolean };
    const faults: string[] = [];
    if (this.#site.reported('exchangeFailed') > 0) faults.push('an exchange threw');
    const cold = this.#site.world.census().coldSends;
    if (cold > 0 && cachestat && cachestatCounts && !this.#profile.faults.has('readFailed')) faults.push(`${cold} sends waited for the disk`);
    return faults;
  }

  #outcome(faults: readonly string[]): Outcome {
    const { world } = this.#site;
    const statuses = new Map<number, number>();
    const heard = createHash('sha1').update(world.trace().toString(16));
    let cutOff = 0;
    for (const client of this.#clients) {
      const { peer, methods } = client;
      const { responses, rest } = peer.parse(methods, client.end === 'FIN');
      for (const { status } of responses) statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (rest > 0) ++cutOff;
      heard.update(peer.heard);
    }
    const struck = new Map((Object.entries(faultNumbers) as [FaultName, number][]).map(([name, number]) => [name, world.struck(number)]));
    return { seed: this.#seed, faults, trace: heard.digest('hex'), statuses, cutOff, struck };
  }
}
