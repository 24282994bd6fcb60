// What of a stored response a request asks for, and whether that is there: RFC 9110 §14.2 and §13.1.5, RFC 9111 §3.3.
import { ifRangeHolds } from '../../http/conditional.ts';
import { POSITION_UNKNOWN } from '../../http/content-range.ts';
import { parseRange, type ByteRange } from '../../http/range.ts';
import type { Variant } from '../store/object.ts';
import { dateOf } from './dates.ts';
import { type RequestMessage, valueOf } from './message.ts';
import { holds, isComplete } from './parts.ts';
import { validatorsOf } from './validators.ts';

/** 'unresolved': where the end is, only who knows the whole can tell. */
export type Wanted =
  | { readonly kind: 'whole' | 'unsatisfiable' | 'unresolved' }
  /** At least one; none touch or overlap. */
  | { readonly kind: 'ranges'; readonly ranges: readonly ByteRange[] };

const whole: Wanted = { kind: 'whole' };
const unresolved: Wanted = { kind: 'unresolved' };
/** In place of a length that is not known. */
const ENDLESS = Number.MAX_SAFE_INTEGER;

/** Of a response with status 200, its preconditions aside. */
export function wantedOf(request: RequestMessage, variant: Variant): Wanted {
  const range = request.methodText === 'GET' ? request.fieldNamed('range') : undefined;
  if (range === undefined || variant.status !== 200) return whole;
  const { lastModifiedMs } = validatorsOf(variant.fields, variant.responseMs);
  const validators = { etag: valueOf(variant.fields, 'etag') ?? '', lastModifiedMs };
  if (!ifRangeHolds(request.fieldNamed('if-range'), validators, dateOf(variant.fields, variant.responseMs))) return whole;
  const isKnown = variant.bytes !== POSITION_UNKNOWN;
  const outcome = parseRange(range, isKnown ? variant.bytes : ENDLESS);
  if (outcome.kind === 'ignore') return whole;
  if (!isKnown && (outcome.kind === 'unsatisfiable' || outcome.ranges.some(({ end }) => end === ENDLESS))) return unresolved;
  return outcome;
}

/** "unless the response has been completed, or the request is partial and specifies a range wholly within the incomplete response" (RFC 9111 §3.3). */
export function hasWanted(request: RequestMessage, variant: Variant): boolean {
  if (isComplete(variant)) return true;
  const wanted = wantedOf(request, variant);
  if (wanted.kind === 'ranges') return wanted.ranges.every((range) => holds(variant.bodies, range));
  return wanted.kind === 'unsatisfiable';
}
