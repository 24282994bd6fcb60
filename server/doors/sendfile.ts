/**
 * sendfile(2) for sockets and responses of Node. `pagecast/sendfile`.
 *
 *     res.setHeader('Content-Length', size);
 *     await sendFile(res, '/srv/film.mp4');
 *     res.end();
 *
 * A file leaves from the page cache, without a thread that waits and without a copy in the process, wherever the bytes on the wire are those
 * of the file: on a net.Socket, and on a response of node:http whose Content-Length is set. Elsewhere (TLS, HTTP/2, chunks, any other stream)
 * it is read and written as fast as it is taken. Nothing is guarded: what somebody writes into the file meanwhile is sent.
 */
import { close } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { CarriageError } from './carrier.ts';
import { sendDescriptor } from './descriptor.ts';
import { copyFile, type FilePart } from './file-copy.ts';
import { openedFile, partOf, type OpenedFile } from './opened-file.ts';
import { hasNoBody, isIntercepted, promisedBytes } from './response-head.ts';
import { AbortError, checkedArguments, SendFileError, type CheckedArguments } from './sendfile-arguments.ts';
import { isPlain, lend } from './sockets.ts';
import { inTurn } from './turns.ts';

export { CarriageError, SendFileError };

export interface SendFileOptions {
  /** The first byte to send. Default 0. */
  readonly offset?: number;
  /** Bytes to send. Default: all behind `offset`. */
  readonly length?: number;
  /** Ends it: before its first byte nothing is sent, later the socket is destroyed. */
  readonly signal?: AbortSignal;
}

/**
 * Sends a file, or a part of it, behind everything that was written before; what is written to a socket meanwhile waits for it. A response whose
 * head is not made yet gets it when the file is open: there, and where the file is copied, more is written when this has resolved.
 * @param target a net.Socket, a response of node:http, node:https or node:http2, or any other Writable.
 * @param file a path (text, Buffer, file: URL), or an open regular file (descriptor, FileHandle), which stays open and the caller's.
 * @returns how many bytes of the file were sent; 0 where a response has no body (HEAD, 204, 304).
 * @throws TypeError, RangeError, SendFileError (ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE, ERR_HTTP_CONTENT_LENGTH_MISMATCH,
 *   ERR_FILE_SHORTENED), errors of open(2), AbortError: before the first byte, and the target is as it was unless its head was made.
 *   CarriageError (EPIPE, ECONNRESET, ERR_FILE_SHORTENED) and AbortError behind it: what has begun and cannot be completed is destroyed.
 */
export async function sendFile(target: Socket | Writable, file: string | Buffer | URL | number | FileHandle, options: SendFileOptions = {}): Promise<number> {
  const wanted = checkedArguments(target, file, options);
  if (wanted.signal?.aborted) throw new AbortError(wanted.signal.reason);
  const opened = openedFile(file);
  opened.catch(() => undefined); // whoever comes to it tells
  if (target instanceof ServerResponse) return onResponse(target as ServerResponse, opened, wanted);
  if (!isPlain(target) || !(target.connecting || lend(target))) return using(opened, wanted, (part) => copyFile(target, part, wanted.signal));
  return onSocket(target, opened, wanted, (part) => part.length);
}

async function onResponse(response: ServerResponse, opened: Promise<OpenedFile>, wanted: CheckedArguments): Promise<number> {
  if (!response.headersSent) await opened;
  const { socket } = response;
  const promised = promisedBytes(response);
  const check = (part: FilePart): number => {
    if (hasNoBody(response)) return 0;
    if (promised !== undefined && part.length > promised) {
      throw new SendFileError('ERR_HTTP_CONTENT_LENGTH_MISMATCH', `${part.length} bytes are more than the ${promised} of Content-Length`);
    }
    return part.length;
  };
  if (promised === undefined || hasNoBody(response) || isIntercepted(response) || !isPlain(socket) || !lend(socket)) {
    return using(opened, wanted, (part) => (check(part) === 0 ? Promise.resolve(0) : copyFile(response, part, wanted.signal)));
  }
  if (!response.headersSent) await using(opened, wanted, (part) => Promise.resolve(check(part)), true);
  response.flushHeaders();
  // What Node would count is what it writes itself; what leaves here was held against the length above.
  response.strictContentLength = false;
  try {
    return await onSocket(socket, opened, wanted, check);
  } catch (error) {
    response.destroy(); // its head has promised what will not come
    throw error;
  }
}

/** @param check of a part: how many bytes of it are to be sent. It throws where it must not be. */
async function onSocket(socket: Socket, opened: Promise<OpenedFile>, wanted: CheckedArguments, check: (part: FilePart) => number): Promise<number> {
  const { signal } = wanted;
  return new Promise((resolve, reject) => {
    let begun = false;
    const abandoned = (error: unknown): void => {
      signal?.removeEventListener('abort', aborted);
      reject(error instanceof Error ? error : new Error(String(error)));
    };
    const aborted = (): void => {
      if (!begun) abandoned(new AbortError(signal?.reason));
    };
    signal?.addEventListener('abort', aborted);
    const act = async (): Promise<void> => {
      if (signal?.aborted) return void opened.then(({ fd }) => close(fd), () => undefined);
      begun = true;
      try {
        resolve(await using(opened, wanted, (part) => (check(part) === 0 ? Promise.resolve(0) : sendDescriptor(socket, part, signal))));
      } catch (error) {
        abandoned(error);
      } finally {
        signal?.removeEventListener('abort', aborted);
      }
    };
    inTurn(socket, act).catch((error: unknown) => {
      if (!begun) opened.then(({ fd }) => close(fd), () => undefined);
      abandoned(error);
    });
  });
}

/** Whatever becomes of it, our descriptor is closed behind it, unless it `stays`. */
async function using(opened: Promise<OpenedFile>, wanted: CheckedArguments, use: (part: FilePart) => Promise<number>, stays = false): Promise<number> {
  const file = await opened;
  let used = false;
  try {
    const part = partOf(file, wanted);
    const bytes = await use(part);
    used = true;
    return bytes;
  } finally {
    if (!stays || !used) close(file.fd);
  }
}
