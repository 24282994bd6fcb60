// What the page and `pagecast top` make of snapshots: rates, recent quantiles, and gaps where they tell nothing.
import t from 'tap';
import { figuresOf, hitRatioOf } from '../../server/control/dashboard/figures.ts';
import { History, POINTS_MAX } from '../../server/control/dashboard/history.ts';
import { SentEvents } from '../../server/control/dashboard/server-sent.ts';
import { inAscii, inBytes, inCount, inPercent, inSeconds, inTime } from '../../server/control/dashboard/units.ts';
import type { MetricsSnapshot, Quantiles } from '../../server/metrics/metrics.ts';

const BOUNDS = [0.001, 0.01, 0.1];

interface Given {
  readonly atMs: number;
  readonly started?: number;
  readonly answers?: Readonly<Record<string, number>>;
  readonly sent?: Readonly<Record<string, number>>;
  readonly kept?: Readonly<Record<string, number>>;
  /** Up to each bound, and all. */
  readonly durations?: readonly [readonly number[], number];
}

function snapshot({ atMs, started = 1, answers = {}, sent = {}, kept = {}, durations = [[0, 0, 0], 0] }: Given): MetricsSnapshot {
  const samples = (label: string, values: Readonly<Record<string, number>>) => Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
  const [upTo, count] = durations;
  const histogram: Quantiles = { labels: { cache: 'hit', thread: 'main' }, count, sumS: 0, p50S: null, p90S: null, p99S: null, upTo };
  return {
    atMs, connections: [3], hottest: [],
    values: {
      process_start_time_seconds: [{ labels: {}, value: started }],
      pagecast_answers_total: Object.entries(answers).map(([name, value]) => ({ labels: { cache: name.split(' ')[0]!, status: name.split(' ')[1] ?? '200' }, value })),
      pagecast_sent_bytes_total: samples('how', sent),
      pagecast_sent_protected_bytes_total: samples('how', kept),
      pagecast_connections: [{ labels: {}, value: 3 }],
    },
    histograms: { pagecast_answer_duration_seconds: [histogram], pagecast_loop_lag_seconds: [histogram] },
    boundsS: { pagecast_answer_duration_seconds: BOUNDS, pagecast_loop_lag_seconds: BOUNDS },
  };
}

t.test('rates', (t) => {
  const before = snapshot({ atMs: 1000, answers: { 'hit 200': 10, 'none 404': 5 }, sent: { sendfile: 100, memory: 5, copied: 0 }, kept: { private: 50, leased: 0 } });
  const now = snapshot({ atMs: 3000, answers: { 'hit 200': 30, 'none 404': 9, 'miss 200': 10, 'failed other': 2 }, sent: { sendfile: 1100, memory: 7, copied: 200 }, kept: { private: 450, leased: 100 } });
  t.match(figuresOf(before, now), {
    atMs: 3000, answersPerS: 18, byCache: { hit: 10, none: 2, miss: 5, failed: 1 }, byStatus: { '2xx': 15, '4xx': 2, other: 1 }, hitRatio: 10 / 16,
    sentPerS: 601, sentHow: { sendfile: 500, memory: 1, copied: 100 }, sentProtected: { private: 200, leased: 50, checked: 350 }, latency: null, connections: 3,
  });
  t.end();
});

t.test('quantiles are of what came since', (t) => {
  const before = snapshot({ atMs: 1000, durations: [[1000, 1000, 1000], 1000] });
  const at = (durations: Given['durations']) => figuresOf(before, snapshot({ atMs: 2000, ...(durations && { durations }) }))?.latency;
  t.equal(at([[1000, 1000, 1000], 1000]), null, 'nothing did');
  const latency = at([[1000, 1100, 1100], 1100])!;
  t.ok(latency.p50S > 0.001 && latency.p50S < latency.p90S && latency.p90S < latency.p99S && latency.p99S < 0.01, 'all between two bounds');
  t.ok(Math.abs(latency.p50S - Math.sqrt(0.001 * 0.01)) < 1e-9, 'half of them in the middle, by logarithm');
  t.strictSame(at([[1000, 1000, 1000], 1100]), { p50S: 0.1, p90S: 0.1, p99S: 0.1 }, 'above the last bound: that bound');
  t.ok(at([[1100, 1100, 1100], 1100])!.p99S <= 0.001);
  t.strictSame(Object.keys(figuresOf(before, snapshot({ atMs: 2000, durations: [[1010, 1010, 1010], 1010] }))!.lagP99S), ['main']);
  t.end();
});

t.test('snapshots that have nothing to do with each other', (t) => {
  const of = (atMs: number, started = 1) => figuresOf(snapshot({ atMs: 10_000, answers: { hit: 10 } }), snapshot({ atMs, started, answers: { hit: 4 } }));
  t.equal(of(11_000, 2), undefined, 'of another process');
  t.equal(of(20_000), undefined, 'long after');
  t.equal(of(10_000), undefined, 'of the same moment');
  t.equal(of(9000), undefined, 'of before');
  t.match(of(11_000), { answersPerS: 0 }, 'a sum that went back is no negative rate');
  t.equal(hitRatioOf({ none: 5 }), null);
  t.equal(hitRatioOf({ none: 5, hit: 1, stale: 1, collapsed: 1, miss: 1 }), 0.75);
  t.end();
});

t.test('a day is no longer than five minutes', (t) => {
  const history = new History();
  for (let second = 0; second < 86_400; ++second) history.add(snapshot({ atMs: second * 1000 }));
  t.equal(history.points.length, POINTS_MAX);
  t.equal(history.latest?.atMs, 86_399_000);
  history.add(snapshot({ atMs: 90_000_000 }));
  t.equal(history.latest, undefined, 'after a gap there is nothing to tell yet');
  t.equal(history.points.length, POINTS_MAX);
  t.end();
});

t.test('events, however they are cut', (t) => {
  const text = 'retry: 2000\n\nevent: snapshot\ndata: {"a":"é"}\n\nevent: report\ndata: 1\n\n: comment\n\n';
  const expected = [{ name: 'snapshot', data: { a: 'é' } }, { name: 'report', data: 1 }];
  for (let size = 1; size <= text.length; ++size) {
    const events = new SentEvents();
    const taken = Array.from({ length: Math.ceil(text.length / size) }, (_, i) => events.take(text.slice(i * size, (i + 1) * size))).flat();
    t.strictSame(taken, expected, `in pieces of ${size}`);
  }
  t.throws(() => new SentEvents().take('data: nonsense\nevent: x\n\n'), 'what is not JSON');
  t.throws(() => new SentEvents().take('x'.repeat((4 << 20) + 1)), /does not end/);
  t.end();
});

const shown: readonly (readonly [text: string, wanted: string])[] = [
  [inCount(0), '0'], [inCount(7), '7'], [inCount(0.004), '0.004'], [inCount(0.25), '0.25'], [inCount(9.96), '10.0'], [inCount(12.34), '12.3'], [inCount(999), '999'], [inCount(1000), '1 k'], [inCount(1234), '1.2 k'], [inCount(5e15), '5000 T'],
  [inBytes(0), '0 B'], [inBytes(1023), '1023 B'], [inBytes(1024), '1 KiB'], [inBytes(1.5 * 2 ** 30), '1.5 GiB'],
  [inSeconds(0), '0 s'], [inSeconds(0.0000505), '50.5 µs'], [inSeconds(0.0123), '12.3 ms'], [inSeconds(2.5), '2.5 s'], [inSeconds(120), '120 s'],
  [inPercent(0), '0 %'], [inPercent(0.5), '50.0 %'], [inPercent(1), '100 %'], [inPercent(0.99999), '99.9 %'], [inPercent(0.0001), '0 %'],
  [inTime(0), '0 s'], [inTime(59.9), '59 s'], [inTime(61), '1 min 1 s'], [inTime(3600 * 5 + 61), '5 h 1 min'], [inTime(86_400 * 9 + 3600), '9 d 1 h'],
  [inAscii('a/b?c=%20'), 'a/b?c=%20'], [inAscii('a/\xe9\x1b[2J \u0000'), 'a/%E9%1B[2J%20%00'],
];

t.test('numbers as people read them', (t) => {
  for (const [text, wanted] of shown) t.equal(text, wanted);
  t.end();
});
