// What happens while another process has the store on disk, or has not given it yet: told to the disk when it is ours (again). Purges
// first, so that nothing comes back; then what has changed since, which is in place of whatever the other one has left there.
import type { Effect } from './disk/purge-marks.ts';
import type { DiskTier, MemoryTier } from './disk-tier.ts';
import type { Purge } from './messages.ts';

/** Of each sort: with more the disk begins anew. */
const REMEMBERED_MAX = 65_536;

export class Meanwhile {
  readonly #purges: { readonly purge: Purge; readonly effect: Effect }[] = [];
  readonly #changed = new Set<string>();

  purged(purge: Purge, effect: Effect): void {
    if (this.#purges.length <= REMEMBERED_MAX) this.#purges.push({ purge, effect });
  }

  /** What is stored of a key is another thing now. */
  changed(key: string): void {
    if (this.#changed.size <= REMEMBERED_MAX) this.#changed.add(key);
  }

  /** Once. */
  tell(disk: DiskTier, memory: Pick<MemoryTier, 'variantsOf'>): void {
    const isTooMuch = this.#purges.length > REMEMBERED_MAX || this.#changed.size > REMEMBERED_MAX;
    if (isTooMuch) disk.purge({ by: 'everything' }, 'gone');
    else for (const { purge, effect } of this.#purges) disk.purge(purge, effect);
    for (const key of this.#changed) {
      const variants = memory.variantsOf(key);
      if (variants) disk.keep(key, variants);
      else disk.remove(key);
    }
  }
}
