// What a running cache has for a request: the variant that it selects, and what may be done with it now.
import { staleFrom } from '../../cache/policy/freshness.ts';
import type { PolicyOptions } from '../../cache/policy/options.ts';
import { reasons } from '../../cache/policy/reasons.ts';
import { judge, type Reusable } from '../../cache/policy/reuse.ts';
import { select } from '../../cache/policy/selection.ts';
import { FATES } from '../../cache/store/rows.ts';
import type { Variant } from '../../cache/store/object.ts';
import type { SeenObject } from '../../cache/store/stored-objects.ts';
import type { Asked } from '../proxy/asked.ts';
import type { Facts } from './explained.ts';

export function storedFacts(asked: Asked, seen: SeenObject | undefined, policy: PolicyOptions): Facts {
  if (!seen) return { variants: 0, use: 'nothing is stored: the origin is asked' };
  const nowMs = Date.now();
  const variant = select(seen.variants, asked.sent);
  if (!variant) return { variants: seen.variants.length, use: 'no stored variant is for this request: the origin is asked' };
  const { use, reason, ageS, ttlS } = judge(asked.request, marked(variant, seen.fate, nowMs), nowMs, policy);
  return {
    variants: seen.variants.length,
    variant: variant.id,
    status: variant.status,
    selectedBy: variant.varyNames,
    use: `${use}: ${reason} (${reasons[reason]})`,
    ageS,
    ttlS,
    freshnessFrom: variant.freshness.source,
    bytes: variant.bodies.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}

/** With what a purge has made of it, and nobody has carried out yet. */
function marked(variant: Variant, fate: SeenObject['fate'], nowMs: number): Reusable {
  if (fate === FATES.invalid) return { ...variant, invalid: true };
  return fate === FATES.stale ? staleFrom(variant, nowMs) : variant;
}
