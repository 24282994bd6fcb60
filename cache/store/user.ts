// A worker's side of the store: questions to the coordinator, and their answers.
import type { Purge, ToCoordinator, ToStoreUser } from './messages.ts';

/** What becomes of a question. */
export type StoreAnswer = Exclude<ToStoreUser, { readonly type: 'evicted' | 'purged' }>;
/** How many objects a purge has found, and whether others have heard of it. */
export type Purged = Pick<Extract<ToStoreUser, { readonly type: 'purged' }>, 'objects' | 'unpublished'>;

export class StoreUser {
  readonly #post: (message: ToCoordinator) => void;
  readonly #onEvicted: (keys: readonly string[], versions: readonly number[]) => void;
  readonly #asked = new Map<number, (answer: StoreAnswer) => void>();
  readonly #purging = new Map<number, (purged: Purged) => void>();
  #lastTicket = 0;

  constructor(post: (message: ToCoordinator) => void, onEvicted: (keys: readonly string[], versions: readonly number[]) => void) {
    this.#post = post;
    this.#onEvicted = onEvicted;
  }

  /** @param version of the object as this worker has it, -1: not at all. @param flight undefined: only what is stored. */
  ask(key: string, version: number, flight: string | undefined): Promise<StoreAnswer> {
    const ticket = ++this.#lastTicket;
    return new Promise((resolve) => {
      this.#asked.set(ticket, resolve);
      this.#post({ type: 'ask', ticket, key, version, flight });
    });
  }

  /** Resolves when no worker uses any more what it names, here and on other machines, or with what keeps it from these. */
  purge(purge: Purge, soft: boolean): Promise<Purged> {
    const ticket = ++this.#lastTicket;
    return new Promise((resolve) => {
      this.#purging.set(ticket, resolve);
      this.#post({ type: 'purge', ticket, purge, soft });
    });
  }

  /** RFC 9111 §4.4. Resolves like purge(). */
  invalidate(keys: readonly string[]): Promise<Purged> {
    const ticket = ++this.#lastTicket;
    return new Promise((resolve) => {
      this.#purging.set(ticket, resolve);
      this.#post({ type: 'invalidate', ticket, keys });
    });
  }

  tell(message: Exclude<ToCoordinator, { readonly type: 'ask' | 'purge' | 'invalidate' }>): void {
    this.#post(message);
  }

  /** Resolves when all that was told has been heard: no worker uses any more what it ends. */
  async heard(): Promise<void> {
    await this.invalidate([]);
  }

  hear(message: ToStoreUser): void {
    if (message.type === 'evicted') this.#onEvicted(message.keys, message.versions);
    else if (message.type === 'purged') taken(this.#purging, message.ticket)(message);
    else if (message.type === 'follow') for (const ticket of message.tickets) taken(this.#asked, ticket)(message);
    else taken(this.#asked, message.ticket)(message);
  }
}

function taken<T>(waiting: Map<number, T>, ticket: number): T {
  const resolve = waiting.get(ticket);
  if (!resolve) throw new Error(`the coordinator answered ticket ${ticket}, which nobody holds`);
  waiting.delete(ticket);
  return resolve;
}
