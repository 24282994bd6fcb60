/** Age = delta-seconds, RFC 9111 §5.1. */
import { deltaSeconds } from './delta-seconds.ts';
import { listElements } from './list-members.ts';

/**
 * Seconds, 0 to DELTA_SECONDS_MAX. §5.1: of a list "use the first member", and where that is no number of seconds "ignore the field":
 * undefined, which is the age of a response that does not come from a cache.
 * @param value its lines joined by commas; undefined where it is absent.
 */
export function parseAge(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const seconds = deltaSeconds(listElements(value)[0] ?? '');
  return Number.isNaN(seconds) ? undefined : seconds;
}
