/**
 * The readers of one row, as a process: `readers.js JSON` (ReadersOrder). Prints what they saw as JSON (ReadersReport) when enough
 * answers are there. In a process of its own, because it may have to be in another network namespace.
 */
import type { ReadersOrder, ReadersReport } from './order.ts';
import { Reader, type Surroundings } from './reader.ts';
import { tornOf, Witness, type Pace } from './witness.ts';

const CREW: readonly Pace[] = [
  ...Array<Pace>(6).fill('fast'),
  ...Array<Pace>(4).fill('slow'),
  ...Array<Pace>(24).fill('stalled'),
];
/** Of each stalled reader: the last ones are waited for. */
const STALLED_ANSWERS_MIN = 2;
const UNREACHABLE_MAX = 500;
const LOOK_MS = 1000;

const order = JSON.parse(process.argv[2] ?? '') as ReadersOrder;
const witness = new Witness(order.emptyIsVersion);
const readers: Reader[] = [];
const startedMs = performance.now();
let unreachable = 0;
let ended = false;

function end(reason: string | null): void {
  if (ended) return;
  ended = true;
  const seconds = (performance.now() - startedMs) / 1000;
  for (const reader of readers) reader.stop();
  const report: ReadersReport = { reason, seconds, tally: witness.tally };
  process.stdout.write(`${JSON.stringify(report)}\n`, () => process.exit(0));
}

const around: Surroundings = {
  ...order.address,
  witness,
  stallMsMin: order.stallMsMin,
  stallMsMax: order.stallMsMax,
  onJudged: () => {
    unreachable = 0;
    const { tally } = witness;
    if (order.tornEnough !== null && tornOf(tally) >= order.tornEnough) return end(null);
    if (tally.completed < order.answers) return;
    if (readers.every(({ pace, completed }) => pace !== 'stalled' || completed >= STALLED_ANSWERS_MIN)) end(null);
  },
  onUnreachable: (error) => {
    unreachable += 1;
    if (unreachable > UNREACHABLE_MAX) end(`the server cannot be reached: ${error.message}`);
  },
};

for (const pace of CREW) readers.push(new Reader(pace, around));
setInterval(() => {
  for (const reader of readers) reader.giveUpHung();
  if (performance.now() - startedMs > order.deadlineMs) end(`${witness.tally.completed} of ${order.answers} answers by the deadline`);
}, LOOK_MS);
