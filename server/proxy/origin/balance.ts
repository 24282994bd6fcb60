/**
 * Whose turn it is.
 *
 * Round-robin by weight is the smooth one: every candidate gains its weight, the richest is taken and pays what all have gained. So
 * weights of 5, 1 and 1 give A A B A C A A, and not five times A in a row.
 */

export interface Candidate {
  readonly weight: number;
  /** Requests under way. */
  readonly busy: number;
  /** The account of the smooth order; kept by turn(). */
  credit: number;
}

/** One of the candidates; undefined where there is none. */
export function turn<C extends Candidate>(candidates: readonly C[]): C | undefined {
  let gained = 0;
  let richest: C | undefined;
  for (const candidate of candidates) {
    candidate.credit += candidate.weight;
    gained += candidate.weight;
    if (richest === undefined || candidate.credit > richest.credit) richest = candidate;
  }
  if (richest !== undefined) richest.credit -= gained;
  return richest;
}

/** The candidates with the fewest requests for their weight. */
export function leastBusy<C extends Candidate>(candidates: readonly C[]): C[] {
  const least = Math.min(...candidates.map(load));
  return candidates.filter((candidate) => load(candidate) === least);
}

function load({ busy, weight }: Candidate): number {
  return busy / weight;
}
