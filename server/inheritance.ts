// This process takes the place of another one: the new side of server/handing.ts.
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { CHANNEL, handedIn, lineOf, type Handed, type SaidOfOurselves } from './handing.ts';
import { Sibling } from './sibling.ts';

export class Inheritance {
  readonly handed: Handed;
  readonly sibling: Sibling;
  /** The other one has let everything go, or is gone itself. */
  readonly alone: Promise<void>;
  readonly #channel: Socket;
  readonly #heard = new Map<SaidOfOurselves['type'], () => void>();

  private constructor(handed: Handed) {
    this.handed = handed;
    this.#channel = new Socket({ fd: CHANNEL, readable: true, writable: true });
    this.sibling = new Sibling(this.#channel);
    this.sibling.onSaid = ({ type }) => this.#heard.get(type)?.();
    this.alone = this.#word('go');
    this.#channel.unref();
  }

  /** Undefined: nobody hands anything to this process. Once, at its start: who is its parent may change. */
  static ofThisProcess(): Inheritance | undefined {
    const handed = handedIn(process.env, process.ppid);
    return handed && new Inheritance(handed);
  }

  /** Something may be stored from now on. Resolves when the other one tells its purges, or is gone. */
  begin(): Promise<void> {
    return this.#answered('begun', 'heard');
  }

  /** Resolves when the other one does not have the store on disk any more, or is about to end without. */
  askForStore(): Promise<void> {
    return this.#answered('store', 'store');
  }

  /** It accepts connections. */
  ready(): void {
    this.sibling.say({ type: 'ready' });
  }

  async #answered(type: 'begun' | 'store', answer: SaidOfOurselves['type']): Promise<void> {
    const answered = this.#word(answer);
    this.sibling.say({ type });
    // There may be nothing else that keeps this process.
    this.#channel.ref();
    await answered;
    this.#channel.unref();
  }

  /** Resolves also when there is nobody to say it. */
  #word(type: SaidOfOurselves['type']): Promise<void> {
    return Promise.race([this.sibling.gone, new Promise<void>((resolve) => this.#heard.set(type, resolve))]);
  }
}

/** Why this process ends before it could serve, to whoever waits for it. */
export function tellFailure(message: string): void {
  if (!handedIn(process.env, process.ppid)) return;
  try {
    // At once: the process may end with the next line.
    writeSync(CHANNEL, lineOf({ type: 'failed', message }));
  } catch {
    // the other one is gone, and nobody waits
  }
}
