// The field Strict-Transport-Security, RFC 6797 §6.1.
import type { HstsOptions } from './options.ts';

/** Its value; '' without a policy. */
export function strictTransport(hsts: Required<HstsOptions> | undefined): string {
  if (!hsts) return '';
  return `max-age=${hsts.maxAgeS}${hsts.includeSubDomains ? '; includeSubDomains' : ''}${hsts.preload ? '; preload' : ''}`;
}
