/** What a row is worth. A row that could not see is void, and a void row fails the storm. */
import type { Means } from './means.ts';
import type { Place } from './options.ts';
import type { Outcome } from './row.ts';
import { tornOf } from './witness.ts';

/** `seen`: unprotected, and the torn answers were there. */
export type VerdictName = 'ok' | 'seen' | 'failed' | 'void' | 'reported' | 'skipped';

export interface Verdict {
  readonly name: VerdictName;
  /** In words, or empty. */
  readonly reason: string;
}

export interface Circumstances {
  readonly means: Means;
  readonly place: Place;
  readonly protect: string | null;
  readonly unknownPeer: string | null;
  /** What the same writers did to an unprotected server; null when that was not looked at. */
  readonly control: Outcome | null;
}

/** Answers that were finished, and perhaps unread, when the server let a writer in: it says how many. */
export function exposedOf({ counters }: Outcome): number | null {
  const name = Object.keys(counters).find((key) => /^guard\W?exposed$/i.test(key));
  return name === undefined ? null : counters[name]!;
}

/** An answer that was exposed may have become torn, or another version's under its validator: both count against what is allowed. */
function wrongs({ tally }: Outcome, exposed: number): string {
  const torn = tornOf(tally);
  const excused = torn + tally.wrongValidator <= exposed;
  return [
    torn > 0 && !excused ? `${torn} torn` : '',
    tally.wrongLength > 0 ? `${tally.wrongLength} of a wrong length` : '',
    tally.wrongValidator > 0 && !excused ? `${tally.wrongValidator} under a wrong validator` : '',
    exposed > 0 && !excused ? `${exposed} exposed` : '',
  ].filter((text) => text !== '').join(', ');
}

/** Why the row says nothing, or null. */
function blindness(outcome: Outcome, { means, protect, control }: Circumstances): string | null {
  const { tally, reason, rewrites } = outcome;
  if (tally.completed === 0) return `no answer was completed${reason === null ? '' : `: ${reason}`}`;
  if (reason !== null) return reason;
  if (rewrites === 0) return 'no file was rewritten';
  if (tally.validators === 0) return 'no answer had an ETag';
  if (tally.partial === 0) return 'no answer was a range';
  if (!means.inPlace || means.reportedOnly) return null;
  if (protect === 'off') return tornOf(tally) === 0 ? 'unprotected, and nothing torn: this storm does not see' : null;
  if (control !== null && tornOf(control.tally) === 0) return 'nothing torn in the unprotected control: this storm does not see';
  return null;
}

export function judge(outcome: Outcome, circumstances: Circumstances): Verdict {
  const { means, place, protect, unknownPeer } = circumstances;
  const blind = blindness(outcome, circumstances);
  if (blind !== null) return { name: 'void', reason: blind };
  if (means.reportedOnly) return { name: 'reported', reason: wrongs(outcome, 0) };
  if (protect === 'off' && means.inPlace) return { name: 'seen', reason: wrongs(outcome, 0) };
  // A peer behind a veth may be on this host or not: a server that only probes may let a writer in too early, and counts it.
  const exposed = place === 'veth' && unknownPeer !== 'copy' ? (exposedOf(outcome) ?? 0) : 0;
  const wrong = wrongs(outcome, exposed);
  return wrong === '' ? { name: 'ok', reason: '' } : { name: 'failed', reason: wrong };
}

/** At least one row must have been judged, none may have failed, and none may have seen nothing. */
export function passed(verdicts: readonly Verdict[]): boolean {
  const count = (...names: readonly VerdictName[]): number => verdicts.filter(({ name }) => names.includes(name)).length;
  return count('ok', 'seen') > 0 && count('failed', 'void') === 0;
}
