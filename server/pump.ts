// The one exception to "never per chunk": a body pulled from JavaScript. One chunk is under way at a time, so a slow
// peer slows its source down.
import type { Connection } from './connection.ts';
import type { AccessRecord } from './log/record.ts';
import type { Outbox } from './outbox.ts';
import type { Plan, Source } from './plan.ts';

interface Pumping {
  flushSoon(): void;
  close(connection: Connection, hard: boolean): void;
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
const LAST_CHUNK = Buffer.from('0\r\n\r\n', 'latin1');
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
  outbox.bytes(connection, Buffer.concat(chunked ? [plan.head, CHUNKED, tail] : [plan.head, tail]), 0, undefined);
  try {
    for (let chunk = await source.pull(); chunk !== undefined && !connection.gone; chunk = await source.pull()) {
      if (chunk.length === 0) continue;
      outbox.bytes(connection, chunked ? framed(chunk) : chunk, 0, undefined);
      loop.flushSoon();
      await Promise.resolve(); // the flush that was asked for runs before this goes on
      if (connection.unsent.length > 0) await new Promise<void>((resolve) => (room = resolve));
      if (connection.gone) break;
    }
  } catch (error) {
    // A body that cannot be finished must not look finished (RFC 9112 §8).
    if (!connection.gone) loop.close(connection, true);
    throw error;
  } finally {
    connection.answering = false;
    connection.wake = undefined;
  }
  if (connection.gone) return;
  outbox.bytes(connection, chunked ? LAST_CHUNK : NOTHING, answer.after, answer.record);
  loop.flushSoon();
}

function framed(chunk: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${chunk.length.toString(16)}\r\n`, 'latin1'), chunk, Buffer.from('\r\n', 'latin1')]);
}
