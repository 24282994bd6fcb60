// Bytes of a record into JavaScript, by the way that answers take: sent into one end of a socket pair by the engine, which keeps them of one
// version as it does for a client on this host, and read at the other as fast as they are wanted.
import { constants } from 'node:os';
import { Socket } from 'node:net';
import { native } from '../../native/index.ts';
import { UNTIL_END } from '../plan.ts';
import type { RecordBytes, RecordSpan } from '../plan-body.ts';
import { Carrier, CarriageError } from './carrier.ts';

/** Of the engine of this thread. */
export const carried: RecordBytes = { get engine() { return Carrier.get().engine; }, bridged };

/** @throws CarriageError, when what came before it is not all. Whoever stops early ends the sending. */
export async function* bridged(span: RecordSpan): AsyncGenerator<Buffer, void, void> {
  const carrier = Carrier.get();
  const ends = new Int32Array(2);
  const failed = native.socketPair(ends);
  if (failed < 0) throw new CarriageError(-failed);
  const lent = carrier.lend(ends[0]!);
  native.closeDescriptor(ends[0]!);
  const reader = new Socket({ fd: ends[1]!, readable: true, writable: false });
  if (typeof lent === 'number') {
    reader.destroy();
    throw new CarriageError(-lent);
  }
  // The end of what was sent is the end of the connection, whatever its reason.
  const sent = carrier.send(lent, span).then(() => undefined, (error: unknown) => error).finally(() => carrier.takeBack(lent, false));
  let bytes = 0;
  try {
    for await (const chunk of reader as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      yield chunk;
    }
    const error = await sent;
    if (error instanceof Error) throw error;
    if (bytes !== span.length && span.length < UNTIL_END) throw new CarriageError(constants.errno.EPIPE);
  } finally {
    reader.destroy();
    carrier.takeBack(lent, true);
  }
}
