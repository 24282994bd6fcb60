/** What a server under load is asked for, and what the load tells of it. */
import { plainTarget, TAGGED_BYTES, TAGGED_RECORD } from '../cache-site.ts';
import { fixtureBytes, loadNamed, type Fixture, type LoadName } from '../fixtures.ts';

const MIB = 1 << 20;

/** Read slowly: it is under way for seconds. */
export const LARGE: Fixture = { target: '/large.bin', bytes: 32 * MIB };
/** Which of the server's configurations answers. */
export const VERSION_TARGET = '/version';
/** Of the origin's, in turn; so many hits for a miss. */
const HITS = 7;
/** What is asked for once. */
const MISSES_FROM = 1_000_000;

export interface Asked {
  readonly target: string;
  readonly expected: Buffer;
}

/** Of all clients together. */
export interface LoadReport {
  readonly answers: number;
  readonly failed: number;
  /** Of the first of those that failed. */
  readonly reasons: readonly string[];
  /** Of what was not read slowly. */
  readonly slowestMs: number;
}

function file({ target, bytes }: Fixture): Asked {
  return { target, expected: fixtureBytes({ target, bytes }) };
}

/** Files of all sizes, and what an origin has, stored and not, one after the other. */
export class Targets {
  readonly large = file(LARGE);
  readonly #files = (['1k', '100k', '16k', '1m'] satisfies LoadName[]).map((name) => file(loadNamed(name).fixtures[0]!));
  readonly #object = fixtureBytes({ target: TAGGED_RECORD, bytes: TAGGED_BYTES });
  #turn = 0;

  next(): Asked {
    const turn = this.#turn++;
    if (turn % 2 === 0) return this.#files[(turn / 2) % this.#files.length]!;
    const index = turn % (2 * HITS + 2) === 1 ? MISSES_FROM + turn : turn % (2 * HITS + 2);
    return { target: plainTarget(index), expected: this.#object };
  }
}
