// The disk as the coordinator has it: not at all, behind memory, or in the hands of another process. Then memory is all there is, and
// meanwhile.ts remembers what the disk is to be told when it comes (back).
import type { Effect } from './disk/purge-marks.ts';
import { isBodyId } from './disk/layout.ts';
import type { DiskTier, MemoryTier } from './disk-tier.ts';
import { Meanwhile } from './meanwhile.ts';
import type { Purge } from './messages.ts';
import type { StoredBody, Variant } from './object.ts';
import { isFiled } from './placement.ts';

/** What is in memory. */
export interface Memory extends MemoryTier {
  /** The disk is not ours any more. */
  forgetElsewhere(): void;
}

/** Purges are noted when the disk is there. */
interface Expected {
  readonly noted: Promise<unknown>;
  readonly resolve: (noted: Promise<unknown>) => void;
}

export class DiskSide {
  readonly #memory: Memory;
  readonly #removeFile: (record: string) => void;
  #tier: DiskTier | undefined;
  #meanwhile: Meanwhile | undefined;
  #expected: Expected | undefined;

  /** @param removeFile of a body that is not stored, while another process has the disk. */
  constructor(memory: Memory, removeFile: (record: string) => void) {
    this.#memory = memory;
    this.#removeFile = removeFile;
  }

  /** Undefined: there is none, or it is another process's. */
  get tier(): DiskTier | undefined {
    return this.#tier;
  }

  /** Whether another process has it. */
  get isElsewhere(): boolean {
    return this.#meanwhile !== undefined;
  }

  /** Resolves when the purges up to now will be known after a start; undefined: there is nothing to wait for. Of what comes while it is lent, whoever has it notes. */
  get noted(): Promise<unknown> | undefined {
    return this.#tier?.synced ?? this.#expected?.noted;
  }

  /** Another process has it, and lets it go, or is gone: purges wait for it. */
  expect(): void {
    this.#meanwhile ??= new Meanwhile();
    if (this.#expected) return;
    let resolve!: (noted: Promise<unknown>) => void;
    const noted = new Promise<unknown>((settle) => (resolve = settle));
    this.#expected = { noted, resolve };
  }

  /** Here it is. */
  attach(diskOf: (memory: MemoryTier) => DiskTier): void {
    this.#tier = diskOf(this.#memory);
    this.#meanwhile?.tell(this.#tier, this.#memory);
    this.#meanwhile = undefined;
    this.#expectNoMore(this.#tier.synced);
  }

  /** It does not come. */
  giveUp(): void {
    this.#expectNoMore(Promise.resolve());
  }

  /** @returns what is to be closed, before another process may have it. */
  detach(): DiskTier | undefined {
    const tier = this.#tier;
    this.#tier = undefined;
    this.#meanwhile ??= new Meanwhile();
    this.#memory.forgetElsewhere();
    return tier;
  }

  /** @returns how many objects there were that are not in memory. */
  purge(purge: Purge, effect: Effect): number {
    this.#meanwhile?.purged(purge, effect);
    return this.#tier?.purge(purge, effect) ?? 0;
  }

  /** Of one key; where there is nothing of it nothing is noted. */
  invalidate(key: string): number {
    return this.#tier?.mayHave(key) === false ? 0 : this.purge({ by: 'key', key }, 'invalid');
  }

  /** What is stored of a key is another thing now; undefined: nothing is. */
  changed(key: string, variants: readonly Variant[] | undefined): void {
    this.#meanwhile?.changed(key);
    if (variants) this.#tier?.keep(key, variants);
    else this.#tier?.remove(key);
  }

  lost(key: string): void {
    this.#meanwhile?.changed(key);
    this.#tier?.lost(key);
  }

  /** A file that whoever has the disk does not know of is litter there. */
  takes(variant: Variant): boolean {
    return !this.#meanwhile || !isFiled(variant);
  }

  /** Bodies that are not stored after all. */
  letGo(bodies: readonly StoredBody[]): void {
    if (this.#tier) this.#tier.letGo(bodies);
    else for (const { record } of bodies) if (isBodyId(record)) this.#removeFile(record);
  }

  mayHaveTag(tag: string): boolean {
    return this.isElsewhere || this.#tier?.mayHaveTag(tag) === true;
  }

  #expectNoMore(noted: Promise<unknown>): void {
    this.#expected?.resolve(noted);
    this.#expected = undefined;
  }
}
