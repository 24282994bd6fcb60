/**
 * How often a client may ask: the generic cell rate algorithm (ITU-T I.371 §A) over one table in shared memory, so that all threads
 * of a server keep one account of each client, in bounded memory.
 *
 * Per client one number, when its requests so far will be paid for: a request costs one interval, and `burst` intervals may be owed.
 * Times are counted in intervals (1 / perSecond) since the epoch: then a request adds exactly 1, whatever the rate, and a burst is
 * exactly what was asked for. A request that is refused costs nothing, so that nobody is kept out by asking.
 *
 *   time of slot    Float64 × 65,536
 *   tag of slot     Int32 × 65,536     who it belongs to; 0: nobody yet
 *   key             Uint32 × 2         of the hash that chooses bucket and tag
 *
 * A client is looked for in the eight slots of one bucket; a stranger is told by its tag. Where there is no room, the one that owes least
 * loses its account, and begins anew when it comes back: a table that is full forgives, it never refuses.
 *
 * Slots are read and written without a lock. Two threads that serve one client at the same moment may count its two requests as one; two
 * clients that get one slot at the same moment may lose an account, or one may find the other's, and wait for an interval as
 * if it were its own. Two threads that did nothing else let through 3 to 6 of 100 too many (a burst of a million, Node 20, EPYC); between
 * two requests of a server there is far more time. What was refused is never written, so that the end of a burst is the same for all.
 */
import { createHash, randomBytes } from 'node:crypto';
import { HalfSipHash } from './half-sip-hash.ts';
import { isLocal, PeerNetwork } from './peer.ts';

export interface RateLimitOptions {
  /** Requests per second of one client, 0.001 to 1,000,000. */
  readonly perSecond: number;
  /** Requests at once of one that has been away for long enough; whole, 1 to 1,000,000. */
  readonly burst: number;
  /** From share(), for every thread the same, and in all of them with the same limit. Default: a table of its own. */
  readonly shared?: SharedArrayBuffer;
}

const PER_SECOND_MIN = 0.001;
const PER_SECOND_MAX = 1_000_000;
const BURST_MAX = 1_000_000;

const SLOTS = 65_536;
const WAYS = 8;
const BUCKET_MASK = SLOTS / WAYS - 1;

const TAGS_OFFSET = SLOTS * Float64Array.BYTES_PER_ELEMENT;
const KEY_OFFSET = TAGS_OFFSET + SLOTS * Int32Array.BYTES_PER_ELEMENT;
const KEY_BYTES = 8;
const SHARED_BYTES = KEY_OFFSET + KEY_BYTES;

/** What the clocks of threads may differ by: each reads its own at the beginning of a tick. More is a clock that was set back. */
const CLOCK_SKEW_MS = 1000;

/** Of an interval: what rounding may cost one who comes back exactly when it was told to. */
const EARLY = 1 / 1024;

export class RateLimit {
  readonly #intervalsPerMs: number;
  readonly #burst: number;
  /** The furthest that a time may lie ahead, in intervals. */
  readonly #ahead: number;
  readonly #times: Float64Array;
  readonly #tags: Int32Array;
  readonly #hash: HalfSipHash;
  readonly #network = new PeerNetwork();

  /** @throws Error for numbers out of range, and for shared memory that is not from share(). */
  constructor({ perSecond, burst, shared = RateLimit.share() }: RateLimitOptions) {
    if (!(perSecond >= PER_SECOND_MIN && perSecond <= PER_SECOND_MAX)) {
      throw new Error(`a rate must be from ${PER_SECOND_MIN} to ${PER_SECOND_MAX} requests per second, not ${perSecond}`);
    }
    if (!Number.isInteger(burst) || burst < 1 || burst > BURST_MAX) throw new Error(`a burst must be a whole number from 1 to ${BURST_MAX}, not ${burst}`);
    if (shared.byteLength !== SHARED_BYTES) throw new Error(`the table of a rate limit has ${SHARED_BYTES} bytes, not ${shared.byteLength}`);
    this.#intervalsPerMs = perSecond / 1000;
    this.#burst = burst;
    this.#ahead = burst + CLOCK_SKEW_MS * this.#intervalsPerMs;
    this.#times = new Float64Array(shared, 0, SLOTS);
    this.#tags = new Int32Array(shared, TAGS_OFFSET, SLOTS);
    const [key0, key1] = new Uint32Array(shared, KEY_OFFSET, 2);
    this.#hash = new HalfSipHash(key0!, key1!);
  }

  /** Shared memory for one limit: 768 KiB, in which nobody has asked yet. */
  static share(): SharedArrayBuffer {
    const shared = new SharedArrayBuffer(SHARED_BYTES);
    new Uint8Array(shared, KEY_OFFSET).set(randomBytes(KEY_BYTES));
    return shared;
  }

  /**
   * Counts a request. Peers on unix sockets are not counted: one of them stands for all clients of a proxy.
   * @param nowMs since the epoch; may have fractions, and may go back.
   * @returns 0: go on; else after how many milliseconds the next one may come, at most one interval and a second.
   */
  take(address: string, nowMs: number): number {
    if (isLocal(address)) return 0;
    this.#network.read(address);
    return this.#take(this.#network.high, this.#network.low, nowMs);
  }

  /** The same of whoever gives this text, such as the key of an API. Nobody can make one that counts as another's (SHA-256). */
  takeOf(text: string, nowMs: number): number {
    const digest = createHash('sha256').update(text, 'latin1').digest();
    return this.#take(digest.readInt32BE(0), digest.readInt32BE(4), nowMs);
  }

  #take(high: number, low: number, nowMs: number): number {
    const now = nowMs * this.#intervalsPerMs;
    const slot = this.#slotOf(high, low, now);
    const owed = this.#owed(slot, now);
    const early = owed + 1 - this.#burst;
    if (early > EARLY) return early / this.#intervalsPerMs;
    this.#times[slot] = now + owed + 1;
    return 0;
  }

  /** In intervals. A time further ahead than a burst can bring it is from a clock that was set back since, and counts for nothing. */
  #owed(slot: number, now: number): number {
    const owed = this.#times[slot]! - now;
    return owed > 0 && owed <= this.#ahead ? owed : 0;
  }

  #slotOf(high: number, low: number, now: number): number {
    this.#hash.hash(high, low);
    const first = (this.#hash.first & BUCKET_MASK) * WAYS;
    const tag = this.#hash.second || 1;
    for (let slot = first; slot < first + WAYS; slot++) {
      if (this.#tags[slot] === tag) return slot;
    }
    const slot = this.#leastOwing(first, now);
    this.#times[slot] = now;
    this.#tags[slot] = tag;
    return slot;
  }

  #leastOwing(first: number, now: number): number {
    let least = first;
    for (let slot = first; slot < first + WAYS && this.#owed(least, now) > 0; slot++) {
      if (this.#owed(slot, now) < this.#owed(least, now)) least = slot;
    }
    return least;
  }
}
