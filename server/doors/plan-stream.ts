// The body of a plan as a stream, for frameworks that send streams. Piped into a response of node:http whose length is still that of the
// plan it leaves by the engine; whoever reads it, or puts something in between, gets its bytes.
import { ServerResponse } from 'node:http';
import { Readable, type Writable } from 'node:stream';
import type { Plan } from '../plan.ts';
import type { PlanBody } from '../plan-body.ts';
import { promisedBytes } from './response-head.ts';
import { sendSpans } from './response.ts';
import { breakOff } from './writing.ts';

export class PlanStream extends Readable {
  /** Of the file, as it was asked for; absolute. */
  readonly path: string;
  readonly #plan: Plan;
  readonly #body: PlanBody;
  readonly #pieces: AsyncGenerator<Uint8Array, void, void>;
  readonly #told: (error: unknown) => void;
  #isSent = false;
  #destination: Writable | undefined;

  /** @param told of what has ended it too early. */
  constructor(plan: Plan, body: PlanBody, path: string, told: (error: unknown) => void) {
    super({ highWaterMark: 128 << 10 });
    this.path = path;
    this.#plan = plan;
    this.#told = told;
    this.#body = body;
    this.#pieces = body.pieces();
  }

  override pipe<Destination extends NodeJS.WritableStream>(destination: Destination, options?: { end?: boolean }): Destination {
    this.#destination = destination as unknown as Writable;
    const isWhole = destination instanceof ServerResponse && promisedBytes(destination) === this.#plan.bodyBytes && !this.readableDidRead;
    if (!isWhole || this.#plan.source || options?.end === false) return super.pipe(destination, options);
    this.#isSent = true;
    this.#send(destination).catch((error: unknown) => this.#fail(error));
    return destination;
  }

  override _read(): void {
    if (this.#isSent) return;
    this.#pieces.next().then(({ done, value }) => this.push(done === true ? null : value), (error: unknown) => this.#fail(error));
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    void this.#pieces.return().catch(() => undefined);
    this.#body.close();
    done(error);
  }

  #fail(error: unknown): void {
    this.#told(error);
    if (this.#destination) breakOff(this.#destination);
    this.destroy(error instanceof Error ? error : new Error(String(error)));
  }

  async #send(response: ServerResponse): Promise<void> {
    await sendSpans(response, this.#plan);
    response.end();
    // Whoever waits for its end is told of it.
    this.push(null);
    this.resume();
  }
}
