// Two connections to Redis: one for a question that waits until there is an answer (XREAD BLOCK), and one for all that is not to wait
// behind it. They live and end together; a new link is made in their place, by name lookup and all.
//
// A peer that is not there any more says nothing: each question has a time, and one that is late ends the link.
import type { createClient as CreateClient } from '@redis/client';
import type { RedisAddress } from './address.ts';
import type { OneLookup } from '../one-lookup.ts';

/** How the certificates of Redis are judged, and which is shown; PEM. */
export interface RedisTls {
  readonly ca?: string | readonly string[];
  readonly certificate?: string;
  readonly privateKey?: string;
  readonly servername?: string;
}

/** Without a word from the peer while a connection is made: a lost SYN is sent again by a new attempt sooner than by TCP. */
const SILENCE_MS = 500;
/** For connection, TLS and password together. */
const OPEN_MS = 3000;
/** That an answer may take beyond what its question waits for. */
const LATE_MS = 1000;

type Client = ReturnType<typeof clientOf>;

export class Link {
  readonly #waiting: Client;
  readonly #asking: Client;
  #fault: Error | undefined;

  private constructor(waiting: Client, asking: Client) {
    this.#waiting = waiting;
    this.#asking = asking;
    for (const client of [waiting, asking]) {
      client.on('error', (error: Error) => this.end(error));
      // A client that is destroyed while it connects does not know of its socket yet.
      client.on('connect', () => this.#fault && client.destroy());
    }
  }

  /** @param signal ends the attempt. @throws what Redis, or the network, has against it. */
  static async open(address: RedisAddress, tls: RedisTls | undefined, names: OneLookup, signal: AbortSignal): Promise<Link> {
    const { createClient } = await import('@redis/client'); // some 500 files, which a server without a cluster need not load
    const client = (): Client => clientOf(createClient, address, tls, names);
    const link = new Link(client(), client());
    const giveUp = (): void => void link.end(new Error('it is closed'));
    signal.addEventListener('abort', giveUp, { once: true });
    try {
      if (signal.aborted) giveUp();
      await link.#within(Promise.all([link.#waiting.connect(), link.#asking.connect()]), OPEN_MS);
      return link;
    } catch (error) {
      throw link.end(error);
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
  }

  /** @throws when the link has ended, or Redis refuses. */
  async ask(words: readonly string[]): Promise<unknown> {
    return this.#within(this.#asking.sendCommand([...words]), LATE_MS);
  }

  /** @param withinMs that Redis may wait before it answers. @throws as ask(). */
  async wait(words: readonly string[], withinMs: number): Promise<unknown> {
    return this.#within(this.#waiting.sendCommand([...words]), withinMs + LATE_MS);
  }

  /** What is asked now fails, and all that comes. @returns why it has ended: the first reason. */
  end(error: unknown): Error {
    if (this.#fault) return this.#fault;
    this.#fault = error instanceof Error ? error : new Error(String(error));
    for (const client of [this.#waiting, this.#asking]) client.destroy();
    return this.#fault;
  }

  /** Whatever fails ends the link. */
  async #within<T>(answer: Promise<T>, ms: number): Promise<T> {
    let late: NodeJS.Timeout | undefined;
    const overdue = new Promise<never>((_, reject) => {
      // Where this thread was held up, what has come meanwhile is read first.
      late = setTimeout(() => setImmediate(() => reject(new Error(`it gave no answer within ${ms} ms`))), ms);
    });
    try {
      return await Promise.race([answer, overdue]);
    } catch (error) {
      throw this.end(error);
    } finally {
      clearTimeout(late);
    }
  }
}

function clientOf(createClient: typeof CreateClient, address: RedisAddress, tls: RedisTls | undefined, names: OneLookup) {
  const { path, host, port, username, password, database } = address;
  const common = { connectTimeout: SILENCE_MS, reconnectStrategy: false } as const;
  return createClient({
    RESP: 2,
    socket: path !== undefined ? { ...common, tls: false, path } : address.tls ? { ...common, tls: true, host, port, lookup: names.lookup, ...tlsOf(tls) } : { ...common, host, port, lookup: names.lookup },
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    database,
    maintNotifications: 'disabled',
    clientInfoTag: 'pagecast',
  });
}

function tlsOf({ ca, certificate, privateKey, servername }: RedisTls = {}) {
  return {
    ...(ca !== undefined && { ca: typeof ca === 'string' ? ca : [...ca] }),
    ...(certificate !== undefined && { cert: certificate }),
    ...(privateKey !== undefined && { key: privateKey }),
    ...(servername !== undefined && { servername }),
  };
}
