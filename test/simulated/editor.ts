// Somebody in a storm who rewrites a file in place: opens it, waits to be let in, writes in pieces, closes.
import { contentOf } from './content.ts';
import type { History } from './history.ts';
import type { Random } from './random.ts';
import { ROOT, type Site } from './site.ts';
import type { Writer } from './writer.ts';

const PIECES_MAX = 4;

/** Which file a path leads to: another one, once it was replaced. */
export type Generations = Map<string, number>;

export class Editor {
  readonly path: string;
  readonly #site: Site;
  readonly #history: History;
  readonly #writer: Writer;
  readonly #generations: Generations;
  readonly #generation: number;
  readonly #content: Buffer;
  readonly #truncates: boolean;
  readonly #writing: { untilMs: number };
  readonly #pieces: [start: number, end: number][] = [];
  /** What is in the file. */
  #now: Buffer;
  #inside = false;
  done = false;

  constructor(site: Site, history: History, generations: Generations, path: string, random: Random, content: { number: number; bytesMax: number }) {
    this.path = path;
    this.#site = site;
    this.#history = history;
    this.#generations = generations;
    this.#generation = generations.get(path) ?? 0;
    this.#now = history.current(ROOT + path)!;
    // The same length as often as not: then only the bytes tell.
    this.#content = contentOf(content.number, random.chance(0.6) ? this.#now.length : random.between(1, content.bytesMax));
    this.#truncates = random.chance(0.3);
    const pieces = random.between(1, PIECES_MAX);
    const cut = (piece: number): number => Math.floor((this.#content.length * piece) / pieces);
    for (let piece = 0; piece < pieces; ++piece) this.#pieces.push([cut(piece), cut(piece + 1)]);
    if (random.chance(0.3)) this.#pieces.reverse();
    this.#writing = history.begin(ROOT + path, site.world.nowMs());
    this.#writer = site.openForWriting(path.slice(1), { truncates: this.#truncates, patient: random.chance(0.9) });
  }

  get waits(): boolean {
    return this.#writer.is('WAITING') || this.#writer.is('COMING');
  }

  /** The next thing that it does, if it is let in. */
  step(): void {
    if (this.done || this.waits) return;
    if (!this.#inside) return this.look();
    const piece = this.#pieces.shift();
    if (piece) return this.#write(...piece);
    if (this.#now.length !== this.#content.length) {
      this.#writer.truncate(this.#content.length);
      return this.#written(this.#content);
    }
    this.#writer.close();
    if (this.#isCurrent) this.#history.record(ROOT + this.path, this.#content, this.#site.world.nowMs());
    this.#end();
  }

  /** Whether it was let in: O_TRUNC empties the file at that moment. */
  look(): void {
    if (this.done || this.#inside || this.waits) return;
    if (this.#writer.is('GONE')) return this.#end();
    this.#inside = true;
    if (this.#truncates) this.#written(Buffer.alloc(0));
  }

  /** To the end, if it is let in. */
  finish(): void {
    while (!this.done && !this.waits) this.step();
  }

  get #isCurrent(): boolean {
    return (this.#generations.get(this.path) ?? 0) === this.#generation;
  }

  #write(start: number, end: number): void {
    if (end === start) return;
    this.#writer.write(this.#content.subarray(start, end), start);
    const content = Buffer.alloc(Math.max(this.#now.length, end));
    this.#now.copy(content);
    this.#content.copy(content, start, start, end);
    this.#written(content);
  }

  #written(content: Buffer): void {
    this.#now = content;
    if (this.#isCurrent) this.#history.recordPartial(ROOT + this.path, content, this.#site.world.nowMs());
  }

  #end(): void {
    this.done = true;
    this.#writing.untilMs = this.#site.world.nowMs();
  }
}
