// Durations in log-linear buckets: sixteen to each power of two, so that a quantile is off by at most a sixteenth. Besides, each bound
// that is shown to Prometheus is the edge of a bucket: what is counted below it is exact.
//
// Durations are whole microseconds, rounded up; what is above 2^31 - 1 (35 minutes) counts as that.

const PER_OCTAVE = 16;
const MICROS_MAX = 2 ** 31 - 1;
const OCTAVES = 28;

/** The log-linear bucket of a whole number from 0 to MICROS_MAX, before bounds split it. */
function octaveBucket(micros: number): number {
  if (micros < PER_OCTAVE) return micros;
  const exponent = 31 - Math.clz32(micros);
  return (exponent - 3) * PER_OCTAVE + ((micros >> (exponent - 4)) & (PER_OCTAVE - 1));
}

function lastOf(bucket: number): number {
  if (bucket < PER_OCTAVE) return bucket;
  const shift = Math.floor(bucket / PER_OCTAVE) - 1;
  return (PER_OCTAVE + (bucket % PER_OCTAVE) + 1) * 2 ** shift - 1;
}

/** The buckets of histograms that have the same bounds. */
export class Buckets {
  /** Microseconds, ascending. */
  readonly bounds: readonly number[];
  /** The longest duration of each bucket. */
  readonly lasts: Float64Array;
  /** By log-linear bucket: its first bucket, and the last duration that is in it; there may be a second. */
  readonly #first = new Uint16Array(OCTAVES * PER_OCTAVE);
  readonly #split = new Float64Array(OCTAVES * PER_OCTAVE);

  /** @param bounds whole microseconds, ascending, none of them less than an eighth above the one before. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    const lasts: number[] = [];
    const splits = new Map(bounds.map((bound) => [octaveBucket(bound), bound]));
    for (let bucket = 0; bucket < OCTAVES * PER_OCTAVE; ++bucket) {
      this.#first[bucket] = lasts.length;
      const last = lastOf(bucket);
      const split = splits.get(bucket) ?? last;
      this.#split[bucket] = split;
      if (split < last) lasts.push(split);
      lasts.push(last);
    }
    this.lasts = Float64Array.from(lasts);
  }

  /** Words of a histogram: the sum of all durations in microseconds, then how many there were in each bucket. */
  get words(): number {
    return 1 + this.lasts.length;
  }

  /** @param micros a whole number from 0 to 2^31 - 1. */
  indexOf(micros: number): number {
    const bucket = octaveBucket(micros);
    return this.#first[bucket]! + (micros > this.#split[bucket]! ? 1 : 0);
  }
}

/** Adds to words that may be shared with another thread, which reads them. */
export class Histogram {
  readonly #buckets: Buckets;
  readonly #words: Float64Array;

  constructor(buckets: Buckets, words: Float64Array) {
    this.#buckets = buckets;
    this.#words = words;
  }

  /** @param durationMs of a clock that is not set back; what is negative counts as 0. */
  add(durationMs: number): void {
    const micros = Math.min(Math.max(Math.ceil(durationMs * 1000), 0), MICROS_MAX);
    this.#words[0]! += micros;
    this.#words[1 + this.#buckets.indexOf(micros)]! += 1;
  }
}

/** What a histogram comes to. */
export interface Distribution {
  readonly count: number;
  readonly sumS: number;
  /** By bound: how many durations were not longer. */
  readonly upTo: readonly number[];
}

export function distributionOf({ bounds, lasts }: Buckets, words: Float64Array): Distribution {
  const upTo: number[] = [];
  let count = 0;
  for (let index = 0; index < lasts.length; ++index) {
    count += words[1 + index]!;
    if (lasts[index] === bounds[upTo.length]) upTo.push(count);
  }
  return { count, sumS: words[0]! / 1e6, upTo };
}

/** The duration in seconds that a share of all does not exceed; null where there is none. @param share from 0 to 1. */
export function quantileOf({ lasts }: Buckets, words: Float64Array, share: number): number | null {
  const rank = share * words.subarray(1).reduce((sum, count) => sum + count, 0);
  let below = 0;
  let before = 0;
  let found: number | null = null;
  for (let index = 0; index < lasts.length; ++index) {
    const count = words[1 + index]!;
    const last = lasts[index]!;
    if (count > 0) {
      found = (below + (last - below) * Math.min(Math.max((rank - before) / count, 0), 1)) / 1e6;
      before += count;
      if (before >= rank) return found;
    }
    below = last;
  }
  return found;
}
