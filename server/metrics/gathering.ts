// Main's part of measuring: the sheets of all workers, and what they tell when they are asked. Sums never go back: those of a worker
// that is gone are kept for its place, and one that does not answer in time counts as it did when it last did.
import type { Counts } from '../messages.ts';
import type { OriginState } from '../proxy/origin/origins.ts';
import type { ReportName } from '../report.ts';
import { hottestOf, type Hot } from './hottest.ts';
import { LagMeter } from './lag.ts';
import type { Account, Measures } from './measures.ts';
import { beatsIn, createSheet, lagBuckets, lagIn, SHEET_WORDS } from './sheet.ts';

/** A worker that is busy for longer is measured by what is known of it. */
const ANSWER_WITHIN_MS = 1000;

/** Everything that is known of a server at one moment. */
export interface Gathered {
  /** Sums of all sheets; see sheet.ts. */
  readonly sheet: Float64Array;
  /** Of each thread's loop, `main` or `worker-N`; in lagBuckets. */
  readonly lags: readonly { readonly thread: string; readonly words: Float64Array }[];
  /** By `part.name`. */
  readonly counts: Counts;
  readonly origins: readonly OriginHealth[];
  readonly workers: { readonly running: number; readonly silent: number };
  /** Open connections of clients by worker, as it last told; null: it is being replaced. */
  readonly connections: readonly (number | null)[];
  readonly hottest: readonly Hot[];
}

/** An origin as the workers see it, each with connections and a judgement of its own. */
export interface OriginHealth {
  readonly url: string;
  /** Workers that would ask it. */
  readonly wellWorkers: number;
  readonly connections: number;
  readonly busy: number;
}

interface Place {
  /** Of the worker that is there. */
  sheet: Float64Array | undefined;
  told: Measures | undefined;
  /** Of all that were there before. */
  readonly sheetBefore: Float64Array;
  sumsBefore: Counts;
}

interface Round {
  readonly ticket: number;
  readonly awaited: Set<number>;
  readonly done: () => void;
}

export class Gathering {
  readonly #ask: (place: number, ticket: number) => void;
  /** What main itself has counted. */
  readonly #main: () => readonly Account[];
  readonly #places: readonly Place[];
  readonly #reports = new Map<ReportName, number>();
  readonly #mainLag = new Float64Array(lagBuckets.words);
  readonly #lagMeter = new LagMeter(this.#mainLag);
  #process: Account = { sums: {}, levels: {} };
  #lastTicket = 0;
  #round: Round | undefined;
  #gathering: Promise<Gathered> | undefined;

  /** @param ask makes a worker tell its measures under this ticket: hear(). */
  constructor(places: number, ask: (place: number, ticket: number) => void, main: () => readonly Account[]) {
    this.#ask = ask;
    this.#main = main;
    this.#places = Array.from({ length: places }, () => ({ sheet: undefined, told: undefined, sheetBefore: new Float64Array(SHEET_WORDS), sumsBefore: {} }));
  }

  /** The sheet of a worker that begins. */
  begun(place: number): SharedArrayBuffer {
    const sheet = createSheet();
    this.#places[place]!.sheet = new Float64Array(sheet);
    return sheet;
  }

  /** Signs of life of the worker that is there; undefined: there is none. */
  beatsOf(place: number): number | undefined {
    const { sheet } = this.#places[place]!;
    return sheet && beatsIn(sheet)[0];
  }

  ended(index: number): void {
    const place = this.#places[index]!;
    if (place.sheet) addWords(place.sheetBefore, place.sheet);
    if (place.told) place.sumsBefore = added([place.sumsBefore, place.told.own.sums]);
    place.sheet = place.told = undefined;
    if (!this.#isRunning) this.#lagMeter.end();
    this.#settle(index);
  }

  hear(index: number, ticket: number, measures: Measures): void {
    this.#places[index]!.told = measures;
    const isCurrent = this.#round?.ticket === ticket;
    const { sums, levels } = measures.process;
    this.#process = { sums: largest(this.#process.sums, sums), levels: isCurrent ? levels : this.#process.levels };
    if (isCurrent) this.#settle(index);
  }

  reported(name: ReportName): void {
    this.#reports.set(name, (this.#reports.get(name) ?? 0) + 1);
  }

  /** Who asks while others wait gets what they get. */
  gather(): Promise<Gathered> {
    if (this.#isRunning) this.#lagMeter.begin();
    this.#gathering ??= this.#askAll().then((silent) => {
      this.#gathering = this.#round = undefined;
      return this.#sum(silent);
    });
    return this.#gathering;
  }

  get #isRunning(): boolean {
    return this.#places.some(({ sheet }) => sheet !== undefined);
  }

  /** Resolves with how many did not answer. */
  #askAll(): Promise<number> {
    const awaited = new Set(this.#places.flatMap(({ sheet }, index) => (sheet ? [index] : [])));
    if (awaited.size === 0) return Promise.resolve(0);
    const ticket = ++this.#lastTicket;
    return new Promise((resolve) => {
      const deadline = setTimeout(() => resolve(awaited.size), ANSWER_WITHIN_MS);
      const done = (): void => {
        clearTimeout(deadline);
        resolve(0);
      };
      this.#round = { ticket, awaited, done };
      for (const index of awaited) this.#ask(index, ticket);
    });
  }

  #settle(index: number): void {
    if (this.#round?.awaited.delete(index) === true && this.#round.awaited.size === 0) this.#round.done();
  }

  #sum(silent: number): Gathered {
    const sheet = new Float64Array(SHEET_WORDS);
    const lags: { thread: string; words: Float64Array }[] = [{ thread: 'main', words: this.#mainLag }];
    for (const [index, place] of this.#places.entries()) {
      const own = place.sheetBefore.slice();
      if (place.sheet) addWords(own, place.sheet);
      addWords(sheet, own);
      lags.push({ thread: `worker-${index}`, words: lagIn(own) });
    }
    const told = this.#places.flatMap((place) => (place.told ? [place.told] : []));
    const accounts = [this.#process, ...told.map(({ own }) => own), ...this.#main()];
    const reports = Object.fromEntries([...this.#reports].map(([name, count]) => [`report.${name}`, count]));
    return {
      sheet, lags,
      counts: added([...this.#places.map(({ sumsBefore }) => sumsBefore), ...accounts.flatMap(({ sums, levels }) => [sums, levels]), reports]),
      origins: healthOf(told.flatMap(({ origins }) => origins)),
      workers: { running: this.#places.filter((place) => place.sheet !== undefined).length, silent },
      connections: this.#places.map(({ sheet: own, told: last }) => (own ? (last?.own.levels['engine.connections'] ?? 0) : null)),
      hottest: hottestOf(told.flatMap(({ hottest }) => hottest)),
    };
  }
}

function addWords(to: Float64Array, words: Float64Array): void {
  for (let index = 0; index < to.length; ++index) to[index]! += words[index]!;
}

function added(all: readonly Counts[]): Counts {
  const sum: Record<string, number> = {};
  for (const [name, count] of all.flatMap((counts) => Object.entries(counts))) sum[name] = (sum[name] ?? 0) + count;
  return sum;
}

/** What two workers tell of one process was not read at the same moment. */
function largest(one: Counts, other: Counts): Counts {
  return { ...one, ...Object.fromEntries(Object.entries(other).map(([name, count]) => [name, Math.max(count, one[name] ?? 0)])) };
}

function healthOf(states: readonly OriginState[]): OriginHealth[] {
  const urls = [...new Set(states.map(({ url }) => url))];
  return urls.map((url) => {
    const those = states.filter((state) => state.url === url);
    const sum = (of: (state: OriginState) => number): number => those.reduce((total, state) => total + of(state), 0);
    return { url, wellWorkers: those.filter(({ well }) => well).length, connections: sum(({ connections }) => connections), busy: sum(({ busy }) => busy) };
  });
}
