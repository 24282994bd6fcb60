// The one typed interface to the addon pagecast_simulated: a world is a simulated kernel, its pool, and the real
// engine's class on them. Built by `npm test`, or `npx node-gyp configure build -C test/simulated`.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Layout, Native } from '../../native/index.ts';
import type { Tls } from '../../native/tls.ts';

export type FaultName =
  | 'interrupted' | 'sendShort' | 'sendBlocked' | 'sendfileShort' | 'sendfileFailed' | 'connectionReset' | 'pipeBroken' | 'edgeSpurious'
  | 'acceptInterrupted' | 'acceptAborted' | 'acceptNoDescriptor' | 'acceptNoFile' | 'acceptNoBuffer' | 'watchNoSpace' | 'watchNoMemory'
  | 'eventNoDescriptor' | 'cacheMissed' | 'openRaced' | 'openNoDescriptor' | 'readShort' | 'readFailed' | 'memoryNoDescriptor'
  | 'memoryNoMemory' | 'memoryWriteShort' | 'poolFull' | 'leaseDenied' | 'leaseUnsupported' | 'signalLate' | 'signalLost' | 'mapRefused';

/** How near a peer is: native/kernel.h. */
export type Nearness = 'network' | 'unknown' | 'host';

/** test/simulated/leases.h. */
export type WriterStateName = 'COMING' | 'WAITING' | 'INSIDE' | 'GONE';

export type PeerStateName = 'ENDED' | 'RESET' | 'ACCEPTED' | 'BROKEN' | 'RELEASED' | 'CORKED';

/** What this kernel has, and how much: test/simulated/kernel.h. */
export interface Features {
  readonly openat2: boolean;
  readonly resolveCached: boolean;
  readonly cachestat: boolean;
  readonly cachestatCounts: boolean;
  readonly readNowait: boolean;
  readonly multigrain: boolean;
  readonly reflink: boolean;
  readonly droppable: boolean;
  readonly descriptorsMax: number;
}

export const allFeatures: Features = {
  openat2: true, resolveCached: true, cachestat: true, cachestatCounts: true, readNowait: true, multigrain: false, reflink: false, droppable: true, descriptorsMax: 1 << 20,
};

/** Open descriptors by kind; a `place` is one opened with O_PATH. */
export interface Census {
  readonly epoll: number;
  readonly event: number;
  readonly listener: number;
  readonly socket: number;
  readonly file: number;
  readonly place: number;
  readonly memory: number;
  readonly timer: number;
  readonly leases: number;
  /** Writers in open(2). */
  readonly writersWaiting: number;
  /** Of files, by mmap. */
  readonly mappings: number;
  /** sendfile calls that had to wait for the disk. */
  readonly coldSends: number;
  /** System calls so far. */
  readonly calls: number;
}

export interface World extends Tls {
  /** The real engine, on this world's kernel and pool. */
  readonly Engine: Native['Engine'];
  /** Engines must have been stopped. */
  dispose(): void;
  /** Whether libuv would call back: the engine's epoll descriptor is readable. Engines count from 0. */
  ready(engine: number): boolean;
  /** Puts the next act of a peer or on a file off: it happens in the middle of things, so many system calls later. */
  later(calls: number): void;
  /** What was put off happens now. */
  settleLater(): void;
  /** Memory pressure on sockets ends: those that had no room have it again. */
  relieve(): void;
  advance(ms: number): void;
  /** The wall clock alone. */
  setBack(ms: number): void;
  nowMs(): number;

  /** A listening descriptor. */
  listen(backlogMax: number): number;
  /** A peer number, or -1 where the backlog is full. `window`: how much of what is sent, and not read, arrives. */
  connect(listener: number, receiveBytesMax: number, sendBytesMax: number, windowBytes: number, nearness: number): number;
  /** What is on its way to peers arrives, as far as their windows go. Whether anything did. */
  deliver(): boolean;
  arrive(peer: number, bytesMax: number): void;
  /** The network carries nothing to this peer. */
  hold(peer: number, held: boolean): void;
  unacknowledged(peer: number): number;
  /** Bytes on their way to a peer, or not read by it, that are pages of a file still. */
  referenced(peer: number): number;
  /** How many bytes there was room for. */
  send(peer: number, bytes: Uint8Array): number;
  read(peer: number, bytesMax: number): Buffer;
  /** Bits of `peerStates`. */
  state(peer: number): number;
  /** FIN; the peer goes on reading. */
  finish(peer: number): void;
  close(peer: number): void;
  reset(peer: number): void;

  /** As rename(2) does: the name leads to a new file. -1: modified now. */
  put(path: string, bytes: Uint8Array, modifiedMs: number): void;
  /** In place, by a writer who waits for leases, and closes at once. */
  overwrite(path: string, bytes: Uint8Array): void;
  truncate(path: string, size: number): void;
  /** open(O_RDONLY|O_TRUNC): no lease keeps it out. */
  empty(path: string): void;
  /** A writer, who waits for leases; one who is not patient (O_NONBLOCK) gives up where there are some. */
  openForWriting(path: string, truncates: boolean, patient: boolean): number;
  /** One of `writerStates`. */
  writerState(writer: number): number;
  write(writer: number, offset: number, bytes: Uint8Array): void;
  truncateTo(writer: number, size: number): void;
  closeWriter(writer: number): void;
  remove(path: string): void;
  link(path: string, target: string): void;
  /** Its pages leave the page cache. */
  evict(path: string): void;
  /** Its pages are written to disk. */
  sync(path: string): void;

  /** The guard thread goes once around its loop. Whether breaks are under way. */
  guardTurn(): boolean;
  /** The same in the middle of the next pool job, so many of its calls from now. */
  guardTurnMeanwhile(calls: number): void;
  /** One job runs, or is delivered. False: there was none. */
  poolStep(): boolean;
  poolSize(): number;
  fault(fault: number, probability: number): void;
  /** The fault strikes `times` times, when `skip` opportunities have passed. */
  force(fault: number, times: number, skip: number): void;
  /** No more faults. */
  calm(): void;
  /** How often a fault struck. */
  struck(fault: number): number;
  census(): Census;
  /** What the engine must never do, and did. */
  violations(): string[];
  /** A hash of every system call and its result so far. */
  trace(): bigint;
}

/** A client's end of TLS, on memory. */
export interface TlsClient {
  /** Ciphertext that has come. */
  give(bytes: Uint8Array): void;
  /** Ciphertext that is to go, all of it. */
  take(): Buffer;
  /** Once it is established. */
  write(bytes: Uint8Array): void;
  /** Plain bytes, as many as there are. */
  read(): Buffer;
  /** Says that nothing follows. */
  finish(): void;
  established(): boolean;
  /** Whether the server has said that nothing follows. */
  ended(): boolean;
  /** What is wrong with what has come, or ''. */
  fault(): string;
}

interface Simulated {
  readonly layout: Layout;
  readonly World: new (seed: bigint, features: Features, replay: string) => World;
  /** By TLS 1.2 or 1.3. */
  readonly TlsClient: new (versionMax: 2 | 3) => TlsClient;
  readonly faults: Readonly<Record<FaultName, number>>;
  readonly peerStates: Readonly<Record<PeerStateName, number>>;
  readonly writerStates: Readonly<Record<WriterStateName, number>>;
  readonly nearness: Readonly<Record<Nearness, number>>;
}

const require = createRequire(import.meta.url);
// From dist/test/simulated.
const addon = fileURLToPath(new URL('../../../test/simulated/build/Release/pagecast_simulated.node', import.meta.url));
export const simulated = require(addon) as Simulated;
export const { faults, peerStates, writerStates, nearness } = simulated;
