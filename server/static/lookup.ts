// From a request path to an open entry. What was looked at a moment ago is answered from memory; after that the
// kernel's name cache is asked, on the spot; only what it cannot tell goes to the pool.
//
// Invariant: what is answered was true on disk at most CHANGE_SEEN_MS ago: the root is resolved again, by path, as
// often as the file, so the two windows add up.
import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import type { Engine, Layout } from '../../native/index.ts';
import { Copies } from '../../cache/copies.ts';
import { Entries, type Entry } from '../../cache/entries.ts';
import { FileReader, representationOf, type Representation } from '../../cache/representation.ts';
import { resolvePath } from '../../http/path.ts';
import type { Opened, Opener, OpenLimits } from '../opener.ts';
import type { Report } from '../report.ts';
import { Writers } from './writers.ts';

/** A change on disk is seen within this time, in milliseconds, of its last writer's close. */
export const CHANGE_SEEN_MS = 100;
const FRESH_MS = 40; // root + file + one clock tick stay under CHANGE_SEEN_MS

const { EACCES, EPERM, ENOENT, ENOTDIR, ENAMETOOLONG, ELOOP, EXDEV, EMFILE, ENFILE, EINVAL, ENXIO, ENODEV, EISDIR } = constants.errno;
const NOT_FOUND = new Set([ENOENT, ENOTDIR, ENAMETOOLONG, ELOOP, EXDEV, EINVAL, ENXIO, ENODEV, EISDIR]);
const NO_DESCRIPTORS = new Set([EMFILE, ENFILE]);
const SHED_FILES = 16;
/** For descriptors to come back, attempt after attempt, in milliseconds. */
const ROOM_WAITS_MS = [1, 3, 9] as const;

/** A leased file that is asked for again within this time, in milliseconds, is copied into private memory. */
const HOT_WITHIN_MS = 10_000;

export interface LookupOptions {
  /** Absolute path of the root, bytes as latin1. */
  readonly root: string;
  readonly index: string;
  readonly dotfiles: boolean;
  /** The first folder of a path is that of a site. */
  readonly sites: boolean;
  readonly openFilesMax: number;
  readonly missingPathsMax: number;
  /** Frees descriptors that idle connections hold; how many. */
  readonly shedConnections: () => number;
  readonly limits: OpenLimits;
  /** By record, shared with the engine: 1 where it is no version to be answered with any more. */
  readonly broken: Uint8Array;
  readonly readerWaitMaxMs: number;
  readonly staleMaxMs: number;
}

export class Lookup<Plans> {
  readonly #engine: Engine;
  readonly #layout: Layout;
  readonly #opener: Opener;
  readonly #options: LookupOptions;
  readonly #report: Report;
  readonly #reader: FileReader;
  readonly #writers: Writers;
  readonly #root: number;
  /** Files loaded, by layout.protections. */
  readonly #loaded: Float64Array;
  /** Files that got no lease, by the name of the errno. */
  readonly #refused = new Map<string, number>();
  readonly #loading = new Map<string, { readonly entry: Promise<Entry<Plans>>; readonly sinceMs: number }>();
  readonly entries: Entries<Plans>;
  #rootCheckedMs = 0;
  #closed = false;

  constructor(engine: Engine, layout: Layout, opener: Opener, options: LookupOptions, report: Report) {
    this.#engine = engine;
    this.#layout = layout;
    this.#opener = opener;
    this.#options = options;
    this.#report = report;
    this.#reader = new FileReader(engine, layout);
    this.#writers = new Writers(options.readerWaitMaxMs);
    this.#loaded = new Float64Array(Object.keys(layout.protections).length);
    this.#root = engine.openRoot(options.root);
    this.entries = new Entries(options.openFilesMax, options.missingPathsMax, (file) => engine.release(file));
  }

  /** The entry of a raw request path, if it is known to be true now. */
  known(rawPath: string, nowMs: number): Entry<Plans> | undefined {
    const entry = this.entries.get(rawPath);
    if (entry === undefined || (isFresh(entry.freshUntilMs, nowMs) && !this.isBroken(entry))) return entry;
    return this.#confirm(rawPath, entry, nowMs) ? entry : undefined;
  }

  /** The same, looked up where it is not known: at most one look at a time per path. */
  find(rawPath: string, nowMs: number): Promise<Entry<Plans>> {
    const loading = this.#loading.get(rawPath);
    if (!loading) {
      const entry = this.#load(rawPath, nowMs).finally(() => this.#loading.delete(rawPath));
      this.#loading.set(rawPath, { entry, sinceMs: nowMs });
      return entry;
    }
    if (isFresh(loading.sinceMs + FRESH_MS, nowMs)) return loading.entry;
    // Long under way: it may have seen what was there too long before this request.
    return loading.entry.then(() => this.known(rawPath, Date.now()) ?? this.find(rawPath, Date.now()));
  }

  /** Whether the kernel knows, without looking at a disk, that there is no file of this name below the root; bytes as latin1. */
  absent(path: string): boolean {
    return !this.#closed && this.#engine.check(this.#root, path, -1, this.#options.limits.symlinks, false) === this.#layout.checks.MISSING;
  }

  /** Nothing is remembered any more; who still asks has it looked up for the answer alone. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.entries.close();
    this.#engine.closeRoot(this.#root);
  }

  /** Closes the least recently used files that are in private memory, or have coded copies, until so many bytes of it are let go. */
  shedPrivate(bytes: number): void {
    const isOurs = (file: number): boolean => this.#reader.facts(file).isPrivate;
    this.entries.shedBytes(bytes, ({ representation, copies }) => (
      (copies?.bytes ?? 0) + (representation && isOurs(representation.file) ? representation.size : 0)
    ));
  }

  /** How many files were loaded so far under each protection, and why not under a lease. */
  counts(): Record<string, number> {
    const loaded = Object.entries(this.#layout.protections).map(([name, number]) => [`loaded${name[0]!}${name.slice(1).toLowerCase()}`, this.#loaded[number]!]);
    const refused = [...this.#refused].map(([cause, count]) => [`leaseRefused.${cause}`, count]);
    return Object.fromEntries([...loaded, ...refused]) as Record<string, number>;
  }

  /** A writer came for a file; `answers` of it are under way. */
  leaseBroken(file: number, answers: number): void {
    this.#report('leaseBroken', 'a file that is served is opened for writing', { path: this.entries.pathOf(file) ?? '', answers });
  }

  /** A writer has come for its file: it is no version to be answered with any more. */
  isBroken({ representation }: Entry<Plans>): boolean {
    return representation !== undefined && this.#options.broken[representation.file] === 1;
  }

  #confirm(rawPath: string, entry: Entry<Plans>, nowMs: number): boolean {
    if (entry.kind === 'refused' || entry.rerooted) return false;
    const refreshRoot = !isFresh(this.#rootCheckedMs + FRESH_MS, nowMs);
    if (refreshRoot) this.#rootCheckedMs = nowMs;
    const { representation } = entry;
    const found = this.#engine.check(this.#root, entry.path, representation?.file ?? -1, this.#options.limits.symlinks, refreshRoot);
    const { SAME, MISSING, DIRECTORY, EVICTED } = this.#layout.checks;
    const expected = entry.kind === 'file' ? SAME : entry.kind === 'missing' ? MISSING : DIRECTORY;
    if (found !== expected && found !== EVICTED) return false;
    if (representation?.racy) return false; // loaded again for its ETag; the record is found, nothing is read
    // Answered from the file itself meanwhile.
    if (found === EVICTED) void this.find(rawPath, nowMs);
    if (representation && nowMs - entry.seenMs < HOT_WITHIN_MS) this.#keepPrivate(representation);
    entry.freshUntilMs = nowMs + FRESH_MS;
    entry.seenMs = nowMs;
    return true;
  }

  async #load(rawPath: string, nowMs: number): Promise<Entry<Plans>> {
    const resolved = resolvePath(rawPath, this.#options.dotfiles, this.#options.sites);
    if (typeof resolved === 'number') return entryOf('refused', '', resolved, false, nowMs);
    let path = resolved.path;
    if (resolved.directory) path += path === '' ? this.#options.index : `/${this.#options.index}`;
    let lookedMs = nowMs; // an entry is true when its look began, however long it took
    const open = (accept: number): Promise<Opened> => ((lookedMs = Date.now()), this.#open(path, accept));
    const opened = await this.#writers.look({ path, open, lastWhole: () => this.#lastWhole(rawPath, nowMs) });
    if ('path' in opened) return opened;
    const found = this.#entryOf(path, opened, lookedMs);
    // An index that is a directory is none: to redirect to it would be to redirect to where we are.
    const entry: Entry<Plans> = resolved.directory && found.kind === 'directory' ? { ...found, kind: 'missing', status: 404 } : found;
    this.entries.set(rawPath, entry);
    return entry;
  }

  /** Somebody writes: the version before, while it is not too old, and ours alone. */
  #lastWhole(rawPath: string, nowMs: number): Entry<Plans> | undefined {
    const entry = this.entries.get(rawPath);
    if (!entry?.representation || nowMs - entry.seenMs > this.#options.staleMaxMs) return undefined;
    if (!this.#reader.facts(entry.representation.file).isPrivate) return undefined;
    entry.freshUntilMs = nowMs + FRESH_MS;
    return entry;
  }

  #keepPrivate({ file, protection, size }: Representation): void {
    const { limits } = this.#options;
    const may = limits.protect === this.#layout.protect.AUTO || limits.protect === this.#layout.protect.SEALED;
    if (may && protection === this.#layout.protections.LEASE && size <= limits.hashBytesMax) this.#engine.keepPrivate(file);
  }

  async #open(path: string, accept: number): Promise<Opened> {
    for (const waitMs of ROOM_WAITS_MS) {
      const opened = await this.#opener.open(this.#options.root, path, this.#options.limits, accept);
      if (!NO_DESCRIPTORS.has(opened.error)) return opened;
      // A file's descriptor comes back when libuv has turned once and the pool has closed it, a connection's at once.
      if (this.entries.shed(SHED_FILES) === 0 || waitMs > ROOM_WAITS_MS[0]) this.#options.shedConnections();
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
    return this.#opener.open(this.#options.root, path, this.#options.limits, accept);
  }

  #entryOf(path: string, opened: Opened, nowMs: number): Entry<Plans> {
    const { REGULAR, DIRECTORY } = this.#layout.kinds;
    if (opened.kind === REGULAR && opened.error === 0) {
      const representation = representationOf(opened.file, this.#reader.facts(opened.file), nowMs);
      this.#tellProtection(path, representation);
      return { ...entryOf<Plans>('file', path, 200, opened.rerooted, nowMs), representation };
    }
    if (opened.kind === DIRECTORY) return entryOf('directory', path, 301, opened.rerooted, nowMs);
    if (opened.error === EACCES || opened.error === EPERM) return entryOf('refused', path, 403, false, nowMs);
    if (opened.error === EXDEV) this.#report('linkOutOfRoot', 'a link leads out of the root: not followed', { path });
    if (opened.error === 0 || NOT_FOUND.has(opened.error)) return entryOf('missing', path, 404, false, nowMs);
    this.#report('openFailed', 'a file could not be opened', { path, errno: opened.error });
    // Full queue, no descriptors, a file that never stands still: later may be better.
    return entryOf('refused', path, opened.error === constants.errno.EIO ? 500 : 503, false, nowMs);
  }

  #tellProtection(path: string, { protection, cause }: Representation): void {
    this.#loaded[protection]! += 1;
    const { COPY, VERIFY } = this.#layout.protections;
    if (cause === 0 || (protection !== COPY && protection !== VERIFY)) return;
    const name = getSystemErrorName(-cause);
    this.#refused.set(name, (this.#refused.get(name) ?? 0) + 1);
    const instead = protection === COPY ? 'it is copied into memory' : 'its answers are checked at their end';
    this.#report('leaseRefused', `no lease on a file: ${instead}`, { path, cause: name });
  }
}

/** Nothing is fresh for longer than FRESH_MS: a clock that was set back does not make it so. */
function isFresh(untilMs: number, nowMs: number): boolean {
  return untilMs > nowMs && untilMs - nowMs <= FRESH_MS;
}

function entryOf<Plans>(kind: Entry<Plans>['kind'], path: string, status: number, rerooted: boolean, nowMs: number): Entry<Plans> {
  return {
    path, kind, status, rerooted, freshUntilMs: nowMs + FRESH_MS, seenMs: nowMs,
    representation: undefined, plans: undefined, copies: kind === 'file' ? new Copies() : undefined, pins: 0, dropped: false, released: false,
  };
}
