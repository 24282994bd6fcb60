/**
 * The addresses of one origin's name, remembered for a while, so that a burst of connections makes one lookup.
 *
 * Each connection starts at another of them: without that, all connections of ten seconds would go to the first.
 */
import type dns from 'node:dns';
import type { LookupFunction } from 'node:net';
import { addressesOf } from '../../host-addresses.ts';

type Resolve = (name: string, options: dns.LookupAllOptions, done: (error: NodeJS.ErrnoException | null, addresses: dns.LookupAddress[]) => void) => void;
type Waiting = (error: NodeJS.ErrnoException | null, addresses: dns.LookupAddress[]) => void;

export const LOOKUP_KEPT_MS = 10_000;

export class RememberedLookup {
  readonly #resolve: Resolve;
  readonly #nowMs: () => number;
  #addresses: dns.LookupAddress[] = [];
  #untilMs = -Infinity;
  #turn = 0;
  #waiting: Waiting[] = [];

  constructor(resolve: Resolve = lookUp, nowMs: () => number = () => performance.now()) {
    this.#resolve = resolve;
    this.#nowMs = nowMs;
  }

  /** For net.connect: the name is always the same. */
  readonly lookup: LookupFunction = (name, options, done) => {
    this.#find(name, (error, addresses) => {
      const first = addresses[0];
      if (first === undefined) done(error ?? noAddress(name), '', 0);
      else if (options.all === true) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };

  /** A connection failed: perhaps the name has moved. */
  forget(): void {
    this.#untilMs = -Infinity;
  }

  #find(name: string, done: Waiting): void {
    if (this.#nowMs() < this.#untilMs) {
      const addresses = this.#rotated();
      return queueMicrotask(() => done(null, addresses));
    }
    this.#waiting.push(done);
    if (this.#waiting.length === 1) this.#resolve(name, { all: true }, (error, addresses) => this.#found(error, addresses));
  }

  /** While no name server answers, the last addresses are better than none. */
  #found(error: NodeJS.ErrnoException | null, addresses: dns.LookupAddress[] | undefined): void {
    if (error === null && addresses !== undefined) {
      this.#addresses = addresses;
      this.#untilMs = this.#nowMs() + LOOKUP_KEPT_MS;
    }
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const done of waiting) done(error, this.#rotated());
  }

  #rotated(): dns.LookupAddress[] {
    const count = this.#addresses.length;
    if (count < 2) return this.#addresses;
    const start = this.#turn++ % count;
    return [...this.#addresses.slice(start), ...this.#addresses.slice(0, start)];
  }
}

const lookUp: Resolve = (name, _, done) => {
  addressesOf(name).then((addresses) => done(null, [...addresses]), (error: unknown) => done(error as NodeJS.ErrnoException, []));
};

function noAddress(name: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${name} has no address`), { code: 'ENOTFOUND' });
}
