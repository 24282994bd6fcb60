// A body whose length nobody knows before its end, to the client whose question has brought it: from the record that it arrives in,
// and behind that, where it turns out to be more than may be stored, from the origin.
import { native } from '../../native/index.ts';
import type { FieldList } from '../../http/response.ts';
import type { Source } from '../plan.ts';
import type { OriginAnswer } from './origin-answer.ts';
import { OriginSource } from './source.ts';

const PIECE_BYTES = 64 << 10;

export class UnsizedSource implements Source {
  readonly #record: string;
  #isHeld: boolean;
  /** In the record: all of it, and what the client has had. */
  #there = 0;
  #sent = 0;
  #ended = false;
  #failure: string | undefined;
  #beyond: OriginSource | undefined;
  #wake: () => void = () => undefined;

  /** @param record that is there now, of a body that arrives. */
  constructor(record: string) {
    this.#record = record;
    this.#isHeld = native.holdKept(record);
  }

  get trailers(): FieldList {
    return this.#beyond?.trailers ?? [];
  }

  /** The client wants no more, or has all. */
  get isOver(): boolean {
    return !this.#isHeld;
  }

  /** The record has so many bytes more. */
  rose(bytes: number): void {
    this.#there += bytes;
    this.#wake();
  }

  /** The record has all of it. */
  end(): void {
    this.#ended = true;
    this.#wake();
  }

  fail(text: string): void {
    this.#failure = text;
    this.#wake();
  }

  /** The record has had its last bytes: what comes from here on, `chunk` first, is for this client alone. */
  goOn(chunk: Uint8Array, answer: OriginAnswer): void {
    const beyond = (this.#beyond = new OriginSource(answer));
    beyond.push(chunk);
    answer.take({ data: (next) => beyond.push(next), end: () => beyond.end([]), failed: ({ text }) => beyond.fail(text) });
    this.#wake();
  }

  async pull(): Promise<Uint8Array | undefined> {
    for (;;) {
      if (this.#sent < this.#there && this.#isHeld) return this.#read();
      if (this.#beyond || this.#ended || this.#failure !== undefined) this.#letGo();
      if (this.#beyond) return this.#beyond.pull();
      if (this.#failure !== undefined) throw new Error(this.#failure);
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  /** What arrives goes on for those who share it. */
  cancel(reason: string): void {
    this.#letGo();
    this.#ended = true;
    this.#beyond?.cancel(reason);
    this.#wake();
  }

  #read(): Uint8Array {
    const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, this.#there - this.#sent));
    const bytes = native.readKept(this.#record, this.#sent, piece);
    if (bytes <= 0) throw new Error(`a body that arrives could not be read: ${bytes}`);
    this.#sent += bytes;
    return piece.subarray(0, bytes);
  }

  #letGo(): void {
    if (this.#isHeld) native.letGoKept(this.#record);
    this.#isHeld = false;
  }
}
