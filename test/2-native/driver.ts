// One engine of the addon without a server around it: open() and check() as a test asks for them.
import type { Test } from 'tap';
import { layout, native, type Engine } from '../../native/index.ts';
import { makeAreas } from '../../server/areas.ts';
import { until } from '../serving.ts';

export interface OpenedFile {
  readonly error: number;
  readonly kind: number;
  readonly file: number;
  readonly rerooted: boolean;
}

export interface Limits {
  readonly symlinks?: 'inside' | 'none';
  readonly hashBytesMax?: number;
  readonly arenaBytesMax?: number;
}

const SYMLINKS = { inside: 0, none: 1 } as const;

export class Driver {
  readonly engine: Engine;
  readonly #events: Int32Array;
  readonly #opened = new Map<number, OpenedFile>();
  #ticket = 0;

  constructor(t: Test) {
    const areas = makeAreas(16);
    this.engine = new native.Engine(areas);
    this.#events = areas.events;
    t.teardown(() => this.engine.stop());
  }

  /** Paths are latin1. */
  async open(root: string, path: string, { symlinks = 'inside', hashBytesMax = 8 << 20, arenaBytesMax = 64 << 10 }: Limits = {}): Promise<OpenedFile> {
    const ticket = ++this.#ticket;
    if (!this.engine.open(ticket, root, path, SYMLINKS[symlinks], hashBytesMax, arenaBytesMax, layout.protect.AUTO, layout.accept.WHOLE)) throw new Error('the queue is full');
    await until(() => (this.#receive(), this.#opened.has(ticket)), `OPENED of ${path}`);
    return this.#opened.get(ticket)!;
  }

  check(root: number, path: string, file = -1, symlinks: 'inside' | 'none' = 'inside'): string {
    const found = this.engine.check(root, path, file, SYMLINKS[symlinks], true);
    return Object.entries(layout.checks).find(([, number]) => number === found)![0];
  }

  /** Facts by name, and the hash in hex where there is one. */
  describe(file: number): Record<string, number> & { readonly digest: string } {
    const numbers = new Float64Array(Object.keys(layout.facts).length);
    const digest = new Uint8Array(32);
    this.engine.describe(file, numbers, digest);
    const facts = Object.fromEntries(Object.entries(layout.facts).map(([name, index]) => [name, numbers[index]!]));
    return { ...facts, digest: Buffer.from(digest).toString('hex') } as Record<string, number> & { readonly digest: string };
  }

  #receive(): void {
    const count = this.engine.receive();
    const words = layout.sizes.eventWords;
    for (let at = 0; at < count * words; at += words) {
      const [type, ticket, error, kind, file, rerooted] = this.#events.subarray(at, at + words);
      if (type === layout.events.OPENED) this.#opened.set(ticket!, { error: error!, kind: kind!, file: file!, rerooted: rerooted === 1 });
    }
  }
}
