// Validators of what is stored and of what comes, RFC 9110 §8.8: is it the same representation, and how surely?
import { type EntityTag, matchesStrongly, matchesWeakly, parseEntityTag } from '../../http/etag.ts';
import type { FieldList } from '../../http/response.ts';
import { dateOf, lastModifiedOf } from './dates.ts';
import { singletonOf } from './message.ts';

export interface ReceivedValidators {
  /** undefined where there is none, or one that is malformed. */
  readonly tag: EntityTag | undefined;
  /** NaN where there is none. */
  readonly lastModifiedMs: number;
  /** Last-Modified was at least a second old when this was sent: it cannot have changed again under the same date (§8.8.2.2). */
  readonly dateIsStrong: boolean;
}

/** responseMs: when the fields came, milliseconds since 1970. */
export function validatorsOf(fields: FieldList, responseMs: number): ReceivedValidators {
  const text = singletonOf(fields, 'etag');
  const lastModifiedMs = lastModifiedOf(fields, responseMs);
  return {
    tag: text === undefined ? undefined : parseEntityTag(text),
    lastModifiedMs,
    dateIsStrong: dateOf(fields, responseMs) - lastModifiedMs >= 1000,
  };
}

export function hasValidator(validators: ReceivedValidators): boolean {
  return validators.tag !== undefined || !Number.isNaN(validators.lastModifiedMs);
}

/** 'strong': byte for byte. 'weak': equivalent. 'none': another representation, or nothing to tell by. */
export type Correspondence = 'strong' | 'weak' | 'none';

/**
 * Of what is stored and what is received. Entity tags decide where both have one: others differ in spite of equal dates. A tag
 * that is weak on one side is as good as strong where the date is, too (§8.8.2.2).
 */
export function correspondence(stored: ReceivedValidators, received: ReceivedValidators): Correspondence {
  const { tag } = stored;
  const sameDate = stored.lastModifiedMs === received.lastModifiedMs;
  if (tag !== undefined && received.tag !== undefined) {
    if (matchesStrongly(tag, received.tag)) return 'strong';
    if (!matchesWeakly(tag, received.tag)) return 'none';
    return sameDate && stored.dateIsStrong ? 'strong' : 'weak';
  }
  if (!sameDate) return 'none';
  return stored.dateIsStrong ? 'strong' : 'weak';
}
