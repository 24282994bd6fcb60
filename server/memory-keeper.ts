// Main's look at memory: what the cgroup tells is carried out by all who keep something (memory-pressure.ts decides).
import { native } from '../native/index.ts';
import { memoryLevels, type MemoryLevel } from './cgroup.ts';
import { MemoryPressure, squeezes, type Squeeze } from './memory-pressure.ts';
import type { MemoryLimits } from './options.ts';
import type { Report } from './report.ts';

const LOOK_EVERY_MS = 1000;

export interface MemoryKeeperParts {
  readonly limits: MemoryLimits;
  /** Of the store. */
  readonly squeezeStore: (share: number) => void;
  /** Files that are open, and are in private memory, are closed until there is so much less of it. */
  readonly shed: (bytes: number) => void;
  readonly report: Report;
  readonly levels?: () => readonly MemoryLevel[];
}

export interface MemoryStatus {
  /** Of the bounds of arena, private memory and store, what is used; 1: all. */
  readonly share: number;
  /** Why it is less. */
  readonly cause?: Squeeze;
  /** Ours, and never taken back by the kernel: arena, private copies, snapshots, stored bodies. */
  readonly sealedBytes: number;
  /** Of the cgroup; undefined: it has none of version 2. Page cache is part of what is used, and nobody's. */
  readonly cgroup?: { readonly usedBytes: number; readonly pageCacheBytes: number; readonly limitBytes?: number; readonly stallPercent: number };
}

export class MemoryKeeper {
  readonly #parts: MemoryKeeperParts;
  readonly #pressure: MemoryPressure;
  readonly #levels: () => readonly MemoryLevel[];
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: MemoryKeeperParts) {
    this.#parts = parts;
    this.#pressure = new MemoryPressure(parts.limits);
    this.#levels = parts.levels ?? memoryLevels;
  }

  begin(): void {
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  /** Whoever else is in this process has all of its bounds again. */
  end(): void {
    clearInterval(this.#timer);
    if (this.#pressure.share < 1) native.squeeze(1);
  }

  bound(limits: MemoryLimits): void {
    const before = this.#pressure.share;
    this.#pressure.bound(limits);
    if (this.#pressure.share !== before) this.#squeeze();
  }

  /** Called by its timer. */
  look(): void {
    const before = this.#pressure.share;
    if (this.#pressure.look(this.#levels())) {
      this.#squeeze();
      this.#tell(before);
    }
    const { privateBytes, privateBytesMax } = native.sealedMemory();
    if (this.#pressure.share < 1 && privateBytes > privateBytesMax) this.#parts.shed(privateBytes - privateBytesMax);
  }

  status(): MemoryStatus {
    const { share, cause } = this.#pressure;
    const [own] = this.#levels();
    const { arenaBytes, privateBytes, snapshotBytes, bodyBytes } = native.sealedMemory();
    return {
      share, ...(cause && { cause }), sealedBytes: arenaBytes + privateBytes + snapshotBytes + bodyBytes,
      ...(own && { cgroup: {
        usedBytes: own.usedBytes, pageCacheBytes: own.pageCacheBytes, stallPercent: own.stallPercent, ...(own.limitBytes < Infinity && { limitBytes: own.limitBytes }),
      } }),
    };
  }

  counts(): Record<string, number> {
    const { share, sealedBytes, cgroup = {} } = this.status();
    const told = squeezes.map((cause) => [`squeezed.${cause}`, this.#pressure.counts[cause]] as const);
    return { sharePercent: Math.round(share * 100), sealedBytes, ...cgroup, ...Object.fromEntries(told) };
  }

  #squeeze(): void {
    native.squeeze(this.#pressure.share);
    this.#parts.squeezeStore(this.#pressure.share);
  }

  /** The first step down, and that all is as it was: those between are in the metrics. */
  #tell(before: number): void {
    const { share, cause = '' } = this.#pressure;
    const { usedBytes = 0, pageCacheBytes = 0, limitBytes = 0 } = this.status().cgroup ?? {};
    if (before === 1) this.#parts.report('memoryPressure', 'memory is short: what is kept in it is made less', { cause, usedBytes, pageCacheBytes, limitBytes });
    else if (share === 1) this.#parts.report('memoryCalm', 'there is memory again: its bounds are as they were', { usedBytes, pageCacheBytes, limitBytes });
  }
}
