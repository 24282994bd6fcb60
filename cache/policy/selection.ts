// Which stored variant a request selects, RFC 9111 §4.1.
import { selectingValues } from '../../http/vary.ts';
import type { Variant } from '../store/object.ts';
import { dateOf } from './dates.ts';
import type { RequestMessage } from './message.ts';

/** Whether the fields that the response varies by say the same in this request as in the one it was stored for. */
export function matches(variant: Variant, request: RequestMessage): boolean {
  return variant.varyNames.length === 0 || areEqual(variant.varyValues, selectingValues(variant.varyNames, request));
}

/**
 * All that match, the one to use first: one with Vary before one without (§4.1: that one is more likely a default that forgot
 * it), then the most recent by Date (§4), then the one that comes first.
 */
export function selectable(variants: readonly Variant[], request: RequestMessage): readonly Variant[] {
  const found = variants.filter((variant) => matches(variant, request));
  return found.length < 2 ? found : found.sort(moreSuitable);
}

/** Those that a new response with these selecting values takes the place of: the same key, the same request. */
export function replacedBy(variants: readonly Variant[], stored: Pick<Variant, 'varyNames' | 'varyValues'>): readonly Variant[] {
  return variants.filter((variant) => areEqual(variant.varyNames, stored.varyNames) && areEqual(variant.varyValues, stored.varyValues));
}

/** undefined where none matches. */
export function select(variants: readonly Variant[], request: RequestMessage): Variant | undefined {
  return selectable(variants, request)[0];
}

function moreSuitable(a: Variant, b: Variant): number {
  const varies = Number(b.varyNames.length > 0) - Number(a.varyNames.length > 0);
  return varies === 0 ? generatedMs(b) - generatedMs(a) : varies;
}

function generatedMs(variant: Variant): number {
  return dateOf(variant.fields, variant.responseMs);
}

function areEqual(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}
