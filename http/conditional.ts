/**
 * Conditional requests: the preconditions of RFC 9110 §13.1, judged in the order of §13.2.2. Pure: the exchange says what it has,
 * and gets 200, 304 or 412 as a word.
 */
import { parseDate } from './date.ts';
import { type EntityTag, matchesStrongly, matchesWeakly, parseEntityTag, parseEntityTags } from './etag.ts';

export interface Validators {
  /** As sent, with its quotes and the W/ of a weak one. */
  readonly etag: string;
  /** Whole seconds; NaN where there is none. */
  readonly lastModifiedMs: number;
}

/** Field values; undefined where the field is absent. */
export interface Preconditions {
  readonly ifMatch?: string | undefined;
  readonly ifNoneMatch?: string | undefined;
  readonly ifModifiedSince?: string | undefined;
  readonly ifUnmodifiedSince?: string | undefined;
}

/** 200, 304, 412 */
export type Verdict = 'proceed' | 'not-modified' | 'failed';

/** validators: undefined where there is no current representation. safe: the method is GET or HEAD. */
export function evaluate(conditions: Preconditions, validators: Validators | undefined, nowMs: number, safe: boolean): Verdict {
  const { ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince } = conditions;
  const lastModifiedMs = validators?.lastModifiedMs ?? Number.NaN;

  // Steps 1 and 2: If-Unmodified-Since counts only without If-Match.
  if (ifMatch !== undefined) {
    if (!matchesAny(ifMatch, validators, matchesStrongly)) return 'failed';
  } else if (ifUnmodifiedSince !== undefined && lastModifiedMs > parseDate(ifUnmodifiedSince, nowMs)) {
    return 'failed';
  }

  // Steps 3 and 4: If-Modified-Since counts only without If-None-Match, and for GET and HEAD.
  if (ifNoneMatch !== undefined) {
    // Nearly always the one tag that we sent comes back: then there is nothing to parse.
    if (ifNoneMatch === validators?.etag || matchesAny(ifNoneMatch, validators, matchesWeakly)) return safe ? 'not-modified' : 'failed';
  } else if (ifModifiedSince !== undefined && safe && lastModifiedMs <= parseDate(ifModifiedSince, nowMs)) {
    return 'not-modified';
  }
  return 'proceed';
}

/**
 * Step 5, §13.1.5: whether a Range may be honoured. A date must be the very Last-Modified and a strong validator (§8.8.2.2): at
 * least one second before dateMs, the Date of this answer, or the file could have changed twice within its second.
 */
export function ifRangeHolds(value: string | undefined, validators: Validators, dateMs: number): boolean {
  if (value === undefined) return true;
  const wanted = parseEntityTag(value);
  if (wanted !== undefined) {
    const current = parseEntityTag(validators.etag);
    return current !== undefined && matchesStrongly(wanted, current);
  }
  const { lastModifiedMs } = validators;
  return parseDate(value, dateMs) === lastModifiedMs && dateMs - lastModifiedMs >= 1000;
}

/** A malformed list, like an invalid date above (every comparison with NaN is false), is a condition that nothing meets. */
function matchesAny(value: string, validators: Validators | undefined, matches: (a: EntityTag, b: EntityTag) => boolean): boolean {
  if (validators === undefined) return false;
  const list = parseEntityTags(value);
  if (list.kind !== 'tags') return list.kind === 'any';
  const current = parseEntityTag(validators.etag);
  return current !== undefined && list.tags.some((tag) => matches(tag, current));
}
