// What the proxies of a worker share: what the worker holds of the store, and its side of the questions to the coordinator.
import { layout, type Areas, type Engine } from '../../native/index.ts';
import { FileReader } from '../../cache/representation.ts';
import type { BodyFolder } from '../../cache/store/disk/body-folder.ts';
import { Generations } from '../../cache/store/generations.ts';
import { Holdings } from '../../cache/store/holdings.ts';
import type { ToCoordinator, ToStoreUser } from '../../cache/store/messages.ts';
import { StoreUser } from '../../cache/store/user.ts';
import type { Opener } from '../opener.ts';
import type { VariantPlans } from './answers.ts';
import { Bodies, type BodyLimits } from './bodies.ts';
import type { OriginState } from './origin/origins.ts';

/** Of one worker: their heads, and the records of their bodies. */
const OBJECTS_HELD_MAX = 16_384;
/** How often the coordinator hears what was used, in milliseconds: it decides what is evicted. */
const USED_EVERY_MS = 1000;

export interface StoreLink {
  /** Generations of the process. */
  readonly shared: SharedArrayBuffer;
  readonly post: (message: ToCoordinator) => void;
  /** Where bodies are written; undefined: nowhere. */
  readonly disk?: BodyFolder | undefined;
}

export class SharedStore {
  readonly holdings: Holdings<VariantPlans>;
  readonly user: StoreUser;
  readonly bodies: Bodies;
  readonly #told: NodeJS.Timeout;

  constructor(engine: Engine, opener: Opener, areas: () => Areas, link: StoreLink, limits: BodyLimits) {
    this.holdings = new Holdings<VariantPlans>(OBJECTS_HELD_MAX, new Generations(link.shared), (file) => engine.release(file));
    this.user = new StoreUser(link.post, (keys, versions) => this.holdings.forget(keys, versions));
    this.bodies = new Bodies(engine, opener, new FileReader(engine, layout), this.holdings, limits, {
      broken: () => areas().broken, disk: link.disk, onLost: (key, record) => this.user.tell({ type: 'lost', key, record }), onRefused: (error) => this.user.tell({ type: 'refused', error }),
    });
    this.#told = setInterval(() => this.#tell(), USED_EVERY_MS);
    this.#told.unref();
  }

  hear(message: ToStoreUser): void {
    this.user.hear(message);
  }

  /** Beside what the proxies count. */
  counts(): Record<string, number> {
    return { objectsHeld: this.holdings.size };
  }

  states(): readonly OriginState[] {
    return [];
  }

  close(): void {
    clearInterval(this.#told);
    this.#tell();
  }

  #tell(): void {
    const keys = this.holdings.used();
    if (keys.length > 0) this.user.tell({ type: 'used', keys });
  }
}
