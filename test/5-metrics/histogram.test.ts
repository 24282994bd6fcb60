// Buckets: each duration is in one, bounds are exact, and quantiles are as near as is promised.
import t from 'tap';
import { Buckets, distributionOf, Histogram, quantileOf } from '../../server/metrics/histogram.ts';
import { answerBuckets, lagBuckets } from '../../server/metrics/sheet.ts';

function filled(buckets: Buckets, durationsMs: readonly number[]): Float64Array {
  const words = new Float64Array(buckets.words);
  const histogram = new Histogram(buckets, words);
  for (const durationMs of durationsMs) histogram.add(durationMs);
  return words;
}

/** Numbers from 0 to 1 that look like chance, the same each time. */
function* chance(seed: number): Generator<number, never> {
  for (let state = seed; ;) yield (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
}

for (const [name, buckets] of [['answers', answerBuckets], ['lags', lagBuckets], ['no bounds', new Buckets([])]] as const) {
  t.test(`${name}: buckets cover everything, once, in order`, (t) => {
    const { lasts } = buckets;
    t.equal(lasts.at(-1), 2 ** 31 - 1);
    t.ok(lasts.every((last, index) => index === 0 ? last === 0 : last > lasts[index - 1]!), 'they ascend');
    const misplaced = [...lasts.keys()].filter((index) => buckets.indexOf(lasts[index]!) !== index || buckets.indexOf((lasts[index - 1] ?? -1) + 1) !== index);
    t.strictSame(misplaced, [], 'each holds what it is for, from its first to its last');
    const wide = lasts.filter((last, index) => index > 16 && last - lasts[index - 1]! > last / 16);
    t.strictSame([...wide], [], 'none is wider than a sixteenth of what is in it');
    t.ok(buckets.bounds.every((bound) => lasts.includes(bound)), 'each bound is the end of one');
    t.end();
  });
}

t.test('what is counted below a bound is exact', (t) => {
  const numbers = chance(1);
  const durationsMs = Array.from({ length: 20_000 }, () => Math.ceil(50 * 2 ** (numbers.next().value * 22)) / 1000);
  const edges = answerBuckets.bounds.flatMap((bound) => [(bound - 1) / 1000, bound / 1000, (bound + 1) / 1000]);
  const all = [...durationsMs, ...edges];
  const { count, upTo, sumS } = distributionOf(answerBuckets, filled(answerBuckets, all));
  t.equal(count, all.length);
  t.equal(upTo.length, answerBuckets.bounds.length);
  t.strictSame(upTo, answerBuckets.bounds.map((bound) => all.filter((durationMs) => Math.ceil(durationMs * 1000) <= bound).length));
  const sum = all.reduce((total, durationMs) => total + durationMs, 0) / 1000;
  t.ok(Math.abs(sumS - sum) <= all.length * 1e-6, `${sumS} is the sum, ${sum}, but for rounding`);
  t.end();
});

t.test('quantiles are off by a sixteenth at most', (t) => {
  const shapes: Readonly<Record<string, (x: number) => number>> = {
    uniform: (x) => x * 100, 'heavy tail': (x) => 0.05 / (1.0001 - x), 'two hills': (x) => (x < 0.9 ? 0.1 + x / 100 : 900 + x), constant: () => 7.3, tiny: (x) => x / 50,
  };
  for (const [name, shape] of Object.entries(shapes)) {
    const numbers = chance(7);
    const durationsMs = Array.from({ length: 5000 }, () => shape(numbers.next().value));
    const words = filled(answerBuckets, durationsMs);
    const sorted = durationsMs.map((durationMs) => Math.ceil(durationMs * 1000) / 1e6).sort((a, b) => a - b);
    for (const share of [0, 0.001, 0.5, 0.9, 0.99, 0.999, 1]) {
      const found = quantileOf(answerBuckets, words, share)!;
      const real = sorted[Math.max(Math.ceil(share * sorted.length) - 1, 0)]!;
      t.ok(Math.abs(found - real) <= real / 16 + 1e-6, `${name}, ${share}: ${found}, and it is ${real}`);
    }
  }
  t.end();
});

t.test('what is odd is counted', (t) => {
  t.equal(quantileOf(answerBuckets, filled(answerBuckets, []), 0.5), null, 'nothing measured');
  t.strictSame(distributionOf(lagBuckets, filled(lagBuckets, [])), { count: 0, sumS: 0, upTo: lagBuckets.bounds.map(() => 0) });
  t.equal(quantileOf(answerBuckets, filled(answerBuckets, [-5, 0]), 1), 0, 'a clock that was set back');
  for (const durationMs of [2 ** 31, 1e12, Infinity]) {
    const { count, upTo, sumS } = distributionOf(answerBuckets, filled(answerBuckets, [durationMs]));
    t.strictSame([count, upTo.at(-1), sumS], [1, 0, (2 ** 31 - 1) / 1e6], `${durationMs} ms is longer than every bound`);
  }
  t.end();
});
