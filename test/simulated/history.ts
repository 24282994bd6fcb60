// What was at each path, and when: the truth that answers are held against.
import { createHash } from 'node:crypto';

export interface Version {
  /** Undefined: there was nothing. */
  readonly content: Buffer | undefined;
  readonly fromMs: number;
  untilMs: number;
  /** Whoever wrote it had not closed yet. */
  readonly partial: boolean;
}

/** Somebody had it open for writing, or waited to. */
interface Writing {
  readonly fromMs: number;
  untilMs: number;
}

/** A request waits so long for a writer to close; a path whose writer did not is remembered: server/static/writers.ts. */
const READER_WAIT_MS = 500;
const REMEMBERED_MS = 10_000;
/** The last whole version is served so long while somebody writes. */
const STALE_MS = 5000;

const NOTHING: readonly Version[] = [{ content: undefined, fromMs: -Infinity, untilMs: Infinity, partial: false }];

export class History {
  readonly #paths = new Map<string, Version[]>();
  readonly #writings = new Map<string, Writing[]>();

  #versions(path: string): Version[] {
    const known = this.#paths.get(path) ?? [{ content: undefined, fromMs: -Infinity, untilMs: Infinity, partial: false }];
    this.#paths.set(path, known);
    return known;
  }

  /** From now on. */
  record(path: string, content: Buffer | undefined, nowMs: number): void {
    const versions = this.#versions(path);
    const before = versions.at(-1)!;
    for (const version of versions) if (version.untilMs === Infinity) version.untilMs = nowMs;
    // Who wrote it had written all of it before he closed.
    const fromMs = before.partial && content && before.content?.equals(content) ? before.fromMs : nowMs;
    versions.push({ content, fromMs, untilMs: Infinity, partial: false });
  }

  /** What somebody is writing, so far; what was there before he came may still be served. */
  recordPartial(path: string, content: Buffer, nowMs: number): void {
    const versions = this.#versions(path);
    for (const version of versions) if (version.partial && version.untilMs === Infinity) version.untilMs = nowMs;
    versions.push({ content, fromMs: nowMs, untilMs: Infinity, partial: true });
  }

  begin(path: string, nowMs: number): Writing {
    const writing = { fromMs: nowMs, untilMs: Infinity };
    this.#writings.set(path, [...(this.#writings.get(path) ?? []), writing]);
    return writing;
  }

  current(path: string): Buffer | undefined {
    return this.#paths.get(path)?.at(-1)?.content;
  }

  ever(path: string): readonly Version[] {
    return this.#paths.get(path) ?? NOTHING;
  }

  /** Those that existed at some moment from `fromMs` to `toMs`, and those that may be served for the sake of writers; `unnoticed`: who may be. */
  within(path: string, fromMs: number, toMs: number, unnoticed = false): readonly Version[] {
    const writings = (this.#writings.get(path) ?? []).filter((writing) => writing.fromMs <= toMs && writing.untilMs + REMEMBERED_MS >= fromMs);
    const written = writings.some((writing) => writing.untilMs >= fromMs);
    const outlasted = toMs - fromMs >= READER_WAIT_MS || writings.some((writing) => Math.min(writing.untilMs, toMs) - writing.fromMs >= READER_WAIT_MS);
    const sinceMs = written || unnoticed ? fromMs - STALE_MS : fromMs;
    return (this.#paths.get(path) ?? NOTHING).filter((version) => version.fromMs <= toMs && version.untilMs >= sinceMs && (!version.partial || outlasted || unnoticed));
  }
}

const tags = new WeakMap<Buffer, string>();

/** The entity tag of content that was hashed (cache/representation.ts). */
export function hashedTag(content: Buffer): string {
  let tag = tags.get(content);
  if (tag === undefined) {
    tag = `"${createHash('sha256').update(content).digest().subarray(0, 18).toString('base64url')}"`;
    tags.set(content, tag);
  }
  return tag;
}
