// A stored object as an operator sees it.
import { ageMs } from '../../cache/policy/freshness.ts';
import { FATES } from '../../cache/store/rows.ts';
import type { Variant } from '../../cache/store/object.ts';
import type { SeenObject } from '../../cache/store/stored-objects.ts';
import { isSearchTag } from '../proxy/keys.ts';

type State = 'fresh' | 'stale' | 'invalid';

/** Of a client, or for one: what they say is nobody else's. */
const SECRET_FIELDS = new Set(['authorization', 'cookie', 'proxy-authorization', 'set-cookie', 'www-authenticate', 'proxy-authenticate']);
const MASK = '***';

export interface ObjectSummary {
  key: string;
  state: State;
  bytes: number;
  variants: number;
  ageS: number;
  ttlS: number;
  tags: string[];
}

/** Of the newest variant: state, age and seconds of freshness that are left, negative when it is stale. */
export function summaryOf({ key, variants, fate }: SeenObject, nowMs: number): ObjectSummary {
  const newest = variants[0]!;
  return {
    key, ...timesOf(newest, fate, nowMs), bytes: variants.reduce((sum, variant) => sum + storedBytes(variant), 0), variants: variants.length,
    tags: [...new Set(variants.flatMap(({ tags }) => tags))].filter((tag) => !isSearchTag(tag)),
  };
}

export function variantsOf({ variants, fate }: SeenObject, nowMs: number) {
  return variants.map((variant) => ({
    id: variant.id,
    status: variant.status,
    ...timesOf(variant, fate, nowMs),
    bytes: storedBytes(variant),
    freshnessFrom: variant.freshness.source,
    mustRevalidate: variant.freshness.noCache || variant.freshness.mustRevalidate,
    selectedBy: Object.fromEntries(variant.varyNames.map((name, index) => [name, shown(name, variant.varyValues[index]!)])),
    tags: variant.tags.filter((tag) => !isSearchTag(tag)),
    fields: variant.fields.map(([name, value]) => `${name}: ${shown(name, value)}`),
  }));
}

/** What a purge has marked is so from now on, though nobody has looked at it since. */
export function stateOf(variant: Variant, fate: SeenObject['fate'], nowMs: number): State {
  if (fate === FATES.invalid || variant.invalid) return 'invalid';
  return fate === FATES.stale || ageMs(variant.freshness, variant.responseMs, nowMs) >= variant.freshness.lifetimeMs ? 'stale' : 'fresh';
}

function timesOf(variant: Variant, fate: SeenObject['fate'], nowMs: number): { readonly state: State; readonly ageS: number; readonly ttlS: number } {
  const age = ageMs(variant.freshness, variant.responseMs, nowMs);
  const left = Math.floor((variant.freshness.lifetimeMs - age) / 1000);
  return { state: stateOf(variant, fate, nowMs), ageS: Math.floor(age / 1000), ttlS: fate === FATES.stale ? Math.min(left, 0) : left };
}

function storedBytes({ bodies }: Variant): number {
  return bodies.reduce((sum, { bytes }) => sum + bytes, 0);
}

function shown(name: string, value: string): string {
  return SECRET_FIELDS.has(name.toLowerCase()) ? MASK : value;
}
