// The purges that stored heads are judged by: of each name the last soft one and the last hard one.
import type { Purge } from '../messages.ts';
import type { StoredObject, Variant } from '../object.ts';

export interface PurgeRecord {
  /** From 1, one more with each purge. */
  readonly sequence: number;
  /** Milliseconds since 1970, for people: nothing is judged by it. */
  readonly timeMs: number;
  /** What it names is not gone, but invalid. */
  readonly soft: boolean;
  readonly purge: Purge;
}

interface Marks {
  hard: PurgeRecord | undefined;
  soft: PurgeRecord | undefined;
}

/** The last purge of each kind that concerns something; 0: none. */
interface Last {
  hard: number;
  soft: number;
}

/** Each one is compared with a key at every look. */
export const PREFIXES_MAX = 256;

export class PurgeMarks {
  readonly #everything: Marks = { hard: undefined, soft: undefined };
  readonly #keys = new Map<string, Marks>();
  readonly #tags = new Map<string, Marks>();
  readonly #prefixes = new Map<string, Marks>();

  note(record: PurgeRecord): void {
    if (record.purge.by === 'everything' && !record.soft) this.clear();
    const marks = this.#marksOf(record.purge);
    if (record.soft) marks.soft = record;
    else {
      marks.hard = record;
      // It was before, and asked for less.
      marks.soft = undefined;
    }
  }

  clear(): void {
    this.#everything.hard = undefined;
    this.#everything.soft = undefined;
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
    const records = all.flatMap(({ hard, soft }) => [hard, soft]).filter((record) => record !== undefined);
    return records.sort((one, other) => one.sequence - other.sequence);
  }

  /** What there is, now, of an object whose head was written after purge `sequence`: itself where nothing has changed, undefined where nothing is left. */
  judge(object: StoredObject, sequence: number): StoredObject | undefined {
    const whole = this.#lastOf(object.key);
    if (whole.hard > sequence) return undefined;
    const variants = object.variants.map((variant) => this.#judgeVariant(variant, whole, sequence)).filter((variant) => variant !== undefined);
    if (variants.length === 0) return undefined;
    const same = variants.length === object.variants.length && variants.every((variant, index) => variant === object.variants[index]);
    return same ? object : { ...object, variants };
  }

  #judgeVariant(variant: Variant, whole: Last, sequence: number): Variant | undefined {
    const last = { ...whole };
    for (const tag of variant.tags) extend(last, this.#tags.get(tag));
    if (last.hard > sequence) return undefined;
    return last.soft > sequence && !variant.invalid ? { ...variant, invalid: true } : variant;
  }

  #lastOf(key: string): Last {
    const last = { hard: 0, soft: 0 };
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

function extend(last: Last, marks: Marks | undefined): void {
  if (!marks) return;
  last.hard = Math.max(last.hard, marks.hard?.sequence ?? 0);
  last.soft = Math.max(last.soft, marks.soft?.sequence ?? 0);
}

function madeIn(map: Map<string, Marks>, name: string): Marks {
  let marks = map.get(name);
  if (!marks) map.set(name, (marks = { hard: undefined, soft: undefined }));
  return marks;
}
