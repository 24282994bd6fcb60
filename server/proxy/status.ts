// What this cache says of an answer, under the name that it has (RFC 9211).
import type { OutcomeReason, Reason } from '../../cache/policy/reasons.ts';
import type { Judgement } from '../../cache/policy/reuse.ts';
import { cacheStatus, type ForwardReason } from '../../http/cache-status.ts';
import { RESULT_COLLAPSED, RESULT_HIT, RESULT_MISS, RESULT_PASS, RESULT_REVALIDATED, RESULT_STALE } from '../metrics/cache-results.ts';
import { fwdOf } from './asking.ts';

/** What the client is told, and what the answer is counted as. */
export interface Told {
  readonly field: string;
  /** One of cacheResults. */
  readonly result: number;
}

export function hitStatus(name: string, { ttlS, reason }: Judgement): Told {
  const isFresh = reason === 'fresh';
  return { field: cacheStatus(name, { hit: true, ttl: ttlS, detail: isFresh ? undefined : reason }), result: isFresh ? RESULT_HIT : RESULT_STALE };
}

/** What is stored is used after all, though the origin was asked: stale, or fresh where the client had wanted it asked. */
export function staleStatus(name: string, judgement: Judgement, detail: OutcomeReason, fwdStatus: number | undefined): Told {
  return { field: cacheStatus(name, { hit: false, fwd: fwdOf(undefined, judgement), fwdStatus, ttl: judgement.ttlS, detail }), result: RESULT_STALE };
}

export interface Forwarded {
  readonly fwd: ForwardReason;
  readonly fwdStatus?: number | undefined;
  readonly stored?: boolean;
  readonly collapsed?: boolean;
  readonly detail?: Reason | 'hook' | 'upgrade' | 'sendfile' | 'too-large' | 'alone' | 'no-memory' | undefined;
}

export function forwardedStatus(name: string, { fwd, fwdStatus, stored, collapsed, detail }: Forwarded): Told {
  const result = fwdStatus === 304 ? RESULT_REVALIDATED : stored === true ? RESULT_MISS : collapsed === true ? RESULT_COLLAPSED : RESULT_PASS;
  return { field: cacheStatus(name, { hit: false, fwd, fwdStatus, stored, collapsed, detail }), result };
}
