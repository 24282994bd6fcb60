// What this cache says of an answer, RFC 9211.
import type { OutcomeReason, Reason } from '../../cache/policy/reasons.ts';
import type { Judgement } from '../../cache/policy/reuse.ts';
import { cacheStatus, type ForwardReason } from '../../http/cache-status.ts';

const NAME = 'pagecast';

export function hitStatus({ ttlS, reason }: Judgement): string {
  return cacheStatus(NAME, { hit: true, ttl: ttlS, detail: reason === 'fresh' ? undefined : reason });
}

/** Used stale, though the origin was asked. */
export function staleStatus({ ttlS }: Judgement, detail: OutcomeReason, fwdStatus: number | undefined): string {
  return cacheStatus(NAME, { hit: false, fwd: 'stale', fwdStatus, ttl: ttlS, detail });
}

export interface Forwarded {
  readonly fwd: ForwardReason;
  readonly fwdStatus?: number | undefined;
  readonly stored?: boolean;
  readonly collapsed?: boolean;
  readonly detail?: Reason | 'hook' | 'upgrade' | 'sendfile' | 'too-large' | 'alone' | 'no-memory' | undefined;
}

export function forwardedStatus({ fwd, fwdStatus, stored, collapsed, detail }: Forwarded): string {
  return cacheStatus(NAME, { hit: false, fwd, fwdStatus, stored, collapsed, detail });
}
