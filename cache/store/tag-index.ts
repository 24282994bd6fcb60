// Which rows have a tag. Most tags of a large store are on one object (the number of an article), a few on very many:
// one row is kept as it is, a set begins with the second.

export class TagIndex {
  readonly #rows = new Map<string, number | Set<number>>();

  get tags(): number {
    return this.#rows.size;
  }

  /** A copy: what is done to the rows may change the index. */
  rowsOf(tag: string): readonly number[] {
    const rows = this.#rows.get(tag);
    if (rows === undefined) return [];
    return typeof rows === 'number' ? [rows] : [...rows];
  }

  /** Whether any row has it. */
  has(tag: string): boolean {
    return this.#rows.has(tag);
  }

  isOf(tag: string, row: number): boolean {
    const rows = this.#rows.get(tag);
    return typeof rows === 'object' ? rows.has(row) : rows === row;
  }

  add(tag: string, row: number): void {
    const rows = this.#rows.get(tag);
    if (rows === undefined) this.#rows.set(tag, row);
    else if (typeof rows !== 'number') rows.add(row);
    else if (rows !== row) this.#rows.set(tag, new Set([rows, row]));
  }

  remove(tag: string, row: number): void {
    const rows = this.#rows.get(tag);
    if (rows === undefined) return;
    if (typeof rows !== 'number') rows.delete(row);
    if (rows === row || (typeof rows !== 'number' && rows.size === 0)) this.#rows.delete(tag);
  }
}
