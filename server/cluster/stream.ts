// The stream in Redis (6.2 and later, or Valkey), in terms of its entries.
import { entryOf, fieldsOf, isId, timeOf, type Entry, type Place, type Told } from './entry.ts';
import type { Link } from './link.ts';

export interface StreamOptions {
  /** Its key. */
  readonly stream: string;
  /** About so many entries are kept. */
  readonly entriesMax: number;
}

/** Older entries go, counted from the newest: a stream where little happens is not emptied by the time that passes. */
const ENTRY_AGE_MAX_MS = 7 * 24 * 3_600_000;

/** What is done with it. */
export type StreamAccess = Pick<PurgeStream, 'add' | 'from' | 'oldest' | 'more' | 'trim' | 'end'>;

export class PurgeStream {
  readonly #link: Link;
  readonly #key: string;
  readonly #entriesMax: number;

  constructor(link: Link, { stream, entriesMax }: StreamOptions) {
    this.#link = link;
    this.#key = stream;
    this.#entriesMax = entriesMax;
  }

  /** Where it is now. */
  async add(node: string, sequence: number, told: Told): Promise<Place> {
    const id = await this.#link.ask(['XADD', this.#key, 'MAXLEN', '~', String(this.#entriesMax), '*', ...fieldsOf(node, sequence, told)]);
    if (typeof id !== 'string' || !isId(id)) throw new Error('the answer to XADD is no id');
    return { id, node, sequence };
  }

  /** Entries from that one on, itself included where it is there: then none behind it was trimmed. */
  async from(id: string, count: number): Promise<readonly Entry[]> {
    return entriesOf(await this.#link.ask(['XRANGE', this.#key, id, '+', 'COUNT', String(count)]));
  }

  async oldest(): Promise<Entry | undefined> {
    return entriesOf(await this.#link.ask(['XRANGE', this.#key, '-', '+', 'COUNT', '1']))[0];
  }

  /** Resolves when there may be an entry behind that one, at the latest after so long. */
  async more(id: string, withinMs: number): Promise<void> {
    await this.#link.wait(['XREAD', 'COUNT', '1', 'BLOCK', String(withinMs), 'STREAMS', this.#key, id], withinMs);
  }

  /** What is too old goes, seen from that entry, which stays. */
  async trim(newest: string): Promise<void> {
    await this.#link.ask(['XTRIM', this.#key, 'MINID', '~', String(Math.max(timeOf(newest) - ENTRY_AGE_MAX_MS, 0))]);
  }

  end(error: unknown): void {
    this.#link.end(error);
  }
}

/** [[id, [name, value, …]], …] */
function entriesOf(reply: unknown): readonly Entry[] {
  if (!Array.isArray(reply)) throw new Error('the answer to XRANGE is no list');
  return reply.map((item: unknown) => {
    const [id, fields] = Array.isArray(item) ? (item as readonly unknown[]) : [];
    if (typeof id !== 'string' || !isId(id) || !isTexts(fields)) throw new Error('the answer to XRANGE has no entries');
    return entryOf(id, fields);
  });
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
