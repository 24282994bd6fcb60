// What every part of the proxy works with.
import type { PolicyOptions } from '../../cache/policy/options.ts';
import type { Holdings } from '../../cache/store/holdings.ts';
import type { StoreUser } from '../../cache/store/user.ts';
import type { Report } from '../report.ts';
import type { VariantPlans } from './answers.ts';
import type { Answers } from './answered.ts';
import type { Bodies } from './bodies.ts';
import type { ForwardOptions } from './forward.ts';
import type { Keys } from './keys.ts';
import type { Purging } from './purging.ts';
import type { Sendfile } from './sendfile.ts';
import type { Origins } from './origin/origins.ts';

export interface CacheLimits {
  /** A larger body is passed through; bytes. */
  readonly objectBytesMax: number;
  /** A larger one has no place but on disk; bytes. */
  readonly memoryBytesMax: number;
  /** Where a part of something larger is asked for that is not stored, only that part is fetched; bytes. */
  readonly rangeFillBytesMax: number;
  /** For so long who asks for what was not to be shared does not wait for others; milliseconds. */
  readonly aloneMs: number;
}

export interface ProxyParts {
  /** What the proxy calls itself in Via and Cache-Status. */
  readonly name: string;
  readonly origins: Origins;
  readonly store: StoreUser;
  readonly holdings: Holdings<VariantPlans>;
  readonly bodies: Bodies;
  readonly keys: Keys;
  readonly answers: Answers;
  readonly policy: PolicyOptions;
  readonly forward: ForwardOptions;
  /** Protocols that connections may change to, by name in lower case. */
  readonly upgrades: ReadonlySet<string>;
  readonly purging: Purging;
  /** Where origins may name files in place of bodies. */
  readonly sendfile: Sendfile | undefined;
  readonly limits: CacheLimits;
  readonly report: Report;
}
