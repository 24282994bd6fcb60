/** What the processes of a row tell each other, as JSON. */
import type { Address } from '../probe.ts';
import type { Tally } from './witness.ts';

export interface ReadersOrder {
  readonly address: Address;
  /** Completed ones. */
  readonly answers: number;
  /** Stop after so many torn ones; null: never. */
  readonly tornEnough: number | null;
  readonly deadlineMs: number;
  readonly stallMsMin: number;
  readonly stallMsMax: number;
  readonly emptyIsVersion: boolean;
}

export interface ReadersReport {
  /** Why there are fewer answers than ordered, or null. */
  readonly reason: string | null;
  readonly seconds: number;
  readonly tally: Tally;
}

export interface ServerOrder {
  readonly root: string;
  readonly host: string;
  /** Null: the server's default. */
  readonly protect: string | null;
  readonly unknownPeer: string | null;
}

export interface ServerGreeting {
  readonly address: Address;
  /** Options that this server does not know and runs without. */
  readonly unknown: readonly string[];
}
