// Workers that ask, fill, keep, purge and die at random, with messages that are long on their way; what must hold whatever
// happens is looked at with each message.
import type { Purge, ToCoordinator, ToStoreUser } from '../../cache/store/messages.ts';
import type { Variant } from '../../cache/store/object.ts';
import { type Desk, FRESHNESS } from './coordinator-desk.ts';

const WORKERS = 4;
/** Main itself: it is heard at once, and looks only. */
const WATCHER = 50;
export const KEYS: readonly string[] = ['http://h/a/1', 'http://h/a/2', 'http://h/a/b/1', 'http://h/b/1', 'http://h/b/2', 'http://g/a/1', 'http://g/a/2', 'http://g/'];
const TAGS = ['x', 'y', 'z'];
const PREFIXES = ['http://h/', 'http://h/a/', 'http://g/a', 'http://none/'];

export const MEMORY = { objectsMax: 5, bytesMax: 40_000, variantsMax: 2, aloneMax: 4 };

/** What a disk has to be given, and asked. */
export interface ModelDisk {
  /** What it does goes on. */
  turn(): Promise<void>;
  /** What was begun is over. */
  settled(): Promise<void>;
  /** Whether a body is there. */
  has(record: string): boolean;
  /** The id of one that has arrived there, with the bytes of `record`; undefined: this one is to be in memory. */
  arrived(record: string, bytes: number): Promise<string> | undefined;
}

interface Question {
  readonly worker: number;
  readonly key: string;
  readonly name: string;
  /** When the coordinator heard it; -1: not yet. */
  heardAt: number;
}

interface Fill {
  readonly worker: number;
  readonly key: string;
  readonly name: string;
  readonly begunAt: number;
  shared: Variant | undefined;
}

interface Kept {
  readonly version: number;
  readonly generation: number;
  readonly variants: readonly Variant[];
}

type Answer = Exclude<ToStoreUser, { readonly type: 'evicted' | 'purged' }>;

export class Model {
  readonly desk: Desk;
  readonly #disk: ModelDisk | undefined;
  /** Records of variants that the coordinator was given to store. */
  readonly given = new Set<string>();
  readonly seen = { follow: 0, object: 0, alone: 0, fill: 0, evicted: 0, purged: 0, kept: 0, handedOn: 0, overtaken: 0, evictions: 0 };
  #state: number;
  #now = 0;
  #ticket = 0;
  readonly #outboxes: ToCoordinator[][] = Array.from({ length: WORKERS }, () => []);
  readonly #inboxes: ToStoreUser[][] = Array.from({ length: WORKERS }, () => []);
  readonly #kept: Map<string, Kept>[] = Array.from({ length: WORKERS }, () => new Map<string, Kept>());
  readonly #questions = new Map<number, Question>();
  readonly #fills = new Map<number, Fill>();
  /** Those that a worker knows of. */
  readonly #filling = new Set<number>();
  readonly #purges: { readonly at: number; readonly purge: Purge; readonly soft: boolean }[] = [];
  readonly #versions = new Map<number, string>();
  readonly #versionOf = new Map<string, number>();
  readonly #answered = new Set<number>();
  readonly #watched: ToStoreUser[] = [];

  constructor(seed: number, desk: Desk, disk?: ModelDisk) {
    this.#state = seed;
    this.desk = desk;
    this.#disk = disk;
    this.desk.listen = (worker, message) => this.#spoken(worker, message);
  }

  async run(steps: number): Promise<void> {
    for (let i = 0; i < steps; i++) {
      await this.#step();
      this.#checkKept(i % WORKERS);
      if (this.#disk && this.#below(3) === 0) await this.#disk.turn();
    }
  }

  /** All fills end, all messages arrive: what is left then. */
  async drain(): Promise<void> {
    for (let rounds = 0; rounds < 10_000 && this.#busy(); rounds++) {
      await this.#disk?.turn();
      for (let worker = 0; worker < WORKERS; worker++) {
        this.#deliverOut(worker);
        this.#deliverIn(worker, false);
      }
      for (const number of this.#filling) await this.#endFill(number);
      this.desk.turns();
    }
    await this.#disk?.settled();
    this.desk.turns();
    for (let worker = 0; worker < WORKERS; worker++) while (this.#inboxes[worker]!.length > 0) this.#deliverIn(worker, false);
    if (this.#busy()) this.#fault('it does not come to rest');
    const { flights, waiters, handedOn, overtaken, evictions } = this.desk.coordinator.counts();
    if (flights !== 0 || waiters !== 0) this.#fault(`${flights!} flights and ${waiters!} who wait are left`);
    Object.assign(this.seen, { handedOn, overtaken, evictions });
    this.#checkRecords();
  }

  /** Nothing is left, and nothing is held of it. */
  async end(): Promise<void> {
    this.desk.purge({ by: 'everything' });
    await this.#disk?.settled();
    this.desk.turns();
    if (this.desk.held.size > 0) this.#fault(`records are held of nothing: ${[...this.desk.held].join()}`);
  }

  async #step(): Promise<void> {
    const dice = this.#below(100);
    const worker = this.#below(WORKERS);
    if (dice < 26) this.#askFor(worker, this.#one(KEYS));
    else if (dice < 51) this.#deliverOut(worker);
    else if (dice < 73) this.#deliverIn(worker, true);
    else if (dice < 88) await this.#work();
    else if (dice < 91) this.#purge();
    else if (dice < 93) this.#post(worker, { type: 'invalidate', ticket: 0, keys: [this.#one(KEYS)] });
    else if (dice < 94) this.#post(worker, { type: 'used', keys: [this.#one(KEYS)] });
    else if (dice < 95) this.#die(worker);
    else if (dice < 96) this.#post(worker, { type: 'released', flight: this.#below(50), aloneForMs: 0, failed: false });
    else if (dice < 98) this.desk.turns();
    else this.desk.nowMs += this.#below(100);
  }

  #askFor(worker: number, key: string): void {
    const ticket = ++this.#ticket;
    const name = `${key} ${this.#below(3) === 0 ? 'br' : ''}`;
    this.#questions.set(ticket, { worker, key, name, heardAt: -1 });
    const version = this.#kept[worker]!.get(key)?.version ?? -1;
    this.#post(worker, { type: 'ask', ticket, key, version, flight: this.#below(5) === 0 ? undefined : name });
  }

  #post(worker: number, message: ToCoordinator): void {
    this.#outboxes[worker]!.push(message);
  }

  #deliverOut(worker: number): void {
    const message = this.#outboxes[worker]!.shift();
    if (!message) return;
    this.#now += 1;
    if (message.type === 'ask') this.#questions.get(message.ticket)!.heardAt = this.#now;
    if (message.type === 'purge') this.#purges.push({ at: this.#now, purge: message.purge, soft: message.soft });
    if (message.type === 'invalidate') for (const key of message.keys) this.#purges.push({ at: this.#now, purge: { by: 'key', key }, soft: true });
    if (message.type === 'released' && this.#fills.get(message.flight)?.worker === worker) this.#fills.delete(message.flight);
    if (message.type === 'stored') for (const { record } of message.variant.bodies) this.given.add(record);
    if (message.type === 'stored' || message.type === 'refreshed') this.#fills.delete(message.flight);
    this.desk.coordinator.hear(worker, message);
  }

  #deliverIn(worker: number, goOn: boolean): void {
    const message = this.#inboxes[worker]!.shift();
    if (!message) return;
    this.seen[message.type] += 1;
    const kept = this.#kept[worker]!;
    if (message.type === 'evicted') {
      for (const [index, key] of message.keys.entries()) if ((kept.get(key)?.version ?? Infinity) <= message.versions[index]!) kept.delete(key);
    } else if (message.type === 'fill') this.#filling.add(message.flight);
    else if (message.type === 'object') {
      const { key } = this.#questions.get(message.ticket)!;
      if (message.object) kept.set(key, { version: message.version, generation: message.generation, variants: message.object.variants });
      else kept.delete(key);
      if (goOn && this.#below(2) === 0) this.#askFor(worker, key);
    }
  }

  /** What the coordinator says, as it says it. */
  #spoken(worker: number, message: ToStoreUser): void {
    this.#now += 1;
    if (worker === WATCHER) return void this.#watched.push(message);
    if (message.type === 'follow') for (const ticket of message.tickets) this.#checkAnswer(worker, ticket, message);
    else if (message.type !== 'evicted' && message.type !== 'purged') this.#checkAnswer(worker, message.ticket, message);
    this.#inboxes[worker]!.push(message);
  }

  #checkAnswer(worker: number, ticket: number, message: Answer): void {
    const question = this.#questions.get(ticket);
    if (question?.worker !== worker || question.heardAt < 0) return this.#fault(`ticket ${ticket} is not to be answered`);
    const { key, name, heardAt } = question;
    if (this.#answered.has(ticket)) this.#fault(`ticket ${ticket} is answered twice`);
    this.#answered.add(ticket);
    if (message.type === 'fill') {
      for (const fill of this.#fills.values()) if (fill.name === name && !this.#isPurged(fill.key, fill.shared?.tags ?? [], fill.begunAt, this.#now)) this.#fault(`two fill ${name}`);
      if (this.#fills.has(message.flight)) this.#fault(`flight ${message.flight} is given twice`);
      this.#fills.set(message.flight, { worker, key, name, begunAt: this.#now, shared: undefined });
    } else if (message.type === 'follow') {
      const { tags, requestMs } = message.arriving.variant;
      if (this.#isPurged(key, tags, requestMs, heardAt)) this.#fault(`${key} was purged before it was asked for, and is followed`);
    } else if (message.type === 'object') this.#checkObject(key, message.version, message.object?.variants ?? []);
  }

  /** What is found of it after a start. */
  checkFound(key: string, variants: readonly Variant[]): void {
    this.#now += 1;
    this.#checkVariants(key, variants);
  }

  #checkObject(key: string, version: number, variants: readonly Variant[]): void {
    // That its bytes are on disk by now makes no other version of it.
    const content = JSON.stringify([key, variants], (name, value: unknown) => (name === 'file' ? undefined : value));
    if (version >= 0) {
      if ((this.#versions.get(version) ?? content) !== content) this.#fault(`version ${version} is given twice`);
      this.#versions.set(version, content);
      if (version < (this.#versionOf.get(key) ?? 0)) this.#fault(`${key} goes back to version ${version}`);
      this.#versionOf.set(key, version);
    } else if (variants.length > 0) this.#fault('variants without a version');
    this.#checkVariants(key, variants);
  }

  #checkVariants(key: string, variants: readonly Variant[]): void {
    for (const { requestMs, tags, invalid, freshness } of variants) {
      if (this.#isPurged(key, tags, requestMs, this.#now, false)) this.#fault(`${key} is there after it was purged`);
      if (!invalid && freshness.lifetimeMs === FRESHNESS.lifetimeMs && this.#isPurged(key, tags, requestMs, this.#now, true)) this.#fault(`${key} is valid after it was purged softly`);
    }
  }

  /** By a purge behind `since` and not behind `until`; hard or soft, where it is not said which. */
  #isPurged(key: string, tags: readonly string[], since: number, until: number, soft?: boolean): boolean {
    return this.#purges.some(({ at, purge, soft: softly }) => {
      if (at <= since || at > until || (soft !== undefined && soft !== softly)) return false;
      if (purge.by === 'key') return purge.key === key;
      if (purge.by === 'tag') return tags.includes(purge.tag);
      return purge.by === 'everything' || key.startsWith(purge.prefix);
    });
  }

  #purge(): void {
    this.#now += 1;
    const purges: Purge[] = [{ by: 'key', key: this.#one(KEYS) }, { by: 'tag', tag: this.#one(TAGS) }, { by: 'prefix', prefix: this.#one(PREFIXES) }, { by: 'everything' }];
    const purge = this.#one(purges);
    const soft = this.#below(2) === 0;
    if (this.#below(2) === 0) {
      this.#post(this.#below(WORKERS), { type: 'purge', ticket: 0, purge, soft });
      return;
    }
    this.#purges.push({ at: this.#now, purge, soft });
    this.desk.purge(purge, soft);
  }

  async #work(): Promise<void> {
    if (this.#filling.size === 0) return;
    const number = this.#one([...this.#filling]);
    const fill = this.#fills.get(number);
    if (fill && !fill.shared && this.#below(2) === 0) {
      fill.shared = await this.#made(fill);
      this.#post(fill.worker, { type: 'head', flight: number, arriving: { variant: fill.shared, record: 'arriving', bytes: -1 } });
    } else await this.#endFill(number);
  }

  async #endFill(flight: number): Promise<void> {
    this.#filling.delete(flight);
    const fill = this.#fills.get(flight);
    if (!fill) return;
    const { worker, key } = fill;
    const known = this.#kept[worker]!.get(key)?.variants ?? [];
    const dice = this.#below(10);
    if (dice < 6) this.#post(worker, { type: 'stored', flight, key, variant: fill.shared ?? (await this.#made(fill)), replaces: known.filter(() => this.#below(4) === 0).map(({ id }) => id) });
    else if (dice < 8) {
      const variants = known.slice(0, 1).map((variant) => ({ ...variant, requestMs: fill.begunAt, invalid: false, freshness: FRESHNESS }));
      this.#post(worker, { type: 'refreshed', flight, key, variants, dropped: known.slice(1).filter(() => this.#below(3) === 0).map(({ id }) => id) });
    } else this.#post(worker, { type: 'released', flight, aloneForMs: this.#below(3) * 50, failed: this.#below(2) === 0 });
  }

  /** Its requestMs is when the flight began, in the model's time. */
  async #made({ begunAt }: Fill): Promise<Variant> {
    const variant = this.desk.variant({ requestMs: begunAt, tags: TAGS.filter(() => this.#below(3) === 0), varyNames: ['accept-encoding'], varyValues: [this.#one(['br', '', 'gzip'])] });
    if (this.#below(20) === 0) this.desk.missing.add(`r${variant.id}`);
    const record = this.#below(10) === 0 && this.desk.held.size > 0 ? this.#one([...this.desk.held]) : `r${variant.id}`;
    const bytes = this.#below(12) * 4000;
    const fields: Variant['fields'] = [['record', record]];
    if (bytes === 0) return { ...variant, fields, bytes, bodies: [] };
    // One in a few arrives in a file.
    const file = this.#below(4) === 0 ? await this.#disk?.arrived(record, bytes) : undefined;
    return { ...variant, fields, bytes, bodies: [{ record: file ?? record, offset: 0, bytes }] };
  }

  #die(worker: number): void {
    this.#now += 1;
    this.#outboxes[worker] = [];
    this.#inboxes[worker] = [];
    this.#kept[worker] = new Map();
    for (const [ticket, question] of this.#questions) if (question.worker === worker) this.#questions.delete(ticket);
    for (const [number, fill] of this.#fills) {
      if (fill.worker !== worker) continue;
      this.#fills.delete(number);
      this.#filling.delete(number);
    }
    this.desk.coordinator.workerDied(worker);
  }

  /** What the counters call good is what main has. */
  #checkKept(worker: number): void {
    for (const [key, { version, generation }] of this.#kept[worker]!) {
      if (this.desk.generations.at(this.desk.generations.slotOf(key)) !== generation) continue;
      this.seen.kept += 1;
      this.desk.coordinator.hear(WATCHER, { type: 'ask', ticket: 0, key, version: -1, flight: undefined });
      const said = this.#watched.pop();
      if (said?.type !== 'object' || said.version !== version) this.#fault(`worker ${worker} uses ${key} of version ${version}`);
    }
  }

  /** Whoever keeps a record that the store has let go was told of it. */
  #checkRecords(): void {
    for (const [worker, kept] of this.#kept.entries()) {
      for (const [key, { variants }] of kept) {
        for (const { bodies } of variants) for (const { record } of bodies) if (!this.desk.held.has(record) && this.#disk?.has(record) !== true) this.#fault(`worker ${worker} keeps ${record} of ${key}`);
      }
    }
  }

  #busy(): boolean {
    const unanswered = [...this.#questions.keys()].some((ticket) => !this.#answered.has(ticket));
    return unanswered || this.#fills.size > 0 || [...this.#outboxes, ...this.#inboxes].some((box) => box.length > 0);
  }

  #fault(text: string): void {
    this.desk.faults.push(`${text}, at ${this.#now}`);
  }

  #one<T>(of: readonly T[]): T {
    return of[this.#below(of.length)]!;
  }

  /** Mulberry32. */
  #below(count: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % count;
  }
}
