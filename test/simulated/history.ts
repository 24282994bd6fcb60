// What was at each path, and when: the truth that answers are held against.
import { createHash } from 'node:crypto';

export interface Version {
  /** Undefined: there was nothing. */
  readonly content: Buffer | undefined;
  readonly fromMs: number;
  untilMs: number;
}

const NOTHING: readonly Version[] = [{ content: undefined, fromMs: -Infinity, untilMs: Infinity }];

export class History {
  readonly #paths = new Map<string, Version[]>();

  /** From now on. */
  record(path: string, content: Buffer | undefined, nowMs: number): void {
    const versions = this.#paths.get(path) ?? [{ content: undefined, fromMs: -Infinity, untilMs: Infinity }];
    versions.at(-1)!.untilMs = nowMs;
    versions.push({ content, fromMs: nowMs, untilMs: Infinity });
    this.#paths.set(path, versions);
  }

  current(path: string): Buffer | undefined {
    return this.#paths.get(path)?.at(-1)?.content;
  }

  /** Those that existed at some moment from `fromMs` to `toMs`. */
  within(path: string, fromMs: number, toMs: number): readonly Version[] {
    return (this.#paths.get(path) ?? NOTHING).filter((version) => version.fromMs <= toMs && version.untilMs >= fromMs);
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
