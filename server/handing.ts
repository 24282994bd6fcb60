// What a running server gives to the process that takes its place: descriptors, by their numbers, and a channel to talk on.
//
//   old                                     new
//   starts it with its descriptors ───────> takes them over, reads its options
//                            <── begun ───
//   tells it of purges from now on ─ heard > starts its workers, tells of purges
//                            <── store ──── wants the store on disk
//   writes what waits, lets go of it store > opens it
//                            <── ready ──── accepts
//   its service manager is told ─── go ───> tells the service manager that it is ready
//   drains, ends                            is alone
//
// Until `go` the old one can go on as if nothing had been; what is of both (names of sockets) is not touched by the new one before. Where the
// new one is gone, whenever that is, the store is the old one's again. Purges and their confirmations (sibling.ts) go both ways between.
import type { OpenListener } from './listeners.ts';
import type { Confirmation, Told } from './sibling.ts';

export interface Handing {
  readonly listeners: readonly OpenListener[];
  /** Of the control plane; undefined: there is none. */
  readonly control: OpenListener | undefined;
}

/** What the environment of the new one says. */
export interface Handed extends Handing {
  /** The process that hands over: whose child has these variables from elsewhere is not meant. */
  readonly from: number;
}

/** Of the one or the other, as the picture has it. */
export type SaidOfOurselves = { readonly type: 'begun' | 'heard' | 'store' | 'ready' | 'go' } | { readonly type: 'failed'; readonly message: string };
export type Said = SaidOfOurselves | (Told & { readonly ticket: number }) | (Confirmation & { readonly type: 'confirmed'; readonly ticket: number });

export const VARIABLE = 'PAGECAST_HANDED';
/** The first descriptor behind standard input, output and error. */
export const CHANNEL = 3;

/** Descriptors get the numbers behind the channel's, in the order in which they are given. */
export function renumbered({ listeners, control }: Handing): { readonly handing: Handing; readonly descriptors: readonly number[] } {
  const descriptors: number[] = [];
  const moved = (one: OpenListener): OpenListener => ({ ...one, descriptors: one.descriptors.map((descriptor) => CHANNEL + descriptors.push(descriptor)) });
  return { handing: { listeners: listeners.map(moved), control: control && moved(control) }, descriptors };
}

/** Undefined: nobody hands anything to this process. */
export function handedIn(environment: Readonly<NodeJS.ProcessEnv>, parent: number): Handed | undefined {
  const text = environment[VARIABLE];
  if (text === undefined) return undefined;
  try {
    // Whoever else sets the environment of this process decides what it runs, anyway: its shape is not looked at.
    const handed = JSON.parse(text) as Handed;
    return handed.from === parent ? handed : undefined;
  } catch {
    return undefined;
  }
}

/** Messages of the other side, from pieces as they come. One that is too long, or none, ends it. */
export class Lines {
  readonly #hear: (message: unknown) => void;
  readonly #lengthMax: number;
  #rest = '';

  constructor(hear: (message: unknown) => void, lengthMax: number) {
    this.#hear = hear;
    this.#lengthMax = lengthMax;
  }

  /** @throws Error where it is no message. */
  add(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    if (this.#rest.length > this.#lengthMax) throw new Error('a message is too long');
    for (const line of lines) this.#hear(JSON.parse(line));
  }
}

export function lineOf(message: Said): string {
  return `${JSON.stringify(message)}\n`;
}
