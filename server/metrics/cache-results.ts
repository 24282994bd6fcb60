// What a cache had to do with an answer: a closed list. Plans carry the number, so that counting one costs nothing but an
// addition; the name is the label `cache` of metrics.

interface Row {
  readonly name: string;
  readonly meaning: string;
}

const table: Row[] = [];

/** Indexed by Plan.result. */
export const cacheResults: readonly Row[] = table;

function row(name: string, meaning: string): number {
  return table.push({ name, meaning }) - 1;
}

export const RESULT_NONE = row('none', 'no cache was asked: a file of a folder, a redirect, a refusal, an error of our own');
export const RESULT_HIT = row('hit', 'stored and fresh: the origin was not asked');
export const RESULT_STALE = row('stale', 'stored and stale, used as the origin or the client allows, or because the origin failed');
export const RESULT_COLLAPSED = row('collapsed', 'what another request had asked the origin for');
export const RESULT_REVALIDATED = row('revalidated', 'stored, and the origin said 304: it is still good');
export const RESULT_MISS = row('miss', 'from the origin, and stored');
export const RESULT_PASS = row('pass', 'from the origin, for this client alone: not to be stored, or not to be answered from a store');
export const RESULT_FAILED = row('failed', 'an error in place of an answer: the origin gave none, or the client wanted nothing but what is stored');
