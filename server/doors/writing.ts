// Bytes into a stream of Node as fast as it takes them, and the end of one that cannot be completed.
import { constants } from 'node:http2';
import type { Writable } from 'node:stream';
import { AbortError } from './sendfile-arguments.ts';

/** Who was to take it is gone. */
class GoneError extends Error {
  override readonly name = 'GoneError';
  readonly code = 'ERR_STREAM_PREMATURE_CLOSE';
}

interface Stream {
  readonly closed: boolean;
  close(code: number): void;
}

/** What has begun must not look complete: a reset, also of one stream of HTTP/2, where an end without an error would be one in good order. */
export function breakOff(target: Writable): void {
  const stream = 'stream' in target ? (target.stream as Stream | undefined) : 'close' in target && 'session' in target ? (target as unknown as Stream) : undefined;
  if (stream && typeof stream.close === 'function') stream.close(constants.NGHTTP2_INTERNAL_ERROR);
  else target.destroy();
}

/** One who writes to a stream, piece by piece. */
export class Writer {
  readonly #target: Writable;
  readonly #signal: AbortSignal | undefined;
  #room: Promise<void> | undefined;

  constructor(target: Writable, signal?: AbortSignal) {
    this.#target = target;
    this.#signal = signal;
  }

  /** Writes when there is room, and does not wait until it is taken: who has all of it may close at once. `chunk` is the stream's from now on. @throws GoneError, AbortError */
  async write(chunk: Uint8Array): Promise<void> {
    await this.#room;
    this.#room = undefined;
    if (this.#target.destroyed || this.#target.closed) throw new GoneError('the stream is closed');
    if (this.#signal?.aborted) throw new AbortError(this.#signal.reason);
    if (this.#target.write(chunk)) return;
    this.#room = roomIn(this.#target, this.#signal);
    this.#room.catch(() => undefined); // whoever writes more is told
  }
}

function roomIn(target: Writable, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const over = (): void => {
      target.off('drain', drained).off('close', closed).off('error', closed);
      signal?.removeEventListener('abort', aborted);
    };
    const drained = (): void => {
      over();
      resolve();
    };
    const closed = (): void => {
      over();
      reject(new GoneError('the stream was closed before all was written'));
    };
    const aborted = (): void => {
      over();
      reject(new AbortError(signal?.reason));
    };
    target.on('drain', drained).on('close', closed).on('error', closed);
    signal?.addEventListener('abort', aborted);
  });
}
