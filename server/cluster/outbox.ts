// Purges of this node on their way into the stream. One stays here until it was read back from there: Redis may have taken it and
// lost it again, where a replica takes over that had not heard of it.
//
//   publish() ── waiting ── taken() ── in the stream, it says ── readBack() ── done
//                   ^                                      └── not there, when what comes behind it was read: once more
import type { Purge, Unpublished } from '../../cache/store/messages.ts';
import { isBefore, nameOf, type Told } from './entry.ts';

export interface OutboxOptions {
  /** Purges that were not read back. */
  readonly queueMax: number;
  /** The longest that publish() waits. */
  readonly timeoutMs: number;
}

export interface Publication {
  readonly sequence: number;
  readonly told: Told;
}

interface Waiting extends Publication {
  readonly bytes: number;
  /** Whoever asked for it is answered, once. */
  readonly answer: (outcome: Unpublished | undefined) => void;
}

interface Taken {
  readonly publication: Waiting;
  readonly id: string;
}

/** Of the names of all that are here. */
const QUEUE_BYTES_MAX = 16 << 20;

export class Outbox {
  readonly #options: OutboxOptions;
  readonly #waiting = new Map<number, Waiting>();
  readonly #taken = new Map<number, Taken>();
  #bytes = 0;
  #sequence = 0;
  #closed = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** How many Redis has not taken. */
  get queued(): number {
    return this.#waiting.size;
  }

  /** Of whatever this node writes next. */
  nextSequence(): number {
    return ++this.#sequence;
  }

  /** Resolves when Redis has it; otherwise with what has become of it by then. */
  publish(purge: Purge, soft: boolean): Promise<Unpublished | undefined> {
    const bytes = Buffer.byteLength(nameOf(purge));
    if (this.#closed || this.#waiting.size + this.#taken.size >= this.#options.queueMax || this.#bytes + bytes > QUEUE_BYTES_MAX) return Promise.resolve('dropped');
    return new Promise((resolve) => {
      const late = setTimeout(() => resolve('queued'), this.#options.timeoutMs);
      const sequence = this.nextSequence();
      this.#bytes += bytes;
      this.#waiting.set(sequence, {
        sequence, told: { kind: 'purge', purge, soft }, bytes,
        answer: (outcome) => {
          clearTimeout(late);
          resolve(outcome);
        },
      });
    });
  }

  /** The first of what waits. */
  next(count: number): readonly Publication[] {
    const first: Publication[] = [];
    for (const publication of this.#waiting.values()) {
      if (first.length === count) break;
      first.push(publication);
    }
    return first;
  }

  /** Redis has it, under that id. */
  taken(sequence: number, id: string): void {
    const publication = this.#answered(sequence);
    if (publication) this.#taken.set(sequence, { publication, id });
  }

  /** It is in the stream. Redis may not have told so. */
  readBack(sequence: number): void {
    const publication = this.#taken.get(sequence)?.publication ?? this.#answered(sequence);
    if (publication) this.#bytes -= publication.bytes;
    this.#taken.delete(sequence);
  }

  /** All up to `id` was read. @returns how many are not there though they were taken: they wait again. */
  readUpTo(id: string): number {
    let lost = 0;
    for (const [sequence, taken] of this.#taken) {
      if (isBefore(id, taken.id)) continue;
      this.#taken.delete(sequence);
      this.#waiting.set(sequence, taken.publication);
      lost += 1;
    }
    return lost;
  }

  /** Everybody purges everything: what was taken is done with. */
  forgetTaken(): void {
    for (const sequence of this.#taken.keys()) this.readBack(sequence);
  }

  /** Nothing more is taken in. @returns how many Redis never had. */
  close(): number {
    this.#closed = true;
    const left = this.#waiting.size;
    for (const { answer } of this.#waiting.values()) answer('dropped');
    this.#waiting.clear();
    this.#taken.clear();
    this.#bytes = 0;
    return left;
  }

  #answered(sequence: number): Waiting | undefined {
    const publication = this.#waiting.get(sequence);
    this.#waiting.delete(sequence);
    publication?.answer(undefined);
    return publication;
  }
}
