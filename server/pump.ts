// The one exception to "never per chunk": a body pulled from JavaScript. One chunk is under way at a time, so a slow
// peer slows its source down.
import { encodeLastChunk, type FieldList } from '../http/response.ts';
import type { Connection } from './connection.ts';
import type { AccessRecord } from './log/record.ts';
import type { Outbox } from './outbox.ts';
import type { Plan, Source } from './plan.ts';

interface Pumping {
  flushSoon(): void;
  close(connection: Connection, hard: boolean): void;
  /** The answer of this record ends before its last piece. */
  cutOff(record: AccessRecord | undefined): void;
}

/** How an answer with a source begins and ends. */
export interface Pumped {
  readonly connection: Connection;
  readonly plan: Plan;
  readonly source: Source;
  readonly tail: Uint8Array;
  /** RFC 9112 §7.1; else the end of the connection ends the body, or a length in the head. */
  readonly chunked: boolean;
  readonly after: number;
  readonly record: AccessRecord | undefined;
}

const CHUNKED = Buffer.from('Transfer-Encoding: chunked\r\n', 'latin1');
const NO_TRAILERS: FieldList = [];
const NOTHING = new Uint8Array(0);

/** Sends head and source. Resolves when the last piece is queued; rejects when the source did: the connection is reset. */
export async function pump(answer: Pumped, loop: Pumping, outbox: Outbox): Promise<void> {
  const { connection, source, plan, tail, chunked } = answer;
  connection.answering = true;
  let room: (() => void) | undefined;
  connection.wake = () => {
    if (connection.gone) source.cancel('the connection is gone');
    room?.();
  };
  outbox.bytes(connection, Buffer.concat([plan.head, chunked ? inChunks(tail) : tail]), 0, undefined);
  const promisedBytes = promised(plan);
  let bytes = 0;
  try {
    for (let chunk = await source.pull(); chunk !== undefined && !isGone(connection); chunk = await source.pull()) {
      if (chunk.length === 0) continue;
      bytes += chunk.length;
      if (bytes > promisedBytes) throw new Error(`a source gave more than the ${promisedBytes} bytes of its Content-Length`);
      outbox.bytes(connection, chunked ? framed(chunk) : chunk, 0, undefined);
      loop.flushSoon();
      await Promise.resolve(); // the flush that was asked for runs before this goes on
      if (connection.unsent.length > 0) await new Promise<void>((resolve) => (room = resolve));
      if (isGone(connection)) break;
    }
    if (bytes !== promisedBytes && promisedBytes !== Infinity && !isGone(connection)) throw new Error(`a source gave ${bytes} of the ${promisedBytes} bytes of its Content-Length`);
  } catch (error) {
    counted(answer.record, bytes);
    loop.cutOff(answer.record);
    if (isGone(connection)) return; // it was cancelled
    // A body that cannot be finished must not look finished (RFC 9112 §8).
    loop.close(connection, true);
    throw error;
  } finally {
    connection.answering = false;
    connection.wake = undefined;
  }
  counted(answer.record, bytes);
  if (isGone(connection)) {
    loop.cutOff(answer.record);
    return;
  }
  outbox.bytes(connection, chunked ? encodeLastChunk(source.trailers ?? NO_TRAILERS) : NOTHING, answer.after, answer.record, plan.result);
  loop.flushSoon();
}

function counted(record: AccessRecord | undefined, bytes: number): void {
  if (record) record.bodyBytes = bytes;
}

/** The end of a head whose body comes in chunks. */
export function inChunks(tail: Uint8Array): Uint8Array {
  return Buffer.concat([CHUNKED, tail]);
}

/** How long the head says the body is; Infinity where it does not. */
function promised({ framing, fields }: Plan): number {
  return framing === 'length' ? Number(fields.find(([name]) => name.toLowerCase() === 'content-length')?.[1]) : Infinity;
}

/** Asked anew after each wait, which may have seen it go. */
function isGone(connection: Connection): boolean {
  return connection.gone;
}

function framed(chunk: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`, 'latin1'), chunk, Buffer.from('\r\n', 'latin1')]);
}
