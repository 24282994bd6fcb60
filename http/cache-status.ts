/**
 * Cache-Status, RFC 9211: a List of RFC 9651 with one member for each cache on the way, the one nearest to the origin first.
 *
 *   Cache-Status: OriginCache;hit;ttl=1100, pagecast;fwd=stale;fwd-status=304;stored
 */
import { isStructuredToken, parseList, type SerialisableItem, serialiseItem } from './structured-fields.ts';

/** §2.2, from the most specific to the least: why a request went forward. */
export type ForwardReason = 'bypass' | 'method' | 'uri-miss' | 'vary-miss' | 'miss' | 'request' | 'stale' | 'partial';

export interface CacheStatus {
  /** §2.1: answered without asking, also from what is stale. Then nothing is said of going forward: the two "are exclusive". */
  readonly hit: boolean;
  readonly fwd?: ForwardReason | undefined;
  /** What the origin answered, where that is not the status that is sent. */
  readonly fwdStatus?: number | undefined;
  /** Whole seconds of freshness that are left; negative where stale. */
  readonly ttl?: number | undefined;
  readonly stored?: boolean | undefined;
  /** true: answered together with others; false: that was tried, and could not be; undefined: it was not tried. */
  readonly collapsed?: boolean | undefined;
  /** §6: only for who may know it. At most KEY_CHARACTERS_MAX of it are shown. */
  readonly key?: string | undefined;
  readonly detail?: string | undefined;
}

export const KEY_CHARACTERS_MAX = 1024;

/** One member. Throws on a name that is no sf-string, and on numbers that are no sf-integers. @param name of this cache. */
export function cacheStatus(name: string, status: CacheStatus): string {
  const parameters: [string, SerialisableItem][] = [];
  if (status.hit) parameters.push(['hit', { kind: 'boolean', value: true }]);
  else pushForwarding(parameters, status);
  if (status.ttl !== undefined) parameters.push(['ttl', { kind: 'integer', value: status.ttl }]);
  if (status.key !== undefined) parameters.push(['key', { kind: 'string', value: visible(status.key.slice(0, KEY_CHARACTERS_MAX)) }]);
  if (status.detail !== undefined) parameters.push(['detail', tokenOrString(visible(status.detail))]);
  return serialiseItem(tokenOrString(name), parameters);
}

/**
 * §2: "caches SHOULD preserve the existing field value". Of lines that are no List together, whoever reads the field ignores all, and
 * would ignore the member that a cache adds: false.
 */
export function canBeAddedTo(lines: readonly string[]): boolean {
  return lines.length === 0 || (parseList(lines.join(', '))?.length ?? 0) > 0;
}

/** §2.3, §2.5, §2.6: only meaningful where fwd is present. */
function pushForwarding(parameters: [string, SerialisableItem][], { fwd, fwdStatus, stored, collapsed }: CacheStatus): void {
  if (fwd === undefined) return;
  parameters.push(['fwd', { kind: 'token', value: fwd }]);
  if (fwdStatus !== undefined) parameters.push(['fwd-status', { kind: 'integer', value: fwdStatus }]);
  if (stored !== undefined) parameters.push(['stored', { kind: 'boolean', value: stored }]);
  if (collapsed !== undefined) parameters.push(['collapsed', { kind: 'boolean', value: collapsed }]);
}

function tokenOrString(text: string): SerialisableItem {
  return isStructuredToken(text) ? { kind: 'token', value: text } : { kind: 'string', value: text };
}

/** A key has what a client has sent in it. */
function visible(text: string): string {
  return text.replaceAll(/[^ -~]/g, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
