// Another process that serves the same as this one: the one before, which finishes what it has begun, or the one that takes our place. What is
// purged or invalidated in one is so in both before it is answered. Whatever else they say to each other is told in handing.ts.
import type { Duplex } from 'node:stream';
import type { Purge } from '../cache/store/messages.ts';
import { lineOf, Lines, type Said, type SaidOfOurselves } from './handing.ts';

/** What is done to stored answers. */
export type Told =
  | { readonly type: 'purge'; readonly purge: Purge; readonly soft: boolean }
  | { readonly type: 'invalidate'; readonly keys: readonly string[] };

export interface Confirmation {
  readonly objects: number;
  /** False: somebody may still answer with them. */
  readonly confirmed: boolean;
}

/** Until it is answered, a purge waits so long at most. */
const CONFIRM_MS = 5000;
/** Purges that wait. */
const ASKED_MAX = 65_536;
const LINE_BYTES_MAX = 1 << 20;
const EVERYTHING: Told = { type: 'purge', purge: { by: 'everything' }, soft: false };
const UNCONFIRMED: Confirmation = { objects: 0, confirmed: false };
/** Who is gone answers nobody. */
const GONE: Confirmation = { objects: 0, confirmed: true };

export class Sibling {
  /** Resolves when there is no such process any more, or none that can be spoken to. */
  readonly gone: Promise<void>;
  readonly #channel: Duplex;
  readonly #confirmMs: number;
  readonly #asked = new Map<number, (confirmation: Confirmation) => void>();
  #onSaid: (said: SaidOfOurselves) => void = () => undefined;
  #onTold: (told: Told) => Promise<Confirmation> = () => Promise.resolve({ objects: 0, confirmed: true });
  #onGone: () => void = () => undefined;
  #lastTicket = 0;
  #isGone = false;

  /** @param confirmMs that a purge waits for it. */
  constructor(channel: Duplex, confirmMs = CONFIRM_MS) {
    this.#channel = channel;
    this.#confirmMs = confirmMs;
    const lines = new Lines((message) => this.#hear(message as Said), LINE_BYTES_MAX);
    channel.setEncoding('utf8');
    channel.on('error', () => undefined); // closed with it
    this.gone = new Promise((resolve) => channel.once('close', () => {
      this.#end();
      resolve();
    }));
    channel.on('data', (text: string) => {
      try {
        lines.add(text);
      } catch {
        channel.destroy();
      }
    });
  }

  /** What is not of purges. */
  set onSaid(hear: (said: SaidOfOurselves) => void) {
    this.#onSaid = hear;
  }

  /** Before those who wait for a confirmation are told that none will come. */
  set onGone(hear: () => void) {
    this.#onGone = hear;
  }

  /** Default: nothing is stored here. */
  set onTold(carryOut: (told: Told) => Promise<Confirmation>) {
    this.#onTold = carryOut;
  }

  say(said: SaidOfOurselves): void {
    if (!this.#isGone) this.#channel.write(lineOf(said));
  }

  /** Resolves when it is true there as well, or it is not known whether. */
  async tell(told: Told): Promise<Confirmation> {
    if (this.#isGone) return GONE;
    if (this.#asked.size >= ASKED_MAX) return UNCONFIRMED;
    const ticket = ++this.#lastTicket;
    const line = lineOf({ ...told, ticket });
    return new Promise((resolve) => {
      const overdue = setTimeout(() => this.#confirmed(ticket, UNCONFIRMED), this.#confirmMs);
      this.#asked.set(ticket, (confirmation) => {
        clearTimeout(overdue);
        resolve(confirmation);
      });
      this.#channel.write(Buffer.byteLength(line) <= LINE_BYTES_MAX ? line : lineOf({ ...EVERYTHING, ticket }));
    });
  }

  #hear(said: Said): void {
    if (said.type === 'confirmed') this.#confirmed(said.ticket, said);
    else if (said.type === 'purge' || said.type === 'invalidate') void this.#carryOut(said, said.ticket);
    else this.#onSaid(said);
  }

  async #carryOut(told: Told, ticket: number): Promise<void> {
    const { objects, confirmed } = await this.#onTold(told);
    if (!this.#isGone) this.#channel.write(lineOf({ type: 'confirmed', ticket, objects, confirmed }));
  }

  #confirmed(ticket: number, confirmation: Confirmation): void {
    this.#asked.get(ticket)?.(confirmation);
    this.#asked.delete(ticket);
  }

  #end(): void {
    this.#isGone = true;
    this.#onGone();
    for (const ticket of [...this.#asked.keys()]) this.#confirmed(ticket, GONE);
  }
}
