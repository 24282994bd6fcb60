// What an origin has answered, judged: by policy, and by a hook where there is one.
import { freshnessOf, type Freshness } from '../../cache/policy/freshness.ts';
import { responseDirectives } from '../../cache/policy/directives.ts';
import { withoutFields } from '../../cache/policy/message.ts';
import type { PolicyOptions } from '../../cache/policy/options.ts';
import { storing, type Storing } from '../../cache/policy/storing.ts';
import type { Variant } from '../../cache/store/object.ts';
import { tagsOf } from '../../cache/tags.ts';
import type { CacheDirectives } from '../../http/cache-control.ts';
import type { FieldList } from '../../http/response.ts';
import type { Asked } from './asked.ts';
import type { Hooks } from './hooks.ts';
import type { Override } from './hook-response.ts';
import type { OriginHead } from './origin-answer.ts';
import { responseFields } from './passing.ts';

export interface Answered {
  readonly head: OriginHead;
  readonly verdict: Storing | { readonly may: false; readonly reason: 'hook' };
  readonly tags: readonly string[];
}

/** What a 304, or the answer to a HEAD, has made of a stored response. */
export interface Renewed {
  readonly variant: Variant;
  readonly freshness: Freshness;
  readonly keep: 'replace' | 'leave' | 'drop';
}

export class Answers {
  readonly #policy: PolicyOptions;
  readonly #hooks: Hooks | undefined;

  constructor(policy: PolicyOptions, hooks: Hooks | undefined) {
    this.#policy = policy;
    this.#hooks = hooks?.hasResponse ? hooks : undefined;
  }

  /** A hook sees what is answered, and may have changed it. */
  get areHooked(): boolean {
    return this.#hooks !== undefined;
  }

  /** Undefined: the hook failed, and there is no answer. */
  judged(asked: Asked, head: OriginHead): Answered | undefined {
    const fields = responseFields(head);
    const response = this.#hooks?.answered(asked.request, asked.peer, head.status, fields, tagsOf(head.fields));
    if (this.#hooks && !response) return undefined;
    if (!response) return { head, verdict: this.#storing(asked, head, fields), tags: tagsOf(head.fields) };
    const { tags } = response;
    const left = withFields(head, response.fields);
    if (!response.store) return { head: left, verdict: { may: false, reason: 'hook' }, tags };
    const given = overridden(left, response.fields, response, this.#policy);
    const verdict = this.#storing(asked, head, given);
    if (!verdict.may) return { head: left, verdict, tags };
    const kept = given === response.fields ? verdict.fields : restored(verdict.fields, response.fields, this.#policy);
    return { head: left, verdict: { ...verdict, fields: kept, freshness: after(verdict.freshness, response, this.#policy) }, tags };
  }

  /** The same of an answer that is for nobody else. */
  passed(asked: Asked, head: OriginHead): OriginHead | undefined {
    if (!this.#hooks) return head;
    const response = this.#hooks.answered(asked.request, asked.peer, head.status, responseFields(head), tagsOf(head.fields));
    return response && withFields(head, response.fields);
  }

  /** The same of a stored response with a new head. `variant` has its freshness and tags. */
  renewed(asked: Asked, { variant, freshness, keep }: Renewed): Renewed | undefined {
    const fresh: Variant = { ...variant, freshness, tags: tagsOf(variant.fields) };
    if (!this.#hooks) return { variant: fresh, freshness, keep };
    const response = this.#hooks.answered(asked.request, asked.peer, variant.status, variant.fields, fresh.tags);
    if (!response) return undefined;
    const changed = { ...fresh, fields: response.fields, freshness: after(freshness, response, this.#policy), tags: response.tags };
    return { variant: changed, freshness: changed.freshness, keep: response.store ? keep : 'drop' };
  }

  #storing({ sent }: Asked, { status, requestMs, responseMs }: OriginHead, fields: FieldList): Storing {
    return storing(sent, { status, fields }, requestMs, responseMs, this.#policy);
  }
}

/** The lines of the connection and of the framing are those of the message as it came. */
function withFields(head: OriginHead, fields: FieldList): OriginHead {
  const kept = responseFields(head);
  return kept === fields ? head : { ...head, fields: [...head.fields.filter((field) => !kept.includes(field)), ...fields] };
}

/**
 * Fields by which policy comes to the lifetime that a hook wants: one Cache-Control of that, and of what the directives in force forbid or
 * allow besides. The same fields where it wants none.
 */
function overridden({ status, requestMs, responseMs }: OriginHead, fields: FieldList, wanted: Override, policy: PolicyOptions): FieldList {
  if (wanted.ttlS === undefined) return fields;
  const { directives } = responseDirectives(fields, policy);
  // From when it came: what was its age then does not count.
  const { initialAgeMs } = freshnessOf({ status, fields }, requestMs, responseMs, policy);
  return [...withoutFields(fields, lifetimeFields(policy)), ['Cache-Control', directivesOf(directives, wanted.ttlS === 0 ? 0 : wanted.ttlS + initialAgeMs / 1000, wanted).join(', ')]];
}

/** What tells for how long; as the origin said it, it is what clients are told. */
function restored(stored: FieldList, original: FieldList, policy: PolicyOptions): FieldList {
  const names = lifetimeFields(policy);
  return [...withoutFields(stored, names), ...original.filter(([name]) => names.has(name.toLowerCase()))];
}

function lifetimeFields({ targets }: PolicyOptions): ReadonlySet<string> {
  return new Set([...targets, 'cache-control', 'expires']);
}

function directivesOf(directives: CacheDirectives, lifetimeS: number, { staleWhileRevalidateS, staleIfErrorS }: Override): string[] {
  const { noCache, sMaxAge } = directives;
  const flag = (name: string, isSet: boolean): string[] => (isSet ? [name] : []);
  const named = (name: string, value: boolean | readonly string[]): string[] => (typeof value === 'boolean' ? flag(name, value) : [`${name}="${value.join(', ')}"`]);
  const seconds = (name: string, value: number | undefined): string[] => (value === undefined || Number.isNaN(value) ? [] : [`${name}=${Math.floor(value)}`]);
  const isFirm = !mayBeStale(staleWhileRevalidateS, staleIfErrorS);
  // s-maxage is what allows to share answers to requests with Authorization (RFC 9111 §3.5).
  const isShared = sMaxAge !== undefined && !Number.isNaN(sMaxAge);
  return [
    ...flag('no-store', directives.noStore), ...flag('must-understand', directives.mustUnderstand), ...flag('public', directives.public),
    ...flag('must-revalidate', directives.mustRevalidate && isFirm), ...flag('proxy-revalidate', directives.proxyRevalidate && isFirm),
    ...named('private', directives.private), ...(noCache === true ? [] : named('no-cache', noCache)),
    // What is less than a second is one here; its true length comes after.
    `${isShared ? 's-maxage' : 'max-age'}=${Math.ceil(lifetimeS)}`,
    ...seconds('stale-while-revalidate', staleWhileRevalidateS ?? directives.staleWhileRevalidate), ...seconds('stale-if-error', staleIfErrorS ?? directives.staleIfError),
  ];
}

function mayBeStale(staleWhileRevalidateS: number | undefined, staleIfErrorS: number | undefined): boolean {
  return (staleWhileRevalidateS ?? 0) > 0 || (staleIfErrorS ?? 0) > 0;
}

/** Freshness as a hook wants it. Who says how long something may be used stale has said that it may be. */
function after(freshness: Freshness, { ttlS, staleWhileRevalidateS, staleIfErrorS }: Override, { ageMaxS }: PolicyOptions): Freshness {
  if (ttlS === undefined && staleWhileRevalidateS === undefined && staleIfErrorS === undefined) return freshness;
  return {
    ...freshness,
    ...(ttlS !== undefined && { lifetimeMs: Math.min(freshness.initialAgeMs + ttlS * 1000, ageMaxS * 1000), source: 'targeted', noCache: false }),
    mustRevalidate: freshness.mustRevalidate && !mayBeStale(staleWhileRevalidateS, staleIfErrorS),
    staleWhileRevalidateMs: staleWhileRevalidateS === undefined ? freshness.staleWhileRevalidateMs : staleWhileRevalidateS * 1000,
    staleIfErrorMs: staleIfErrorS === undefined ? freshness.staleIfErrorMs : staleIfErrorS * 1000,
  };
}
