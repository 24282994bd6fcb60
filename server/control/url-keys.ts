// From a URL to the key that a GET of it is stored under, without hooks.
import type { RequestHead } from '../../http/head.ts';
import { requestFor } from '../cli/asking.ts';
import { UsageError } from '../cli/flags.ts';
import { Keys } from '../proxy/keys.ts';
import type { QueryOptions } from '../proxy/query.ts';

const HTTPS_PORT = /^(https:\/\/[^/?#]*):443(?=[/?#]|$)/i;

/** @throws UsageError */
export function absoluteRequest(url: string): RequestHead {
  if (!/^https?:\/\/[^/?#]/i.test(url)) throw new UsageError(`"${url}" is no absolute URL: it must begin with http:// or https:// and a host`);
  return requestFor(url.replace(HTTPS_PORT, '$1'), 'GET', []);
}

export function plainKey(request: RequestHead, query: QueryOptions | undefined): string {
  return new Keys(query, undefined).asAsked(request);
}
