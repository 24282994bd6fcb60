// A part of an open file by sendfile(2), on a socket whose turn it is.
import { constants } from 'node:os';
import type { Socket } from 'node:net';
import { native } from '../../native/index.ts';
import { SPAN_FILE } from '../plan.ts';
import { Carrier, CarriageError } from './carrier.ts';
import type { FilePart } from './file-copy.ts';
import { AbortError } from './sendfile-arguments.ts';
import { lend, whileTaken } from './sockets.ts';

let records = 0;

/** @returns its length. @throws CarriageError, AbortError: the socket is destroyed. */
export async function sendDescriptor(socket: Socket, { fd, offset, length }: FilePart, signal: AbortSignal | undefined): Promise<number> {
  if (signal?.aborted) throw new AbortError(signal.reason);
  const carrier = Carrier.get();
  const lent = lend(socket);
  if (!lent) throw new CarriageError(socket.destroyed ? constants.errno.EPIPE : constants.errno.EMFILE);
  const own = native.duplicateDescriptor(fd);
  const file = own < 0 ? own : carrier.engine.begin(`sendfile:${++records}`, own);
  if (file < 0) {
    if (own >= 0) native.closeDescriptor(own);
    throw new CarriageError(-file);
  }
  carrier.engine.end(file, true);
  const aborted = (): void => carrier.takeBack(lent, true);
  signal?.addEventListener('abort', aborted);
  try {
    const sending = carrier.send(lent, { kind: SPAN_FILE, file, offset, length });
    carrier.engine.release(file); // what is under way holds it
    await whileTaken(socket, lent, sending);
    return length;
  } catch (error) {
    socket.destroy();
    throw signal?.aborted ? new AbortError(signal.reason) : error;
  } finally {
    signal?.removeEventListener('abort', aborted);
  }
}
