// The burst sink's way out: plans become command records and bytes in the areas shared with the engine, and leave in
// one native call. A command that does not fit makes the ones before it leave first.
import type { Areas, Engine, Layout } from '../native/index.ts';
import type { Connection } from './connection.ts';
import type { AccessRecord } from './log/record.ts';
import { SPAN_BYTES, SPAN_GROWING, type Plan, type Span } from './plan.ts';

const NO_SPANS: readonly Span[] = [];

/** Hears of each command that is PENDING, and of each that carried a record; `result` is one of layout.results. */
export type Settle = (connection: Connection, record: AccessRecord | undefined, result: number) => void;

export class Outbox {
  readonly #engine: Engine;
  readonly #areas: Areas;
  readonly #layout: Layout;
  readonly #commandWords: number;
  readonly #spanWords: number;
  readonly #settle: Settle;
  #owners: (Connection | undefined)[] = [];
  #records: (AccessRecord | undefined)[] = [];
  #count = 0;
  #words = 0;
  #bytes = 0;
  #command = 0;

  constructor(engine: Engine, areas: Areas, layout: Layout, settle: Settle) {
    this.#engine = engine;
    this.#areas = areas;
    this.#layout = layout;
    this.#commandWords = layout.command.HEAD_WORDS;
    this.#spanWords = layout.span.WORDS;
    this.#settle = settle;
  }

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Head, tail and spans of an answer; `after` is one of layout.after; `chunked`: what grows is sent in chunks. */
  answer(connection: Connection, plan: Plan, tail: Uint8Array, after: number, record: AccessRecord | undefined, chunked: boolean): void {
    const { spans } = plan;
    const headBytes = plan.head.length + tail.length;
    this.#begin(connection, 1 + spans.length, headBytes);
    const { tx } = this.#areas;
    const start = this.#bytes;
    tx.set(plan.head, start);
    tx.set(tail, start + plan.head.length);
    this.#bytes = start + headBytes;
    this.#span(SPAN_BYTES, 0, start, headBytes);
    this.#spans(connection, spans, chunked);
    this.#end(after, record);
  }

  /** Bytes on their own: an interim head, a piece of a source. */
  bytes(connection: Connection, data: Uint8Array, after: number, record: AccessRecord | undefined): void {
    this.#begin(connection, 1, 0);
    this.#spans(connection, data.length === 0 ? NO_SPANS : [{ kind: SPAN_BYTES, data, length: data.length }], false);
    this.#end(after, record);
  }

  /** Hands everything to the engine. */
  flush(): void {
    if (this.#count === 0) return;
    const { commands } = this.#areas;
    const unfinished = this.#engine.send(this.#words);
    const count = this.#count;
    const owners = this.#owners;
    const records = this.#records;
    const logged = records.length > 0;
    this.#count = this.#words = this.#bytes = 0;
    if (unfinished > 0 || logged) {
      this.#owners = [];
      this.#records = [];
      const { SPANS, RESULT } = this.#layout.command;
      const { PENDING } = this.#layout.results;
      for (let i = 0, at = 0; i < count; ++i) {
        const result = commands[at + RESULT]!;
        if (result === PENDING || records[i]) this.#settle(owners[i]!, records[i], result);
        at += this.#commandWords + commands[at + SPANS]! * this.#spanWords;
      }
    }
  }

  #begin(connection: Connection, spanCount: number, bytes: number): void {
    const words = this.#commandWords + spanCount * this.#spanWords;
    if (this.#words + words > this.#areas.commands.length || this.#bytes + bytes > this.#areas.tx.length) this.flush();
    const { commands } = this.#areas;
    const { SLOT, GENERATION, SPANS } = this.#layout.command;
    this.#command = this.#words;
    commands[this.#command + SLOT] = connection.slot;
    commands[this.#command + GENERATION] = connection.generation;
    commands[this.#command + SPANS] = 0;
    this.#words += this.#commandWords;
    this.#owners[this.#count] = connection;
  }

  #span(kind: number, file: number, offset: number, length: number): void {
    const { commands } = this.#areas;
    const { KIND, FILE, OFFSET, LENGTH } = this.#layout.span;
    const at = this.#words;
    commands[at + KIND] = kind;
    commands[at + FILE] = file;
    commands[at + OFFSET] = offset;
    commands[at + LENGTH] = length;
    this.#words = at + this.#spanWords;
    commands[this.#command + this.#layout.command.SPANS]! += 1;
  }

  #spans(connection: Connection, spans: readonly Span[], chunked: boolean): void {
    for (const span of spans) {
      if (span.kind === SPAN_BYTES) this.#copy(connection, span.data);
      else this.#span(chunked && span.kind === SPAN_GROWING ? this.#layout.spanKinds.CHUNKED : span.kind, span.file, span.offset, span.length);
    }
  }

  /** Bytes larger than the room left go out in several commands of the same answer, in order. */
  #copy(connection: Connection, data: Uint8Array): void {
    for (let done = 0; done < data.length;) {
      const room = this.#areas.tx.length - this.#bytes;
      if (room === 0 || this.#words + this.#spanWords > this.#areas.commands.length) {
        this.#end(this.#layout.after.KEEP, undefined);
        this.flush();
        this.#begin(connection, 1, 0);
        continue;
      }
      const length = Math.min(room, data.length - done);
      this.#areas.tx.set(data.subarray(done, done + length), this.#bytes);
      this.#span(SPAN_BYTES, 0, this.#bytes, length);
      this.#bytes += length;
      done += length;
    }
  }

  #end(after: number, record: AccessRecord | undefined): void {
    this.#areas.commands[this.#command + this.#layout.command.AFTER] = after;
    if (record) this.#records[this.#count] = record;
    ++this.#count;
  }
}
