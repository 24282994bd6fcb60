// What hooks have decided of a request, for the exchange.
import type { RequestHead } from '../../http/head.ts';
import type { Plan } from '../plan.ts';

export interface Steering {
  /** In place of the one that the target gives. */
  readonly key: string | undefined;
  readonly bypass: boolean;
  /** URL of the only origin that is asked, as it was configured. */
  readonly origin: string | undefined;
}

/** A request that goes on, perhaps as another one; or its answer. */
export type Steered = { readonly request: RequestHead; readonly steering: Steering } | Plan;
