// The burst sink's way out: plans become command records and bytes in the areas shared with the engine, and leave in
// one native call. A command that does not fit makes the ones before it leave first.
import type { Areas, Engine, Layout } from '../native/index.ts';
import type { Connection } from './connection.ts';
import type { AccessRecord } from './log/record.ts';
import type { RequestMetrics } from './metrics/request-metrics.ts';
import { SPAN_BYTES, SPAN_GROWING, type Plan, type Span } from './plan.ts';

const NO_SPANS: readonly Span[] = [];
/** In place of a plan's result: the command does not end an answer. */
export const NO_ANSWER = -1;

/** A command that has yet to be carried out: which answer it ends, if it does. */
export interface Unsent {
  readonly record: AccessRecord | undefined;
  /** Of the plan; NO_ANSWER: it is a piece of one. */
  readonly cacheResult: number;
  readonly begunMs: number;
}

/** Hears of each command that is not DONE, and of each that carried a record; `result` is one of layout.results. */
export type Settle = (connection: Connection, unsent: Unsent, result: number) => void;

export class Outbox {
  readonly #engine: Engine;
  readonly #areas: Areas;
  readonly #layout: Layout;
  readonly #commandWords: number;
  readonly #spanWords: number;
  readonly #metrics: RequestMetrics;
  readonly #settle: Settle;
  #owners: (Connection | undefined)[] = [];
  #records: (AccessRecord | undefined)[] = [];
  /** By command: the result of the answer that it ends, and since when that is due. */
  readonly #cacheResults: Int8Array;
  readonly #begunMs: Float64Array;
  #count = 0;
  #words = 0;
  #bytes = 0;
  #command = 0;

  constructor(engine: Engine, areas: Areas, layout: Layout, metrics: RequestMetrics, settle: Settle) {
    this.#engine = engine;
    this.#areas = areas;
    this.#layout = layout;
    this.#commandWords = layout.command.HEAD_WORDS;
    this.#spanWords = layout.span.WORDS;
    this.#metrics = metrics;
    this.#settle = settle;
    const commandsMax = Math.ceil(areas.commands.length / this.#commandWords);
    this.#cacheResults = new Int8Array(commandsMax);
    this.#begunMs = new Float64Array(commandsMax);
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
    this.#end(connection, after, record, plan.result);
  }

  /** Bytes on their own: an interim head, a piece of a source. @param cacheResult of the plan that ends with them. */
  bytes(connection: Connection, data: Uint8Array, after: number, record: AccessRecord | undefined, cacheResult = NO_ANSWER): void {
    this.#begin(connection, 1, 0);
    this.#spans(connection, data.length === 0 ? NO_SPANS : [{ kind: SPAN_BYTES, data, length: data.length }], false);
    this.#end(connection, after, record, cacheResult);
  }

  /** Bytes and records of no answer in particular, in order. */
  pieces(connection: Connection, spans: readonly Span[], after: number): void {
    this.#begin(connection, spans.length, 0);
    this.#spans(connection, spans, false);
    this.#end(connection, after, undefined, NO_ANSWER);
  }

  /** Hands everything to the engine. */
  flush(): void {
    if (this.#count === 0) return;
    const unfinished = this.#engine.send(this.#words);
    const count = this.#count;
    this.#count = this.#words = this.#bytes = 0;
    const nowMs = performance.now();
    if (unfinished > 0 || this.#records.length > 0) this.#settleEach(count, nowMs);
    else for (let i = 0; i < count; ++i) this.#sent(i, nowMs);
  }

  #settleEach(count: number, nowMs: number): void {
    const { commands } = this.#areas;
    const owners = this.#owners;
    const records = this.#records;
    this.#owners = [];
    this.#records = [];
    const { SPANS, RESULT } = this.#layout.command;
    const { DONE } = this.#layout.results;
    for (let i = 0, at = 0; i < count; ++i) {
      const result = commands[at + RESULT]!;
      if (result === DONE) this.#sent(i, nowMs);
      if (result !== DONE || records[i]) this.#settle(owners[i]!, { record: records[i], cacheResult: this.#cacheResults[i]!, begunMs: this.#begunMs[i]! }, result);
      at += this.#commandWords + commands[at + SPANS]! * this.#spanWords;
    }
  }

  #sent(command: number, nowMs: number): void {
    const result = this.#cacheResults[command]!;
    if (result !== NO_ANSWER) this.#metrics.sent(result, this.#begunMs[command]!, nowMs);
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
        this.#end(connection, this.#layout.after.KEEP, undefined, NO_ANSWER);
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

  #end(connection: Connection, after: number, record: AccessRecord | undefined, cacheResult: number): void {
    this.#areas.commands[this.#command + this.#layout.command.AFTER] = after;
    if (record) this.#records[this.#count] = record;
    this.#cacheResults[this.#count] = cacheResult;
    if (cacheResult !== NO_ANSWER) {
      this.#begunMs[this.#count] = this.#metrics.begunMs(connection.slot);
      this.#metrics.clear(connection.slot);
    }
    ++this.#count;
  }
}
