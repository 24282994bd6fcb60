// Exchanges that want request bodies, as the tests need them: by path, what becomes of the body and what is answered.
import { RequestBodyError } from '../server/body-reader.ts';
import type { Conversation } from '../server/exchange.ts';
import { bytesPlan, Plan, textPlan, type Source } from '../server/plan.ts';

/** What the exchanges of one test saw. */
export class Seen {
  /** Asked, by path. */
  readonly asked: string[] = [];
  /** Why bodies could not be read: failure and refusal. */
  readonly failures: (readonly [failure: string, refusal: number])[] = [];
  readonly sources: BodySource[] = [];
  readonly conversations: Conversation[] = [];
  pieces = 0;
  bytes = 0;
  /** Called before each piece is asked for. */
  before: () => Promise<void> = () => Promise.resolve();

  async whole({ body }: Conversation): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    const iterator = body![Symbol.asyncIterator]();
    try {
      for (;;) {
        await this.before();
        const next = await iterator.next();
        if (next.done) return Buffer.concat(pieces);
        this.pieces += 1;
        this.bytes += next.value.length;
        pieces.push(next.value);
      }
    } catch (error) {
      throw this.noted(error);
    }
  }

  noted(error: unknown): unknown {
    if (error instanceof RequestBodyError) this.failures.push([error.failure, error.refusal]);
    return error;
  }
}

/** A body that is sent back as it comes. */
export class BodySource implements Source {
  readonly #iterator: AsyncIterator<Uint8Array>;
  readonly #seen: Seen;
  cancelled: string | undefined;

  constructor({ body }: Conversation, seen: Seen) {
    this.#iterator = body![Symbol.asyncIterator]();
    this.#seen = seen;
    seen.sources.push(this);
  }

  async pull(): Promise<Uint8Array | undefined> {
    try {
      await this.#seen.before();
      const next = await this.#iterator.next();
      return next.done ? undefined : next.value;
    } catch (error) {
      throw this.#seen.noted(error);
    }
  }

  cancel(reason: string): void {
    this.cancelled = reason;
  }
}

export type Upload = (conversation: Conversation) => Promise<Plan>;

/** A source whose chunks are given by hand. */
export class Handed implements Source {
  #give: ((chunk: Uint8Array | undefined) => void) | undefined;
  cancelled: string | undefined;

  pull(): Promise<Uint8Array | undefined> {
    return new Promise((resolve) => (this.#give = resolve));
  }

  give(chunk: Uint8Array | undefined): void {
    this.#give?.(chunk);
  }

  cancel(reason: string): void {
    this.cancelled = reason;
    this.give(undefined);
  }
}

export function uploads(seen: Seen): Map<string, Upload> {
  const paths: Record<string, Upload> = {
    /** The whole of it, when all of it has come. */
    '/echo': async (conversation) => bytesPlan(200, [], await seen.whole(conversation)),
    /** Piece by piece, while it comes. */
    '/stream': (conversation) => Promise.resolve(new Plan(200, [], [], 'chunked', { source: new BodySource(conversation, seen) })),
    /** The same, but the first piece is asked for before the answer begins. */
    '/stream-later': async (conversation) => {
      const source = new BodySource(conversation, seen);
      const first = await source.pull();
      let given = false;
      const pull = (): Promise<Uint8Array | undefined> => {
        if (given) return source.pull();
        given = true;
        return Promise.resolve(first);
      };
      return new Plan(200, [], [], 'chunked', { source: { pull, cancel: (reason) => source.cancel(reason) } });
    },
    /** An answer without a look at it. */
    '/early': () => Promise.resolve(textPlan(403, [], 'no\n')),
    /** An answer after the first piece. */
    '/first': async ({ body }) => {
      const { value } = await body![Symbol.asyncIterator]().next() as IteratorResult<Uint8Array, undefined>;
      return textPlan(200, [], String(value?.[0]));
    },
    '/cancel': ({ body }) => {
      body!.cancel();
      return Promise.resolve(textPlan(200, [], 'cancelled\n'));
    },
    '/throw': async ({ body }) => {
      await body![Symbol.asyncIterator]().next();
      throw new Error('a fault of the exchange');
    },
    '/hints': async (conversation) => {
      conversation.interim(103, [['Link', '</style.css>; rel=preload']]);
      const body = await seen.whole(conversation);
      conversation.interim(103, [['Link', '</late.css>; rel=preload']]);
      return bytesPlan(200, [], body);
    },
    '/never': () => new Promise(() => undefined),
  };
  return new Map(Object.entries(paths).map(([path, upload]) => [path, (conversation) => {
    seen.asked.push(path);
    seen.conversations.push(conversation);
    return upload(conversation);
  }]));
}
