// What `explain` has found out: sections of facts, which are printed, or given as JSON.
import { METHOD_GET, METHOD_HEAD, type RequestHead } from '../../http/head.ts';
import type { SeenObject } from '../../cache/store/stored-objects.ts';
import type { ResolvedOptions } from '../options.ts';

export type Facts = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;
export type Explained = Readonly<Record<string, Facts>>;

/** What a running cache has stored of a key. */
export type See = (key: string) => SeenObject | undefined;

/** What is answered before anything is looked up. */
export function healthFacts({ method, path }: RequestHead, { site }: ResolvedOptions): Explained {
  if (site.health !== path || (method !== METHOD_GET && method !== METHOD_HEAD)) return {};
  return { health: { answer: '200, by the server itself: what follows is not asked for' } };
}
