// The one typed interface to the addon. Numbers of the shared records come from the addon itself (native/layout.h),
// so nothing is typed twice. Every function returns a value; a negative number is -errno.
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Probes } from './probes.ts';
import type { Security, Tls } from './tls.ts';

type Names<K extends string> = Readonly<Record<K, number>>;

/** The numbers of native/layout.h by name; what each record means is told there. */
export interface Layout {
  readonly events: Names<'ACCEPTED' | 'RECEIVED' | 'INPUT_ENDED' | 'SENT' | 'CLOSED' | 'ACCEPT_FAILED' | 'OPENED' | 'LEASE_BROKEN' | 'READ' | 'PLAINTEXT'>;
  readonly command: Names<'SLOT' | 'GENERATION' | 'AFTER' | 'SPANS' | 'RESULT' | 'HEAD_WORDS'>;
  readonly span: Names<'KIND' | 'FILE' | 'OFFSET' | 'LENGTH' | 'WORDS'>;
  readonly spanKinds: Names<'BYTES' | 'ARENA' | 'FILE' | 'GROWING' | 'CHUNKED'>;
  readonly after: Names<'KEEP' | 'CLOSE' | 'RESET' | 'SHUT'>;
  readonly results: Names<'DONE' | 'PENDING' | 'GONE'>;
  readonly reasons: Names<'FILE_SHORTENED' | 'BY_US' | 'FILE_CHANGED' | 'BODY_BROKEN' | 'NO_HANDSHAKE'>;
  readonly kinds: Names<'REGULAR' | 'DIRECTORY' | 'OTHER'>;
  readonly protections: Names<'OFF' | 'SEALED' | 'LEASE' | 'COPY' | 'VERIFY'>;
  readonly protect: Names<'OFF' | 'SEALED' | 'LEASE' | 'COPY' | 'VERIFY' | 'AUTO'>;
  readonly accept: Names<'WHOLE' | 'GROWN' | 'ANY'>;
  readonly checks: Names<'SAME' | 'CHANGED' | 'MISSING' | 'DIRECTORY' | 'UNKNOWN' | 'EVICTED'>;
  readonly status: Names<'READY'>;
  readonly facts: Names<'SIZE' | 'MODIFIED_S' | 'MODIFIED_NS' | 'CHANGED_S' | 'CHANGED_NS' | 'HASHED' | 'IN_ARENA' | 'SETTLING' | 'INODE' | 'PROTECTION' | 'CAUSE' | 'PRIVATE'>;
  readonly counters: Names<CounterName>;
  readonly sizes: Names<'eventWords' | 'eventsMax' | 'receiveBytes' | 'recordsMax' | 'untilEnd'>;
}

export type CounterName =
  | 'connections' | 'accepted' | 'acceptAborted' | 'acceptRefused' | 'receiveCalls' | 'sendCalls' | 'sendfileCalls'
  | 'bytesReceived' | 'bytesMemory' | 'bytesArena' | 'bytesSendfile' | 'bytesPrivate' | 'bytesLeased' | 'bytesCopied'
  | 'answersParked' | 'guardExposed' | 'tornPrevented' | 'sendsBlocked' | 'quantaUsedUp' | 'readAheads'
  | 'filesShortened' | 'bodiesBroken' | 'sendErrors' | 'resets'
  | 'handshakes' | 'handshakesResumed' | 'handshakesFailed' | 'plaintextRefused' | 'bytesEncrypted';

/** Memory that TypeScript and the engine share. */
export interface Areas {
  readonly events: Int32Array;
  readonly rx: Uint8Array;
  readonly commands: Float64Array;
  readonly tx: Uint8Array;
  readonly status: Int32Array;
  readonly counters: Float64Array;
  /** Bytes sent on each slot's connection so far. */
  readonly progress: Float64Array;
  /** 1 while no more input is wanted from a slot; cleared by `resume`. */
  readonly paused: Uint8Array;
  /** By slot: 1 while its answer waits for a body to arrive, and not for the peer. */
  readonly starving: Uint8Array;
  /** By record: 1 when its lease is broken, 2 when it is damaged, and it is no version to be answered with. */
  readonly broken: Uint8Array;
}

/** See native/guard.h. */
export interface NativeGuardLimits {
  readonly writerDelayMaxMs: number;
  readonly snapshotMaxBytes: number;
  /** '': none. */
  readonly snapshotDir: string;
  readonly privateMaxBytes: number;
  readonly privateMaxTotalBytes: number;
  readonly copyForUnknown: boolean;
  readonly unsentMaxBytes: number;
}

/** The burst engine of one loop thread; see native/engine.h for its invariants. */
export interface Engine {
  /** Brings in what is ready: the number of records in `events`. Never waits. */
  receive(): number;
  /** Carries out the commands in the first `words` of `commands`; how many of them are not DONE. */
  send(words: number): number;
  resume(slot: number, generation: number): void;
  /** `hard`: with a reset. CLOSED follows either way. */
  close(slot: number, generation: number, hard: boolean): void;
  /** Bytes of what was sent that the peer's kernel has not confirmed, or on a unix socket that the peer has not read; 0 where it is gone. */
  unacknowledged(slot: number, generation: number): number;
  /** The peer's numeric address, `unix`, or '' when it is gone. */
  peer(slot: number, generation: number): string;
  /**
   * From now on the connection speaks TLS, by this context; `bytes` of it have come already. Before anything of it was read, or behind what
   * was. 0 or -errno: ENOENT, there is no such context. PLAINTEXT may follow.
   */
  secure(slot: number, generation: number, context: number, bytes?: Uint8Array): number;
  /** Undefined: it speaks no TLS, or not yet. */
  security(slot: number, generation: number): Security | undefined;
  /** Borrows a listening descriptor; `shared` with other engines. A listener number, or -errno. */
  listen(fd: number, shared: boolean): number;
  unlisten(listener: number): number;
  acceptAgain(listener: number): number;
  /**
   * A connection that somebody else has, by its descriptor: its slot, or -errno. Commands for it go out between what its owner writes; its input is
   * the owner's. CLOSED tells that it is no slot any more; close() lets it go.
   */
  borrow(fd: number): number;
  /** Of a slot, for commands to it. */
  generation(slot: number): number;
  openRoot(path: string): number;
  /** Nothing is asked of it any more. */
  closeRoot(root: number): void;
  /** Compares `path` below a root with a file record (-1: none), from the kernel's name cache alone. One of `checks`. */
  check(root: number, path: string, file: number, symlinks: number, refreshRoot: boolean): number;
  /** Opens in the pool; answered by OPENED with the same ticket. False: the pool's queue is full. */
  open(ticket: number, root: string, path: string, symlinks: number, hashBytesMax: number, arenaBytesMax: number, protect: number, accept: number): boolean;
  /** One reference more, of a record that the caller has one of. */
  retain(file: number): void;
  release(file: number): void;
  /** Bytes of a record from private memory, at once: how many, or -EAGAIN where it has none. [offset, offset + into.length) are within the record. */
  copy(file: number, offset: number, into: Uint8Array): number;
  /** Reads all of a hashed record's version in the pool; answered by READ. False: the pool's queue is full. */
  read(ticket: number, file: number): boolean;
  /** Lists a folder in the pool; answered by READ, records as in native/reading.h. */
  list(ticket: number, root: string, path: string, symlinks: number, dotfiles: boolean, namesMax: number): boolean;
  /** The record of bytes that were kept under `key`; made of `bytes`, in private memory, where there is none and they are not empty. Answered by OPENED. */
  keep(ticket: number, key: string, bytes: Uint8Array, arenaBytesMax: number): boolean;
  /**
   * A body that arrives, found by `key` like what was kept: its record, held like any other, or -errno. In memory of its own, or, with
   * `fd`, in a file that the caller writes; the descriptor is the record's from now on.
   */
  begin(key: string, fd?: number): number;
  /** More of it, in memory; answers that follow it go on. 0 or -errno. */
  append(file: number, bytes: Uint8Array): number;
  /** So much more of it is written in its file. */
  rise(file: number, bytes: number): void;
  /** Opens a body of the store on disk, id[0..1]/id below `folder`; its blocks are checked before they are sent. Answered by OPENED: EBADMSG, it is damaged. False: the pool's queue is full. */
  openStored(ticket: number, folder: string, id: string, bytes: number, hashBytesMax: number, arenaBytesMax: number, protect: number): boolean;
  /** There is no more. Not `whole`: answers that follow it are reset. */
  end(file: number, whole: boolean): void;
  /** A whole body beside others in shared memory, as the record of another key. Answered by OPENED; ENOBUFS: beyond the budget. False: the pool's queue is full. */
  settle(ticket: number, file: number, key: string, arenaBytesMax: number): boolean;
  /** What READ announced, once. */
  take(ticket: number): Uint8Array;
  describe(file: number, facts: Float64Array, digest: Uint8Array): void;
  /** Bound of the process's arena in bytes; what is over it is evicted when it next grows. */
  limitArena(bytesMax: number): void;
  /** Bounds of the process's guard. */
  limitGuard(limits: NativeGuardLimits): void;
  /** Copies a leased file that is hot into sealed memory, in the pool. */
  keepPrivate(file: number): void;
  /** What the process holds and has done, all engines together. */
  census(): Readonly<Record<string, number>> & { readonly files: number; readonly arenaBytes: number };
  /** Calls back from libuv whenever receive() has something to bring in. 0 or -errno. */
  start(onReady: () => void): number;
  /** Whether the process lives on for the engine alone, once it is started. Default: true. */
  stay(on: boolean): void;
  /** Closes every connection and gives everything back. */
  stop(): void;
}

export interface SealedMemory {
  readonly arenaBytes: number;
  /** Copies of files, compressed copies, stored bodies that share memory. */
  readonly privateBytes: number;
  /** Of these, what may be at the share in force. */
  readonly privateBytesMax: number;
  readonly snapshotBytes: number;
  /** Bodies that have memory of their own: large ones, and those that arrive. */
  readonly bodyBytes: number;
}

export interface Native extends Probes, Tls {
  readonly layout: Layout;
  readonly Engine: new (areas: Areas) => Engine;
  listenTcp(host: string, port: number, options: { reusePort: boolean; v6Only: boolean; backlog: number; congestionControl: string }): number;
  listenUnix(path: string, mode: number, backlog: number): number;
  adoptListener(fd: number): number;
  localAddress(fd: number): { readonly host: string; readonly port: number; readonly error: number };
  /** Two connected unix sockets, nonblocking, into two numbers. 0 or -errno. */
  socketPair(ends: Int32Array): number;
  /** Another descriptor of the same open file, close-on-exec; or -errno. */
  duplicateDescriptor(fd: number): number;
  closeDescriptor(fd: number): number;
  /** Looks a host's name up, getaddrinfo(3), on a thread that nobody waits for; native/host_addresses.h has what comes to `channel`, a socket that is then closed. 0 or -errno. */
  findAddresses(name: string, channel: number): number;
  /** One datagram to a unix socket, named as in NOTIFY_SOCKET (sd_notify(3)): `/path`, or `@name` where it is abstract. Waits 1 s at most. 0 or -errno. */
  notify(address: string, text: string): number;
  /** A reference of the process to what was kept under this key (Engine.keep, begin, settle), until letGoKept(). False: there is nothing. */
  holdKept(key: string): boolean;
  letGoKept(key: string): void;
  /** Bytes of a whole body that is held, from `offset` on: how many, or -errno. From memory, at once. */
  readKept(key: string, offset: number, into: Uint8Array): number;
  raiseFileLimit(): number;
  /** Of the bounds of the arena and of private memory only this share may be used, by all who are in this process; above 0, 1: all of it. The arena shrinks at once, in the pool. */
  squeeze(share: number): void;
  /** Memory of this process that the kernel cannot take back. */
  sealedMemory(): SealedMemory;
  /** Of open(2), for a folder: a file without a name (O_TMPFILE), to be written and read. */
  readonly unnamedFileFlags: number;
  /** Names a file that was opened with them: 0 or -errno. */
  linkUnnamed(fd: number, path: string): Promise<number>;
  /** Room on the disk for so many bytes of a file, whose length stays as it is (fallocate): 0 or -errno; EOPNOTSUPP where that cannot be told before. */
  reserveRoom(fd: number, bytes: number): Promise<number>;
  /** A descriptor, or -errno. To be given to the engine: those that Node opens it closes when a worker ends, whosever they are by then. */
  openToRead(path: string): Promise<number>;
  /** For the open file of `fd` alone, until it is closed (F_OFD_SETLK); never waits. 0 or -errno: -EAGAIN while another has it. */
  lockFile(fd: number): number;
}

/** Thrown once, at import, where the addon cannot run: one line for the user. */
export class UnsupportedPlatformError extends Error {
  override readonly name = 'UnsupportedPlatformError';
}

function load(): Native {
  if (process.platform !== 'linux') {
    throw new UnsupportedPlatformError(`pagecast runs on Linux only (this is ${process.platform}): it is built on sendfile, epoll and openat2`);
  }
  const require = createRequire(import.meta.url);
  const nodeGypBuild = require('node-gyp-build') as (directory: string) => Native;
  try {
    return nodeGypBuild(fileURLToPath(new URL('../../', import.meta.url)));
  } catch (error) {
    const cause = error instanceof Error ? error.message.split('\n')[0] : String(error);
    throw new UnsupportedPlatformError(`pagecast: no native addon for linux-${process.arch}: install a C++ compiler and run \`npm rebuild pagecast\` (${cause ?? ''})`);
  }
}

export const native: Native = load();
export const layout: Layout = native.layout;
