// From arguments to what a site is and who may see it.
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { AccessOptions, SiteOptions } from '../site-options.ts';
import { ALONE, UsageError, type Arguments, type FlagName } from './flags.ts';
import { choice, whole } from './values.ts';

const SECONDS_MAX = 315_360_000;
/** What the site that comes with pagecast asks for. */
const ABOUT = '/.well-known/pagecast';

/** @throws UsageError */
export function siteOf({ values }: Arguments, root: string): SiteOptions {
  const one = (name: FlagName): string | undefined => values.get(name)?.[0];
  const spa = one('spa');
  const cleanUrls = choice('clean-urls', one('clean-urls'), ['serve', 'redirect', 'off'] as const);
  const maxAgeS = whole('max-age', one('max-age'), 0, SECONDS_MAX);
  const health = one('health');
  const about = one('about') ?? (isOurs(root) ? ABOUT : undefined);
  if (values.has('immutable') && maxAgeS === undefined) throw new UsageError('--immutable says that --max-age is meant, which is missing');
  return {
    listing: values.has('browse'),
    immutable: values.has('immutable'),
    cors: values.has('cors'),
    securityHeaders: values.has('security-headers'),
    precompressed: !values.has('no-precompressed'),
    compress: !values.has('no-compress'),
    rules: !values.has('no-rules'),
    virtualHosts: values.has('vhost'),
    headers: headersOf(values.get('header') ?? []),
    ...(spa !== undefined && { spa: spa === ALONE ? true : spa }),
    ...(cleanUrls !== undefined && { cleanUrls }),
    ...(maxAgeS !== undefined && { maxAgeS }),
    ...(health !== undefined && { health }),
    ...(about !== undefined && { about }),
  };
}

/** @throws UsageError */
export function accessOf({ values }: Arguments): AccessOptions {
  const rate = values.get('rate-limit')?.[0];
  const [, perSecond, burst] = rate === undefined ? [] : (/^(\d+(?:\.\d+)?)(?::(\d+))?$/.exec(rate) ?? []);
  if (rate !== undefined && perSecond === undefined) throw new UsageError(`--rate-limit must be requests a second such as 10, or 10:50 with what may come at once, not "${rate}"`);
  return {
    users: values.get('basic-auth') ?? [],
    allow: values.get('allow') ?? [],
    deny: values.get('deny') ?? [],
    ...(perSecond !== undefined && { rateLimit: { perSecond: Number(perSecond), ...(burst !== undefined && { burst: Number(burst) }) } }),
  };
}

function isOurs(root: string): boolean {
  return realpathSync(root) === fileURLToPath(new URL('../../../public', import.meta.url));
}

function headersOf(lines: readonly string[]): Record<string, string[]> {
  const headers: Record<string, string[]> = {};
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon < 1) throw new UsageError(`--header must be a name, a colon and a value such as 'X-Robots-Tag: noindex', not "${line}"`);
    (headers[line.slice(0, colon).trim()] ??= []).push(line.slice(colon + 1).trim());
  }
  return headers;
}
