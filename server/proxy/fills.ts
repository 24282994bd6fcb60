// What a worker is to fill, and how it reaches the origin for that.
import type { Conditions } from '../../cache/policy/conditions.ts';
import type { Judgement } from '../../cache/policy/reuse.ts';
import type { HeldVariant } from '../../cache/store/holdings.ts';
import type { ForwardReason } from '../../http/cache-status.ts';
import type { Plan } from '../plan.ts';
import type { VariantPlans } from './answers.ts';
import type { Asked } from './asked.ts';
import type { OriginAnswer } from './origin-answer.ts';
import type { PartQuestion } from './part-question.ts';
import type { Forwarded } from './status.ts';

/** What is asked, and for whom. */
export interface Filling {
  readonly asked: Asked;
  /** Of which this worker is the filler. */
  readonly flight: number;
  /** Stored variants that the request selects, the most suitable first. */
  readonly selected: readonly HeldVariant<VariantPlans>[];
  /** Of the first of them. */
  readonly judgement: Judgement | undefined;
  /** Nothing stored is selected, and the client has conditions: they are the origin's to judge (RFC 9111 §4.3.2). */
  readonly conditional?: boolean;
  /** Not all of it is asked for. */
  readonly question?: PartQuestion | undefined;
  readonly fwd: ForwardReason;
}

/** Other ways to the origin. */
export interface ToOrigin {
  ask(asked: Asked, conditions: Conditions | undefined): OriginAnswer;
  /** For this client alone, as it asked. */
  pass(asked: Asked, why: Forwarded): Promise<Plan>;
  /** For a part of what is too large to be fetched for it. */
  part(asked: Asked): Promise<Plan>;
}
