// Bytes of a record into JavaScript by the loop's own engine: sent into one end of a socket pair as they would be to a client on this host, so
// that they are of one version, and read at the other as fast as they are wanted.
import { Socket } from 'node:net';
import { getSystemErrorName } from 'node:util';
import { layout, native, type Engine } from '../../native/index.ts';
import type { Connection } from '../connection.ts';
import type { Incomplete } from '../log/record.ts';
import type { Outbox } from '../outbox.ts';
import { UNTIL_END } from '../plan.ts';
import type { RecordBytes, RecordSpan } from '../plan-body.ts';
import type { Http2Loop } from './sessions.ts';

/** What came before it is not all. */
export class BridgeError extends Error {
  override readonly name = 'BridgeError';
  readonly how: Exclude<Incomplete, ''>;

  constructor(how: Exclude<Incomplete, ''>, text: string) {
    super(text);
    this.how = how;
  }
}

export class LoopBridge implements RecordBytes {
  readonly engine: Engine;
  readonly #loop: Http2Loop;
  readonly #outbox: Outbox;

  constructor(engine: Engine, loop: Http2Loop, outbox: Outbox) {
    this.engine = engine;
    this.#loop = loop;
    this.#outbox = outbox;
  }

  async* bridged(span: RecordSpan, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    const ends = new Int32Array(2);
    const failed = native.socketPair(ends);
    if (failed < 0) throw new BridgeError('aborted', getSystemErrorName(failed));
    const connection = this.#loop.lend(ends[0]!);
    native.closeDescriptor(ends[0]!);
    const reader = new Socket({ fd: ends[1]!, readable: true, writable: false });
    if (typeof connection === 'number') {
      reader.destroy();
      throw new BridgeError('aborted', getSystemErrorName(connection));
    }
    const aborted = (): void => void reader.destroy();
    signal?.addEventListener('abort', aborted);
    const sent = this.#send(connection, span);
    let bytes = 0;
    try {
      for await (const chunk of reader as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        yield chunk;
      }
      const isWhole = await sent;
      if (!isWhole || (bytes !== span.length && span.length < UNTIL_END)) throw new BridgeError(connection.brokenBy ?? 'aborted', 'a body broke off');
    } finally {
      signal?.removeEventListener('abort', aborted);
      reader.destroy();
      if (!connection.gone) this.#loop.close(connection, true);
    }
  }

  /** The end of what was sent is the end of the pair. Resolves with whether that was all. */
  #send(connection: Connection, span: RecordSpan): Promise<boolean> {
    this.#outbox.pieces(connection, [span], layout.after.KEEP);
    return new Promise((resolve) => {
      const settled = (): void => {
        const isWhole = connection.unsent.length === 0;
        if (!isWhole && !connection.gone) return;
        connection.wake = undefined;
        if (!connection.gone) this.#loop.close(connection, false);
        resolve(isWhole);
      };
      connection.wake = settled;
      this.#loop.flushSoon();
      queueMicrotask(() => {
        if (connection.wake) settled();
      });
    });
  }
}
