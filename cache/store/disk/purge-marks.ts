// The purges that stored heads are judged by: of each name the last one of each effect.
import { staleFrom } from '../../policy/freshness.ts';
import type { Purge } from '../messages.ts';
import type { StoredObject, Variant } from '../object.ts';

/** What becomes of what a purge names: it is gone, stale from then on, or to be validated before it is used (RFC 9111 §4.4). */
export type Effect = 'gone' | 'stale' | 'invalid';

export interface PurgeRecord {
  /** From 1, one more with each purge. */
  readonly sequence: number;
  /** Milliseconds since 1970: what is stale is so from then on. */
  readonly timeMs: number;
  readonly effect: Effect;
  readonly purge: Purge;
}

type Marks = { [E in Effect]?: PurgeRecord | undefined };

/** Each one is compared with a key at every look. */
export const PREFIXES_MAX = 256;

export class PurgeMarks {
  readonly #everything: Marks = {};
  readonly #keys = new Map<string, Marks>();
  readonly #tags = new Map<string, Marks>();
  readonly #prefixes = new Map<string, Marks>();

  note(record: PurgeRecord): void {
    if (record.effect !== 'gone') {
      this.#marksOf(record.purge)[record.effect] = record;
      return;
    }
    if (record.purge.by === 'everything') this.clear();
    // What was before asked for less.
    Object.assign(this.#marksOf(record.purge), { gone: record, stale: undefined, invalid: undefined } satisfies Marks);
  }

  clear(): void {
    Object.assign(this.#everything, { gone: undefined, stale: undefined, invalid: undefined } satisfies Marks);
    this.#keys.clear();
    this.#tags.clear();
    this.#prefixes.clear();
  }

  /** Forgets those up to `sequence`. */
  forget(sequence: number): void {
    const later = this.records().filter((record) => record.sequence > sequence);
    this.clear();
    for (const record of later) this.note(record);
  }

  get prefixes(): number {
    return this.#prefixes.size;
  }

  /** By their numbers. */
  records(): readonly PurgeRecord[] {
    const all = [this.#everything, ...this.#keys.values(), ...this.#tags.values(), ...this.#prefixes.values()];
    const records = all.flatMap(({ gone, stale, invalid }) => [gone, stale, invalid]).filter((record) => record !== undefined);
    return records.sort((one, other) => one.sequence - other.sequence);
  }

  /** What there is, now, of an object whose head was written after purge `sequence`: itself where nothing has changed, undefined where nothing is left. */
  judge(object: StoredObject, sequence: number): StoredObject | undefined {
    const whole = this.#lastOf(object.key);
    if (concerns(whole.gone, sequence)) return undefined;
    const variants = object.variants.map((variant) => this.#judgeVariant(variant, whole, sequence)).filter((variant) => variant !== undefined);
    if (variants.length === 0) return undefined;
    const same = variants.length === object.variants.length && variants.every((variant, index) => variant === object.variants[index]);
    return same ? object : { ...object, variants };
  }

  #judgeVariant(variant: Variant, whole: Marks, sequence: number): Variant | undefined {
    const last = { ...whole };
    for (const tag of variant.tags) extend(last, this.#tags.get(tag));
    if (concerns(last.gone, sequence)) return undefined;
    const spent = concerns(last.stale, sequence) ? staleFrom(variant, last.stale.timeMs) : variant;
    return concerns(last.invalid, sequence) && !variant.invalid ? { ...spent, invalid: true } : spent;
  }

  #lastOf(key: string): Marks {
    const last: Marks = {};
    extend(last, this.#everything);
    extend(last, this.#keys.get(key));
    for (const [prefix, marks] of this.#prefixes) if (key.startsWith(prefix)) extend(last, marks);
    return last;
  }

  #marksOf(purge: Purge): Marks {
    switch (purge.by) {
      case 'everything': return this.#everything;
      case 'key': return madeIn(this.#keys, purge.key);
      case 'tag': return madeIn(this.#tags, purge.tag);
      case 'prefix': return madeIn(this.#prefixes, purge.prefix);
    }
  }
}

function concerns(record: PurgeRecord | undefined, sequence: number): record is PurgeRecord {
  return record !== undefined && record.sequence > sequence;
}

function extend(last: Marks, marks: Marks | undefined): void {
  for (const record of [marks?.gone, marks?.stale, marks?.invalid]) {
    if (record && !concerns(last[record.effect], record.sequence)) last[record.effect] = record;
  }
}

function madeIn(map: Map<string, Marks>, name: string): Marks {
  let marks = map.get(name);
  if (!marks) map.set(name, (marks = {}));
  return marks;
}
