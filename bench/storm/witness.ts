/**
 * Judges completed answers. Each counts under one thing that is wrong with it, or is whole. What a row remembers of its
 * validators and of the newest version that each reader saw is here.
 */
import { CLASSES, isLength, lengthOf, readWord, type StormFile } from './content.ts';
import type { Head, Response } from './response.ts';

const SAMPLES_MAX_PER_KIND = 4;
const STALE_MAX = 20_000;
const EMPTY = 'empty';

export type Pace = 'fast' | 'slow' | 'stalled';

/** What was asked for, by whom. */
export interface Asked {
  readonly file: StormFile;
  /** Both ends included; null: the whole file. */
  readonly range: { readonly first: number; readonly last: number } | null;
  readonly pace: Pace;
  /** CLOCK_MONOTONIC, as the writers' logs. */
  readonly atMs: number;
  /** The newest version that this reader saw, by file number. */
  readonly newest: Uint32Array;
}

/** An older version after a newer one; whether that is too late is known once the writers' logs are read. */
export interface Older {
  readonly file: number;
  readonly newest: number;
  readonly atMs: number;
}

/** Why a body is torn. `half`: a length that no version has, so its writer was inside. `foreign`: no writer's word, or another file's. */
const TORN = ['mixed', 'half', 'empty', 'foreign'] as const;
export type Torn = (typeof TORN)[number];

export interface Tally {
  /** Complete by their Content-Length, whole or not. */
  completed: number;
  completedBySize: number[];
  completedByPace: Record<Pace, number>;
  partial: number;
  torn: Record<Torn, number>;
  tornBySize: number[];
  tornByPace: Record<Pace, number>;
  wrongLength: number;
  wrongValidator: number;
  /** Ended before their Content-Length. Allowed. */
  reset: number;
  /** No byte for a long time while the reader waited; counted as reset as well. */
  hung: number;
  /** Statuses that are no file: 503 and so on. */
  refused: number;
  /** Empty answers where an empty file is a version of its own. */
  empties: number;
  /** Different validators seen. */
  validators: number;
  older: Older[];
  /** A few wrong answers in words. */
  samples: string[];
}

export function emptyTally(): Tally {
  const bySize = (): number[] => CLASSES.map(() => 0);
  const byPace = (): Record<Pace, number> => ({ fast: 0, slow: 0, stalled: 0 });
  return {
    completed: 0, completedBySize: bySize(), completedByPace: byPace(), partial: 0,
    torn: { mixed: 0, half: 0, empty: 0, foreign: 0 }, tornBySize: bySize(), tornByPace: byPace(),
    wrongLength: 0, wrongValidator: 0, reset: 0, hung: 0, refused: 0, empties: 0, validators: 0, older: [], samples: [],
  };
}

export function tornOf(tally: Tally): number {
  return TORN.reduce((sum, kind) => sum + tally.torn[kind], 0);
}

export class Witness {
  readonly tally = emptyTally();
  readonly #emptyIsVersion: boolean;
  /** File and ETag, to the version seen under it. */
  readonly #validators = new Map<string, number | typeof EMPTY>();

  /** `emptyIsVersion`: the writers leave a file empty while none of them has it open for writing. */
  constructor(emptyIsVersion: boolean) {
    this.#emptyIsVersion = emptyIsVersion;
  }

  judge(asked: Asked, response: Response): void {
    const head = response.head!;
    if (![200, 206, 416].includes(head.status)) {
      this.tally.refused += 1;
      this.#sample('refused', asked, response);
      return;
    }
    this.tally.completed += 1;
    this.tally.completedBySize[asked.file.size]! += 1;
    this.tally.completedByPace[asked.pace] += 1;
    if (head.status === 206) this.tally.partial += 1;
    if (head.status === 206 && !isAskedRange(asked, head)) this.wrongLength('not the range that was asked for', asked, response);
    else if (head.status === 416 || head.contentLength === 0) this.#judgeEmpty(asked, response);
    else this.#judgeBody(asked, response, head);
    this.tally.validators = this.#validators.size;
  }

  wrongLength(what: string, asked: Asked, response: Response): void {
    this.tally.wrongLength += 1;
    this.#sample(`wrong-length (${what})`, asked, response);
  }

  /** The connection ended, or was given up, under an answer. */
  reset(hung: boolean): void {
    this.tally.reset += 1;
    if (hung) this.tally.hung += 1;
  }

  #judgeEmpty(asked: Asked, response: Response): void {
    if (!this.#emptyIsVersion) return this.#torn('empty', asked, response);
    this.tally.empties += 1;
    if (response.head!.status === 200) this.#judgeValidator(asked, response, EMPTY);
  }

  #judgeBody(asked: Asked, response: Response, { status, contentLength, contentRange }: Head): void {
    const { file } = asked;
    if (response.body.mixedAt >= 0) return this.#torn('mixed', asked, response);
    const bytes = response.body.wordAt(status === 206 ? asked.range!.first : 0);
    const word = bytes === null ? null : readWord(bytes);
    if (word?.file !== file.number) return this.#torn('foreign', asked, response);
    const complete = status === 206 ? contentRange!.complete : contentLength;
    if (complete !== lengthOf(file.bytes, word.version)) {
      if (!isLength(file.bytes, complete)) return this.#torn('half', asked, response);
      return this.#wrongValidator(`version ${word.version} under another's length`, asked, response);
    }
    const newest = asked.newest[file.number]!;
    asked.newest[file.number] = Math.max(newest, word.version);
    if (word.version < newest && this.tally.older.length < STALE_MAX) this.tally.older.push({ file: file.number, newest, atMs: asked.atMs });
    this.#judgeValidator(asked, response, word.version);
  }

  #judgeValidator(asked: Asked, response: Response, version: number | typeof EMPTY): void {
    const { etag } = response.head!;
    if (etag === null) return;
    const key = `${asked.file.number} ${etag}`;
    const known = this.#validators.get(key);
    if (known === undefined) this.#validators.set(key, version);
    else if (known !== version) this.#wrongValidator(`version ${version}, before ${known}`, asked, response);
  }

  #torn(kind: Torn, asked: Asked, response: Response): void {
    this.tally.torn[kind] += 1;
    this.tally.tornBySize[asked.file.size]! += 1;
    this.tally.tornByPace[asked.pace] += 1;
    const { mixedAt } = response.body;
    this.#sample(`torn (${kind}${mixedAt < 0 ? '' : ` at byte ${mixedAt}`})`, asked, response);
  }

  #wrongValidator(what: string, asked: Asked, response: Response): void {
    this.tally.wrongValidator += 1;
    this.#sample(`wrong-validator (${what})`, asked, response);
  }

  #sample(what: string, { file, range, pace }: Asked, { head }: Response): void {
    const kind = what.replace(/ .*/, '');
    if (this.tally.samples.filter((sample) => sample.startsWith(kind)).length >= SAMPLES_MAX_PER_KIND) return;
    const part = range === null ? '' : ` bytes ${range.first}-${range.last}`;
    const answer = head === null ? 'no head' : `${head.status}, ${head.contentLength} bytes, ETag ${head.etag ?? 'none'}`;
    this.tally.samples.push(`${what}: ${file.name}${part}, ${pace} reader: ${answer}`);
  }
}

/** The range itself, or as much of it as a file has that is too short for it (RFC 9110 §14.1.2): which no whole version is. */
function isAskedRange({ range }: Asked, { contentRange, contentLength }: Head): boolean {
  if (range === null || contentRange === null) return false;
  const { first, last, complete } = contentRange;
  return first === range.first && last === Math.min(range.last, complete - 1) && contentLength === last - first + 1;
}
