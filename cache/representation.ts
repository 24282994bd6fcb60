// A representation (RFC 9110 §3.2): one version of a file, ready to be answered with. Validators and bytes belong to
// the same open file record, so they can never be of two versions.
import type { Engine, Layout } from '../native/index.ts';
import type { Validators } from '../http/conditional.ts';

/** A version younger than this, in milliseconds, may change again under the same timestamps on some filesystem. */
const RACY_MS = 2000;

/** What is known of an open file record; from native/files.h. */
export interface FileFacts {
  readonly size: number;
  readonly modifiedS: number;
  readonly modifiedNs: number;
  readonly changedS: number;
  readonly changedNs: number;
  readonly inode: number;
  /** SHA-256 of the bytes, where the file was small enough to be hashed. */
  readonly digest: Uint8Array | undefined;
  readonly inArena: boolean;
  /** One of layout.protections. */
  readonly protection: number;
  /** errno of what was refused on the way to that protection, or 0. */
  readonly cause: number;
  /** All of it is in private memory: it stays what it is. */
  readonly isPrivate: boolean;
}

/** Bytes of a representation in a record of their own, from its first one on. */
export interface Piece {
  readonly file: number;
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
  readonly inArena: boolean;
  readonly arriving: boolean;
}

export interface Representation {
  /** Number of the open file record; the owner of the entry holds a reference to it. */
  readonly file: number;
  /** Negative: not known, and there are only parts of it. */
  readonly size: number;
  readonly inArena: boolean;
  /** Its bytes are still coming from an origin. */
  readonly arriving: boolean;
  /** In order, where they lie in several records or are not all there; undefined: all in `file`. */
  readonly pieces: readonly Piece[] | undefined;
  readonly protection: number;
  readonly cause: number;
  readonly validators: Validators;
  /** Last change of the content, in milliseconds since the epoch, with what the filesystem knows behind the point. */
  readonly modifiedMs: number;
  /** SHA-256 of the bytes, where they were hashed. */
  readonly digest: Uint8Array | undefined;
  /** The ETag is weak only for now: the version was too young to be told apart from the next. */
  readonly racy: boolean;
}

/** Reads the facts of records through two scratch areas, reused for every call. */
export class FileReader {
  readonly #engine: Engine;
  readonly #facts: Layout['facts'];
  readonly #numbers: Float64Array;
  readonly #digest = new Uint8Array(32);

  constructor(engine: Engine, layout: Layout) {
    this.#engine = engine;
    this.#facts = layout.facts;
    this.#numbers = new Float64Array(Object.keys(layout.facts).length);
  }

  facts(file: number): FileFacts {
    this.#engine.describe(file, this.#numbers, this.#digest);
    const { SIZE, MODIFIED_S, MODIFIED_NS, CHANGED_S, CHANGED_NS, HASHED, IN_ARENA, INODE, PROTECTION, CAUSE, PRIVATE } = this.#facts;
    return {
      size: this.#numbers[SIZE]!,
      modifiedS: this.#numbers[MODIFIED_S]!,
      modifiedNs: this.#numbers[MODIFIED_NS]!,
      changedS: this.#numbers[CHANGED_S]!,
      changedNs: this.#numbers[CHANGED_NS]!,
      inode: this.#numbers[INODE]!,
      digest: this.#numbers[HASHED] === 1 ? this.#digest.slice() : undefined,
      inArena: this.#numbers[IN_ARENA] === 1,
      protection: this.#numbers[PROTECTION]!,
      cause: this.#numbers[CAUSE]!,
      isPrivate: this.#numbers[PRIVATE] === 1,
    };
  }
}

/**
 * The entity tag of a version (RFC 9110 §8.8.3). Of the content where it was hashed, so that equal bytes have equal
 * tags on every machine and after every restart. Beyond that of size, mtime, ctime (which cannot be set back) and inode
 * (two files that replace each other by rename may be made within one tick of the clock), weak while the version is
 * so young that a change might not show in them.
 */
export function entityTag(facts: FileFacts, nowMs: number): string {
  if (facts.digest) return `"${Buffer.from(facts.digest.buffer, facts.digest.byteOffset, 18).toString('base64url')}"`;
  const parts = [facts.size, facts.modifiedS, facts.modifiedNs, facts.changedS, facts.changedNs, facts.inode].map((n) => n.toString(36));
  return `${isRacy(facts, nowMs) ? 'W/' : ''}"${parts.join('-')}"`;
}

function isRacy(facts: FileFacts, nowMs: number): boolean {
  return facts.digest === undefined && nowMs - facts.changedS * 1000 - facts.changedNs / 1e6 < RACY_MS;
}

export function representationOf(file: number, facts: FileFacts, nowMs: number): Representation {
  const modifiedMs = facts.modifiedS * 1000 + facts.modifiedNs / 1e6;
  return {
    file,
    size: facts.size,
    inArena: facts.inArena,
    arriving: false,
    pieces: undefined,
    protection: facts.protection,
    cause: facts.cause,
    racy: isRacy(facts, nowMs),
    modifiedMs,
    digest: facts.digest,
    validators: {
      etag: entityTag(facts, nowMs),
      // RFC 9110 §8.8.2.1: never a date in the future.
      lastModifiedMs: facts.modifiedS * 1000 <= nowMs ? facts.modifiedS * 1000 : NaN,
    },
  };
}

/** Bytes that were made of a version's, in another content coding (RFC 9110 §8.4): a representation of its own, last changed when its source was. */
export function codedRepresentation(file: number, facts: FileFacts, source: Representation): Representation {
  const { etag } = representationOf(file, facts, 0).validators;
  return {
    file, size: facts.size, inArena: facts.inArena, arriving: false, pieces: undefined, protection: facts.protection, cause: facts.cause, digest: facts.digest, racy: false,
    modifiedMs: source.modifiedMs,
    validators: { etag, lastModifiedMs: source.validators.lastModifiedMs },
  };
}
