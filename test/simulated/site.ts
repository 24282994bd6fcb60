// A site on a simulated kernel: the real loop, exchange and engine, and the crank that turns them. libuv's part is
// played here: tick() when the epoll descriptor is readable and only then, so that a wake-up that gets lost stays lost.
import type { Areas, Engine } from '../../native/index.ts';
import { layout } from '../../native/index.ts';
import type { RequestHead } from '../../http/head.ts';
import { assemble } from '../../server/assemble.ts';
import type { Conversation, Exchange, Peer as AskingPeer } from '../../server/exchange.ts';
import { loopLimits, type LoopLimits } from '../../server/limits.ts';
import type { Loop } from '../../server/loop.ts';
import type { GuardLimits, Protect, ResolvedOptions } from '../../server/options.ts';
import type { Opener } from '../../server/opener.ts';
import type { Plan } from '../../server/plan.ts';
import type { ReportName } from '../../server/report.ts';
import { PLAIN } from '../../server/services.ts';
import { resolveCache } from '../../server/proxy-options.ts';
import { resolveSite, type ResolvedSite } from '../../server/site-options.ts';
import { staticSite } from '../../server/static/assemble.ts';
import type { EntryPlans } from '../../server/static/entry-plans.ts';
import type { Lookup } from '../../server/static/lookup.ts';
import { Audit } from './audit.ts';
import { contentOf } from './content.ts';
import { CountedLog } from './counted-log.ts';
import { Peer } from './peer.ts';
import { openContext, SecurePeer, type SimulatedTls } from './secure-peer.ts';
import { SimulatedTime } from './time.ts';
import { allFeatures, faults, nearness, simulated, type FaultName, type Features, type Nearness, type World } from './world.ts';
import { Writer } from './writer.ts';

export const ROOT = '/site';
const TURNS_MAX = 20_000;
/** Pages that a peer of this host may hold are watched for so long: native/guarding.cc. */
const UNREAD_MS = 10_000;

export interface SiteOptions {
  readonly seed?: number;
  readonly replay?: string;
  readonly features?: Partial<Features>;
  readonly limits?: Partial<LoopLimits>;
  readonly openFilesMax?: number;
  readonly missingPathsMax?: number;
  readonly arenaBytesMax?: number;
  readonly arenaFileBytesMax?: number;
  readonly hashBytesMax?: number;
  readonly protect?: Protect;
  readonly guard?: Partial<GuardLimits>;
  readonly site?: Partial<ResolvedSite>;
  readonly backlogMax?: number;
  /** Connections speak TLS, as do peers. */
  readonly tls?: SimulatedTls;
  /** Answers of its own for some paths: at once (`known`) or later. */
  readonly plans?: ReadonlyMap<string, { readonly known: boolean; readonly plan: (request: RequestHead) => Plan }>;
  /** Paths whose requests' bodies are wanted, and how they are answered. */
  readonly uploads?: ReadonlyMap<string, (conversation: Conversation) => Promise<Plan>>;
}

export interface Connecting {
  readonly receiveBytesMax?: number;
  /** Bytes sent and not read. */
  readonly sendBytesMax?: number;
  /** How many of them the peer's kernel takes, and acknowledges. Default: all. */
  readonly windowBytes?: number;
  readonly nearness?: Nearness;
}

export interface Reported {
  readonly name: ReportName;
  readonly facts: Readonly<Record<string, string | number>>;
}

/** The static site, with plans of a test's own before it. */
class WithPlans implements Exchange {
  readonly #site: Exchange;
  readonly #plans: NonNullable<SiteOptions['plans']>;
  readonly #uploads: NonNullable<SiteOptions['uploads']>;

  constructor(site: Exchange, { plans = new Map(), uploads = new Map() }: SiteOptions) {
    this.#site = site;
    this.#plans = plans;
    this.#uploads = uploads;
  }

  wants(request: RequestHead): boolean {
    return this.#uploads.has(request.path);
  }

  known(request: RequestHead, nowMs: number, peer: AskingPeer): Plan | undefined {
    const own = this.#plans.get(request.path);
    if (own) return own.known ? own.plan(request) : undefined;
    return this.#site.known(request, nowMs, peer);
  }

  async find(request: RequestHead, nowMs: number, peer: AskingPeer, conversation: Conversation): Promise<Plan> {
    if (conversation.body) return this.#uploads.get(request.path)!(conversation);
    const own = this.#plans.get(request.path);
    return own ? own.plan(request) : this.#site.find(request, nowMs, peer, conversation);
  }
}

function optionsOf(given: SiteOptions): ResolvedOptions {
  return {
    root: ROOT, tls: undefined, index: 'index.html', dotfiles: false, symlinks: 'inside', workers: 1, accessLog: false, socketMode: -1, congestionControl: undefined, graceMs: 10_000, shutdownDelayMs: 0, upgradeTimeoutMs: 60_000,
    limits: { ...loopLimits, connectionsMax: 256, ...given.limits },
    files: { openMax: given.openFilesMax ?? 64, missingMax: given.missingPathsMax ?? 64 },
    arena: { bytesMax: given.arenaBytesMax ?? 64 << 20, fileBytesMax: given.arenaFileBytesMax ?? 64 << 10 },
    protect: given.protect ?? 'auto',
    guard: {
      privateMaxBytes: given.hashBytesMax ?? 8 << 20, privateMaxTotalBytes: 64 << 20, snapshotDir: '', snapshotMaxBytes: 64 << 20, writerDelayMaxMs: 1000,
      readerWaitMaxMs: 500, staleMaxMs: 5000, unknownPeer: 'probe', unsentMaxBytes: 0, ...given.guard,
    },
    memory: { floorShare: 1, stallPercentMax: 100 }, proxy: undefined, filesFirst: false,
    cache: resolveCache({}, 1 << 28, undefined),
    access: undefined, rateLimit: undefined, listen: [], proxyProtocol: [], cluster: undefined, tracing: undefined, store: undefined, control: undefined, sites: [],
    // A page for itself, not a folder with rules: what a case counts is its own.
    site: { ...resolveSite({}, 'index.html'), cleanUrls: 'off', rules: false, compress: false, precompressed: false, ...given.site },
  };
}

export class Site {
  readonly world: World;
  readonly time: SimulatedTime;
  readonly audit = new Audit();
  readonly log = new CountedLog();
  readonly reports: Reported[] = [];
  readonly loop: Loop;
  readonly engine: Engine;
  readonly areas: Areas;
  readonly listener: number;
  readonly peers: Peer[] = [];
  drained = false;
  opener!: Opener;
  #lookup!: Lookup<EntryPlans>;
  #listenerNumber: number;
  readonly #tls: SimulatedTls | undefined;
  #stopped = false;

  constructor(given: SiteOptions = {}) {
    const replay = given.replay ?? '(a plain case)';
    this.world = new simulated.World(BigInt(given.seed ?? 1), { ...allFeatures, ...given.features }, `simulated: ended while running: ${replay}\n`);
    this.world.put(`${ROOT}/.keep`, new Uint8Array(0), -1);
    this.time = new SimulatedTime(this.world.nowMs());
    this.time.install();
    this.listener = this.world.listen(given.backlogMax ?? 64);
    const options = optionsOf(given);
    this.#tls = given.tls;
    const context = given.tls ? openContext(this.world, given.tls) : -1;
    const { loop, engine, areas } = assemble({
      EngineClass: this.audit.of(this.world.Engine),
      options,
      report: (name, _message, facts = {}) => this.reports.push({ name, facts }),
      log: this.log,
      onDrained: () => (this.drained = true),
      serviceOf: () => (context < 0 ? PLAIN : { kind: 'secure', context }),
      exchange: (engine, opener) => {
        this.opener = opener;
        return new WithPlans(this.#static(engine, opener, options), given);
      },
    });
    this.loop = loop;
    this.engine = engine;
    this.areas = areas;
    this.#listenerNumber = engine.listen(this.listener, false);
  }

  #static(engine: Engine, opener: Opener, options: ResolvedOptions): Exchange {
    const { exchange, lookup } = staticSite({
      engine, areas: () => this.areas, opener, options, shedConnections: () => this.loop.shedIdle(),
      about: () => ({ version: '', workers: 1, requests: 0, tornPrevented: 0, uptimeS: 0 }),
      report: (name, _message, facts = {}) => this.reports.push({ name, facts }),
    });
    this.#lookup = lookup;
    return exchange;
  }

  counter(name: keyof typeof layout.counters): number {
    return this.areas.counters[layout.counters[name]]!;
  }

  reported(name: ReportName): number {
    return this.reports.filter((report) => report.name === name).length;
  }

  /** A file of the site, on disk, and older than timestamps can tell apart. */
  put(name: string, content: number, bytes: number): Buffer {
    const bytesOf = contentOf(content, bytes);
    this.world.put(`${ROOT}/${name}`, bytesOf, -1);
    this.world.settleLater();
    this.world.sync(`${ROOT}/${name}`);
    this.advance(50);
    return bytesOf;
  }

  /** Somebody opens a file of the site for writing. */
  openForWriting(name: string, how: { truncates?: boolean; patient?: boolean } = {}): Writer {
    return new Writer(this.world, `${ROOT}/${name}`, how);
  }

  /** Undefined where the backlog is full. */
  connect(how: Connecting = {}): Peer | undefined {
    const { receiveBytesMax = 1 << 16, sendBytesMax = 1 << 18, windowBytes = sendBytesMax, nearness: near = 'host' } = how;
    const number = this.world.connect(this.listener, receiveBytesMax, sendBytesMax, windowBytes, nearness[near]);
    if (number < 0) return undefined;
    const peer = this.#tls ? new SecurePeer(this.world, number, near, this.#tls) : new Peer(this.world, number, near);
    this.peers.push(peer);
    return peer;
  }

  force(fault: FaultName, times = 1, skip = 0): void {
    this.world.force(faults[fault], times, skip);
  }

  setFault(fault: FaultName, probability: number): void {
    this.world.fault(faults[fault], probability);
  }

  /** One turn of libuv. */
  async turn(): Promise<void> {
    if (!this.#stopped && this.world.ready(0)) this.loop.tick();
    await new Promise((resolve) => setImmediate(resolve));
  }

  get atRest(): boolean {
    if (this.#stopped) return this.world.poolSize() === 0;
    return !this.world.ready(0) && this.areas.status[layout.status.READY] === 0 && this.world.poolSize() === 0;
  }

  /** Until nothing is left to do but wait for peers or time. `read`: peers take what comes meanwhile. */
  async settle(read = false): Promise<void> {
    for (let turns = 0, quiet = 0; quiet < 3; ++turns) {
      if (turns > TURNS_MAX) throw new Error(`no rest after ${TURNS_MAX} turns`);
      this.world.settleLater();
      this.world.relieve();
      this.world.guardTurn();
      while (this.world.poolStep());
      let moved = this.world.deliver();
      await this.turn();
      moved ||= !this.atRest;
      for (const peer of read ? this.peers : []) moved = peer.read() > 0 || moved;
      quiet = moved ? 0 : quiet + 1;
    }
  }

  /** Time passes in which everybody does what he has to do, millisecond by millisecond. */
  async pass(ms: number, read = false): Promise<void> {
    for (let left = ms; left > 0; --left) {
      this.advance(1);
      await this.settle(read);
    }
  }

  /** The clock moves on; what falls due runs. */
  advance(ms: number): void {
    this.time.advance(ms, (step) => this.world.advance(step));
  }

  /** An administrator sets the clock back. */
  setBack(ms: number): void {
    this.time.setBack(ms);
    this.world.setBack(ms);
  }

  /** Closes the most recently unused entries until none is open. */
  async dropEntries(): Promise<void> {
    this.#lookup.entries.shed(1 << 20);
    await this.settle();
  }

  get openEntries(): number {
    return this.#lookup.entries.openFiles;
  }

  unlisten(): void {
    this.engine.unlisten(this.#listenerNumber);
  }

  /** Everything that must hold when every peer has gone. What does not is returned. */
  async finish(): Promise<string[]> {
    this.world.calm();
    if (this.#stopped) return this.stop();
    for (const peer of this.peers) peer.reset();
    await this.#quiet();
    const faults = [...this.world.violations(), ...this.audit.faults, ...this.log.faults];
    const expect = (what: string, found: number, expected: number): void => {
      if (found !== expected) faults.push(`${what}: ${found} instead of ${expected}`);
    };
    expect('connections', this.counter('connections'), 0);
    expect('sockets', this.world.census().socket, 0);
    expect('slots open', this.audit.open, 0);
    expect('ACCEPTED without CLOSED', this.audit.accepted - this.audit.closed, 0);
    expect('answers not logged', this.log.unwritten, 0);
    expect('writers that wait', this.world.census().writersWaiting, 0);
    expect('counter accepted', this.counter('accepted'), this.audit.accepted);
    if (this.engine.census().files > this.openEntries) faults.push(`${this.engine.census().files} file records for ${this.openEntries} entries`);
    await this.dropEntries();
    expect('file records without entries', this.engine.census().files, 0);
    const { file, leases, mappings } = this.world.census();
    expect('files open', file, 0);
    expect('leases', leases, 0);
    expect('leases counted', this.engine.census()['leases']!, 0);
    expect('mappings', mappings, 0);
    for (const name of ['privateBytes', 'snapshotBytes']) expect(name, this.engine.census()[name]!, 0);
    return [...faults, ...(await this.stop())];
  }

  /** Breaks come to their end, and so do the times for which anything is remembered of peers. */
  async #quiet(): Promise<void> {
    for (let ms = 0; this.world.guardTurn() && ms < UNREAD_MS; ++ms) {
      await this.settle();
      this.advance(1);
    }
    // One time may follow the other.
    for (let i = 0; i < 3; ++i) {
      await this.settle();
      this.advance(UNREAD_MS + 1000);
    }
    await this.settle();
  }

  /** The engine ends, whatever it is doing: as when its worker dies. What it did not give back is returned. */
  async stop(): Promise<string[]> {
    this.#stopped = true;
    this.engine.stop();
    for (let i = 0, busy = true; i < 3 || (busy && i < UNREAD_MS); ++i) {
      busy = this.world.guardTurn();
      while (this.world.poolStep());
      this.advance(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { epoll, event, timer, socket, file, place, memory, leases, mappings, writersWaiting } = this.world.census();
    const faults = this.world.violations();
    if (epoll + event + timer + socket + file + place + leases + mappings + writersWaiting > 0) faults.push(`open after stop(): ${JSON.stringify(this.world.census())}`);
    const segments = this.engine.census().arenaBytes / (4 << 20);
    if (memory !== segments) faults.push(`${memory} memory files for ${segments} segments of the arena`);
    return faults;
  }

  dispose(): void {
    SimulatedTime.uninstall();
    this.engine.stop();
    this.world.dispose();
  }
}
