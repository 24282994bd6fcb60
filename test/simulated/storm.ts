// A storm: random clients on a random site under random faults, all from one seed, and the judgement on what came of it.
import { createHash } from 'node:crypto';
import { Plan, type Source } from '../../server/plan.ts';
import { askedOf, Client } from './client.ts';
import { contentOf } from './content.ts';
import { Editor, type Generations } from './editor.ts';
import { hashedTag, History } from './history.ts';
import { faultOf, partialFaultOf, TORN, type Truth } from './oracle.ts';
import { profileOf, SNAPSHOTS, type Profile } from './profile.ts';
import { Random } from './random.ts';
import type { SimulatedTls } from './secure-peer.ts';
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
  /** What the guard has done. */
  readonly census: Readonly<Record<string, number>>;
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
  readonly #editors: Editor[] = [];
  readonly #generations: Generations = new Map();
  #contents = 0;
  #torn: string[] = [];
  #census: Readonly<Record<string, number>> = {};

  /** @param tls its clients speak it. */
  constructor(seed: number, replay: string, tls?: SimulatedTls) {
    this.#seed = seed;
    this.#random = new Random(seed);
    this.#profile = profileOf(this.#random);
    this.#site = new Site({ ...this.#profile.options, seed, replay, plans, ...(tls && { tls }) });
    this.#truth = { history: this.#history, source: SOURCE, profile: this.#profile, tags: new Map(), prevented: () => this.#prevented };
    this.#site.world.put(`${SNAPSHOTS}/.keep`, new Uint8Array(0), -1);
    for (const path of PATHS) if (path !== '/never' && this.#random.chance(0.8)) this.#put(path);
    this.#site.advance(this.#random.of([1, 50, 3000]));
    for (const [name, probability] of this.#profile.faults) this.#site.world.fault(faultNumbers[name], probability);
  }

  async run(): Promise<Outcome> {
    const faults: string[] = [];
    try {
      for (let step = 0; step < this.#profile.steps; ++step) await this.#step();
      await this.#end(faults);
      for (const client of this.#clients) this.#judge(client, faults);
      this.#judgeTorn(faults);
      this.#census = { ...this.#site.engine.census() };
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
    else if (choice < 65) this.#mutate();
    else if (choice < 70) await this.#advance(random.scaled(1, 200));
    else if (choice < 71 && this.#profile.timeouts) await this.#sleep(random.scaled(1000, 40_000));
    else if (choice < 73) world.relieve();
    else if (choice < 77) this.#edit();
    else if (choice < 81) this.#deliver(client);
    else if (choice < 85) this.#guardTurn();
    else if (choice < 85 + this.#profile.poolSteps) for (let steps = random.between(1, 4); steps > 0; --steps) world.poolStep();
    this.#look();
    for (const one of this.#clients) if (one.leavesAt >= 0 && one.said >= one.leavesAt) this.#leave(one);
    await this.#site.turn();
    this.#look();
  }

  #connect(): void {
    const random = this.#random;
    if (this.#clients.length >= this.#profile.clients) return;
    const sendBytesMax = random.scaled(this.#profile.fileBytesMax / 100, 400_000);
    const peer = this.#site.connect({
      receiveBytesMax: random.scaled(20, 60_000), sendBytesMax: Math.max(100, sendBytesMax), windowBytes: random.scaled(100, Math.max(100, sendBytesMax)),
      nearness: random.of(this.#profile.nearnesses),
    });
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
    this.#replaced(path, content);
    if (this.#random.chance(0.3)) {
      world.settleLater();
      world.evict(ROOT + path);
    }
  }

  /** The path leads to another file, or to none. */
  #replaced(path: string, content: Buffer | undefined): void {
    this.#generations.set(path, (this.#generations.get(path) ?? 0) + 1);
    this.#history.record(ROOT + path, content, this.#site.world.nowMs());
  }

  #mutate(): void {
    const { world } = this.#site;
    const path = this.#random.of(PATHS);
    if (path === '/never') return;
    world.settleLater();
    if (this.#random.chance(0.4)) world.later(this.#random.between(1, 40));
    const before = this.#history.current(ROOT + path);
    const choice = this.#random.below(10);
    const busy = this.#editors.some((editor) => editor.path === path && !editor.done);
    if (before && choice < 2) {
      world.remove(ROOT + path);
      this.#replaced(path, undefined);
    } else if (before && choice < 3 && this.#profile.empties && !busy) {
      world.empty(ROOT + path);
      this.#history.record(ROOT + path, Buffer.alloc(0), world.nowMs());
    } else if (before && choice < 8 && this.#profile.rewrites && !busy) {
      this.#editors.push(new Editor(this.#site, this.#history, this.#generations, path, this.#random, { number: ++this.#contents + this.#seed * 1000, bytesMax: this.#profile.fileBytesMax }));
    } else {
      this.#put(path);
    }
  }

  #look(): void {
    for (const editor of this.#editors) editor.look();
  }

  #edit(): void {
    const { world } = this.#site;
    world.settleLater();
    for (const editor of this.#editors) {
      if (editor.done || this.#random.chance(0.3)) continue;
      if (this.#random.chance(0.3)) world.later(this.#random.between(1, 40));
      editor.step();
      world.later(0);
      world.settleLater();
    }
  }

  #deliver(client: Client | undefined): void {
    if (this.#random.chance(0.3)) this.#site.world.deliver();
    else if (client) this.#site.world.arrive(client.peer.number, this.#random.scaled(1, 100_000));
  }

  #guardTurn(): void {
    if (this.#random.chance(0.3)) this.#site.world.guardTurnMeanwhile(this.#random.below(20));
    else this.#site.world.guardTurn();
  }

  /** What was put off happens first: no change is then older than the history says. The guard does not sleep through it. */
  async #advance(ms: number): Promise<void> {
    const { world } = this.#site;
    world.settleLater();
    let left = ms;
    for (; left > 0 && (world.guardTurn() || world.census().writersWaiting > 0); --left) {
      for (let steps = 0; steps < 4; ++steps) world.poolStep();
      await this.#site.turn();
      this.#look();
      this.#site.advance(1);
    }
    this.#look();
    this.#site.advance(left);
  }

  /** Nobody does anything for long: what has arrived was looked at before. */
  async #sleep(ms: number): Promise<void> {
    await this.#site.settle();
    await this.#advance(ms);
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
    world.settleLater();
    for (let round = 0, quiet = 0; quiet < 30; ++round) {
      if (round > 5000) throw new Error('clients are not served to the end');
      await this.#site.settle();
      // Who was let in by the end of an engine has nobody left to tear anything for.
      if (this.#profile.ending !== 'stopped') for (const editor of this.#editors) editor.finish();
      let moved = this.#editors.some(({ waits }) => waits) ? 1 : 0;
      for (const client of this.#clients) {
        const before = client.peer.wireBytes; // not what it has said: a handshake says nothing
        client.say(1 << 20, world.nowMs());
        client.read(1 << 20, world.nowMs());
        moved += client.peer.wireBytes - before;
        if (client.leaving === 'finishes' && client.saidAll) this.#leave(client);
      }
      quiet = moved > 0 ? 0 : quiet + 1;
      // For writers, a listener that pauses, and entries that were refused; far below any deadline.
      await this.#advance(quiet > 0 ? 10 : 1);
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
      if (found !== undefined) (this.#mayTear(client, found) ? this.#torn : faults).push(`client ${peer.number}, ${asked[index]?.method ?? ''} ${asked[index]?.path ?? ''} (${index}): ${found}`);
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

  /** The one residue: a peer that may be on this host has got everything, and reads it too late. It is counted. */
  #mayTear(client: Client, fault: string): boolean {
    return fault.startsWith(TORN) && client.peer.nearness === 'unknown';
  }

  #judgeTorn(faults: string[]): void {
    const exposed = this.#site.counter('guardExposed') + (this.#site.engine.census()['writersUnanswered'] ?? 0);
    if (this.#torn.length > exposed) faults.push(`${this.#torn.length} torn answers, ${exposed} of them counted`, ...this.#torn);
  }

  /** Answers were cut off because their file had changed. Of connections that are closed already only the engine knows. */
  get #prevented(): boolean {
    const site = this.#site;
    return site.reported('fileShortened') + site.reported('tornPrevented') + site.counter('tornPrevented') > 0;
  }

  /** Why a connection may end before everything is answered. */
  #isExcused(client: Client, answered: number, rest: number): boolean {
    const site = this.#site;
    const { ending, timeouts } = this.#profile;
    // Drained while it was idle: what it said next came too late, and was answered by a reset.
    if (ending === 'stopped' || (ending === 'drained' && rest === 0)) return true;
    // The reset that ends a source that fails takes answers before it along, where they were not read yet.
    if (client.end === 'reset' && client.asked.slice(answered).some(({ subject }) => subject === 'failing')) return true;
    const changed = this.#prevented && client.end === 'reset';
    // Closed while it looked idle: what it said had not come in.
    const shed = (site.loop.counts()['connectionsShed'] ?? 0) > 0;
    // What a copy was to be made of could not be mapped, or read.
    const uncopied = client.peer.nearness !== 'network' && client.end === 'reset' && site.world.struck(faultNumbers.mapRefused) + site.world.struck(faultNumbers.readFailed) > 0;
    return changed || shed || timeouts || uncopied;
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
    return { seed: this.#seed, faults, trace: heard.digest('hex'), statuses, cutOff, struck, census: this.#census };
  }
}
