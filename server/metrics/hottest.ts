// What is asked for most, of a worker: estimated from a sample, as counting every URL would cost memory for each that a client makes up.
//
// Space-Saving (Metwally, Agrawal, El Abbadi 2005) over a fixed number of counters: a URL that is not counted takes the place of the one
// that is counted least, and goes on from its count, which it is taken off again when it is told. What makes up more than 1/COUNTERS of all
// is among them for certain.
//
// Nobody pays for what nobody looks at: each time that somebody asks, so many answers are looked at until the next time, spread over as
// many as there were since the last one.
import type { RequestHead } from '../../http/head.ts';
import type { Plan } from '../plan.ts';
import { RESULT_COLLAPSED, RESULT_HIT, RESULT_REVALIDATED, RESULT_STALE } from './cache-results.ts';

const COUNTERS = 128;
const SHOWN = 20;
const SAMPLES_AT_ONCE = 1000;
const URL_CHARACTERS_MAX = 256;
/** After that time an answer counts half. */
const HALF_LIFE_S = 15;
const GONE = 1e-3;
/** Nobody has looked meanwhile. */
const PAUSE_S = 5;

/** What is asked for, lately. */
export interface Hot {
  /** `host/path?query` as it was asked for, or the target where that is no path; bytes as latin1; cut off where it is long. */
  readonly url: string;
  /** Answers a second, lately: after fifteen seconds one counts half. */
  readonly perS: number;
  readonly bytesPerS: number;
  /** Of these answers, those that were made from what is stored. */
  readonly storedShare: number;
}

interface Counter {
  answers: number;
  /** Of these, those of URLs that had the place before. */
  others: number;
  bytes: number;
  stored: number;
}

const fromStore = new Set([RESULT_HIT, RESULT_STALE, RESULT_COLLAPSED, RESULT_REVALIDATED]);

export class Hottest {
  readonly #counters = new Map<string, Counter>();
  /** How many more are looked at. */
  #samples = 0;
  /** One in so many is. */
  #stride = 1;
  #skipped = 0;
  #answers = 0;
  #toldMs = -Infinity;
  /** The time that the counts are of, what is long ago counting less, as they do. */
  #spanS = 0;

  /** An answer was decided on. */
  count(request: RequestHead, plan: Plan): void {
    this.#answers += 1;
    if (this.#samples === 0 || ++this.#skipped < this.#stride) return;
    this.#skipped = 0;
    this.#samples -= 1;
    const { authority, target } = request;
    const counter = this.#counterOf((target.startsWith('/') ? authority + target : target).slice(0, URL_CHARACTERS_MAX));
    counter.answers += this.#stride;
    counter.bytes += this.#stride * Math.max(plan.bodyBytes, 0);
    if (fromStore.has(plan.result)) counter.stored += this.#stride;
  }

  /** What is hottest, and begins to look for it, or goes on. @param nowMs of a clock that is not set back. */
  tell(nowMs: number): readonly Hot[] {
    const elapsedS = (nowMs - this.#toldMs) / 1000;
    if (elapsedS > PAUSE_S) this.#beginAnew();
    else this.#fade(elapsedS);
    this.#toldMs = nowMs;
    this.#stride = Math.max(1, Math.ceil(this.#answers / SAMPLES_AT_ONCE));
    this.#samples = SAMPLES_AT_ONCE;
    this.#answers = this.#skipped = 0;
    const spanS = this.#spanS;
    return hottestOf([...this.#counters].map(([url, { answers, others, bytes, stored }]) => (
      { url, perS: (answers - others) / spanS, bytesPerS: bytes / spanS, storedShare: Math.min(stored / (answers - others), 1) }
    )));
  }

  #counterOf(url: string): Counter {
    const known = this.#counters.get(url);
    if (known) return known;
    const counter: Counter = { answers: 0, others: 0, bytes: 0, stored: 0 };
    if (this.#counters.size >= COUNTERS) {
      const [least, replaced] = [...this.#counters].reduce((one, other) => (other[1].answers < one[1].answers ? other : one));
      this.#counters.delete(least);
      counter.answers = counter.others = replaced.answers;
    }
    this.#counters.set(url, counter);
    return counter;
  }

  #beginAnew(): void {
    this.#counters.clear();
    this.#spanS = 0;
  }

  #fade(elapsedS: number): void {
    const factor = 2 ** (-elapsedS / HALF_LIFE_S);
    this.#spanS = (this.#spanS + elapsedS) * factor;
    for (const [url, counter] of this.#counters) {
      counter.answers *= factor;
      counter.others *= factor;
      counter.bytes *= factor;
      counter.stored *= factor;
      if (counter.answers < GONE) this.#counters.delete(url);
    }
  }
}

/** Of all workers together, the hottest first. */
export function hottestOf(all: readonly Hot[]): readonly Hot[] {
  const byUrl = new Map<string, Hot>();
  for (const hot of all) {
    const known = byUrl.get(hot.url);
    byUrl.set(hot.url, known ? together(known, hot) : hot);
  }
  return [...byUrl.values()].sort((one, other) => other.perS - one.perS).slice(0, SHOWN);
}

function together(one: Hot, other: Hot): Hot {
  const perS = one.perS + other.perS;
  return { url: one.url, perS, bytesPerS: one.bytesPerS + other.bytesPerS, storedShare: (one.storedShare * one.perS + other.storedShare * other.perS) / perS };
}
