// What purges have to know of every stored object, in columns: they read these and touch no object. Of a million objects
// a walk over the keys took 1 s on a busy machine, one over a column 2 to 8 ms.
//
//   row        0                  1
//   key        http://host/a/b    http://host/c
//   fate       valid              gone              marked by a purge, carried out when the object is next looked at
//   level 0    #http://host/      #http://host/     hashes of the folders that the key is in; 0: it is in none so deep
//   level 1    #http://host/a/    0

/** What has become of the object of a row, in the order in which it may change. */
export const FATES = { none: 0, valid: 1, stale: 2, invalid: 3, gone: 4 } as const;
export type Fate = (typeof FATES)[keyof typeof FATES];
/** What a purge makes of what it finds. */
export type Mark = typeof FATES.stale | typeof FATES.invalid | typeof FATES.gone;

const LEVELS = 8;
const ROWS_AT_FIRST = 1024;

/** The innermost folder of a text, as far as there are levels. */
interface Folder {
  /** -1: none. */
  level: number;
  /** Where the text goes on behind it. */
  end: number;
}

export class Rows {
  /** Rows that are in use or were: all are below. */
  #count = 0;
  #room = ROWS_AT_FIRST;
  readonly #free: number[] = [];
  readonly #keys: (string | undefined)[] = [];
  #fates = new Uint8Array(ROWS_AT_FIRST);
  #mixed = new Uint8Array(ROWS_AT_FIRST);
  #elsewhere = new Uint8Array(ROWS_AT_FIRST);
  #slots = new Uint32Array(ROWS_AT_FIRST);
  #levels = Array.from({ length: LEVELS }, () => new Uint32Array(ROWS_AT_FIRST));
  readonly #hashes = new Uint32Array(LEVELS);
  #gone = 0;

  /** How many are marked as gone. */
  get gone(): number {
    return this.#gone;
  }

  get count(): number {
    return this.#count;
  }

  /** @param slot of the key's generation. */
  add(key: string, slot: number): number {
    const row = this.#free.pop() ?? this.#count++;
    if (row === this.#room) this.#grow();
    this.#keys[row] = key;
    this.#fates[row] = FATES.valid;
    this.#mixed[row] = this.#elsewhere[row] = 0;
    this.#slots[row] = slot;
    this.#hash(key);
    for (let level = 0; level < LEVELS; level++) this.#levels[level]![row] = this.#hashes[level]!;
    return row;
  }

  remove(row: number): void {
    if (this.#fates[row] === FATES.gone) this.#gone -= 1;
    this.#fates[row] = FATES.none;
    this.#keys[row] = undefined;
    this.#free.push(row);
  }

  keyOf(row: number): string | undefined {
    return this.#keys[row];
  }

  slotOf(row: number): number {
    return this.#slots[row]!;
  }

  fateOf(row: number): Fate {
    return this.#fates[row] as Fate;
  }

  /** Whether the object's variants differ in their tags. */
  isMixed(row: number): boolean {
    return this.#mixed[row] === 1;
  }

  setMixed(row: number, mixed: boolean): void {
    this.#mixed[row] = mixed ? 1 : 0;
  }

  /** Whoever else has the object counts it when it is purged. */
  setElsewhere(row: number, elsewhere: boolean): void {
    this.#elsewhere[row] = elsewhere ? 1 : 0;
  }

  /** Nobody else has any of them. */
  forgetElsewhere(): void {
    this.#elsewhere.fill(0);
  }

  isElsewhere(row: number): boolean {
    return this.#elsewhere[row] === 1;
  }

  /** How many objects that were, of those that are counted here: none, where what is in this row is gone already. */
  mark(row: number, fate: Mark): 0 | 1 {
    const before = this.#fates[row]!;
    if (before === FATES.none || before === FATES.gone) return 0;
    this.#fates[row] = Math.max(before, fate);
    if (fate === FATES.gone) this.#gone += 1;
    return this.isElsewhere(row) ? 0 : 1;
  }

  /** What it was marked with has been carried out. */
  settle(row: number): void {
    this.#fates[row] = FATES.valid;
  }

  /**
   * Marks what has a key that begins with `prefix`, and tells how many there were. Where the prefix is a folder, hashes alone
   * decide: one object in 2^32 goes with it that should not, and forgetting too much is never wrong.
   */
  markUnder(prefix: string, fate: Mark): number {
    const { level, end } = this.#hash(prefix);
    const exact = end === prefix.length;
    const hashes = this.#levels[level];
    const wanted = this.#hashes[level];
    let marked = 0;
    for (let row = 0; row < this.#count; row++) {
      if (hashes && hashes[row] !== wanted) {
        // Purges are rare, and code that is not warm looks at a million rows in 40 ms.
        row = hashes.indexOf(wanted!, row);
        if (row < 0) break;
      }
      if (!exact && this.#keys[row]?.startsWith(prefix) !== true) continue;
      marked += this.mark(row, fate);
    }
    return marked;
  }

  /** FNV-1a up to each '/' from the end of the authority on. */
  #hash(text: string): Folder {
    this.#hashes.fill(0);
    const folder: Folder = { level: -1, end: 0 };
    const scheme = text.indexOf('://');
    if (scheme < 0) return folder;
    let hash = 0x811c9dc5;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      hash = Math.imul(hash ^ code, 0x01000193);
      if (code !== 0x2f || i < scheme + 3) continue;
      folder.level += 1;
      folder.end = i + 1;
      this.#hashes[folder.level] = hash === 0 ? 1 : hash;
      if (folder.level === LEVELS - 1) break;
    }
    return folder;
  }

  #grow(): void {
    this.#room *= 2;
    this.#fates = copied(this.#fates, new Uint8Array(this.#room));
    this.#mixed = copied(this.#mixed, new Uint8Array(this.#room));
    this.#elsewhere = copied(this.#elsewhere, new Uint8Array(this.#room));
    this.#slots = copied(this.#slots, new Uint32Array(this.#room));
    this.#levels = this.#levels.map((column) => copied(column, new Uint32Array(this.#room)));
  }
}

function copied<Column extends Uint8Array | Uint32Array>(from: Column, to: Column): Column {
  to.set(from);
  return to;
}
