// What a cache before an origin would make of a request: the key, what may be used and stored, and what of a response that is given.
import { requestDirectives } from '../../cache/policy/directives.ts';
import type { Freshness } from '../../cache/policy/freshness.ts';
import { valueOf } from '../../cache/policy/message.ts';
import { reasons, type Reason } from '../../cache/policy/reasons.ts';
import { judge } from '../../cache/policy/reuse.ts';
import { METHOD_GET, METHOD_HEAD, type RequestHead } from '../../http/head.ts';
import { selectingValues } from '../../http/vary.ts';
import type { Functions } from '../config/functions.ts';
import type { Peer } from '../exchange.ts';
import type { ResolvedOptions } from '../options.ts';
import { Plan } from '../plan.ts';
import type { ResolvedProxy } from '../proxy-options.ts';
import { Answers } from '../proxy/answered.ts';
import { Asked } from '../proxy/asked.ts';
import { forwardOptions, type ForwardOptions } from '../proxy/forward.ts';
import { Hooks } from '../proxy/hooks.ts';
import { Keys } from '../proxy/keys.ts';
import type { OriginHead } from '../proxy/origin-answer.ts';
import { PURGE } from '../proxy/purging.ts';
import type { GivenResponse } from './asking.ts';
import { answeredByHook, hooksFacts, steeredByHook, watched, type WatchedHooks } from './explain-hooks.ts';
import { storedFacts } from './explain-stored.ts';
import { healthFacts, type Explained, type Facts, type See } from './explained.ts';

/** Who asks from this host. */
const PEER: Peer = { address: '127.0.0.1' };
const HOUR_MS = 3_600_000;
/** What any shared cache would store and use, where the request lets it. */
const PLAIN: GivenResponse = { status: 200, fields: [['Cache-Control', 'max-age=3600']] };

interface Parts {
  readonly forward: ForwardOptions;
  readonly keys: Keys;
  readonly options: ResolvedOptions;
  readonly hooks: Hooks | undefined;
  readonly watched: WatchedHooks | undefined;
  readonly failures: string[];
}

export interface ProxyCircumstances {
  /** Why the folder before the origins does not answer; undefined: there is none. */
  readonly folder?: string | undefined;
  /** Undefined: no cache is running. */
  readonly see?: See | undefined;
  /** What keys end in. */
  readonly scope?: string | undefined;
  /** Undefined: the options have none. */
  readonly functions?: Functions | undefined;
}

export async function explainProxy(request: RequestHead, response: GivenResponse | undefined, options: ResolvedOptions, proxy: ResolvedProxy, { folder, see, scope, functions }: ProxyCircumstances = {}): Promise<Explained> {
  const failures: string[] = [];
  const given = functions?.hooksOf(proxy);
  const seen = given && watched(given);
  const hooks = seen && new Hooks(seen.hooks, proxy.origins, (_, message) => failures.push(message), scope);
  const parts: Parts = { forward: forwardOptions(proxy, options.access), keys: new Keys(options.cache.query, undefined, scope), options, hooks, watched: seen, failures };
  const steered = await hooks?.steer(request, PEER);
  const origins = proxy.origins.origins.map(({ address }) => address.url);
  const of = { method: request.methodText, url: `${request.scheme}://${request.authority}${request.path}${request.query}`, route: 'proxy', ...(folder !== undefined && { folder: `${options.root} ${folder}` }), origins };
  const before = { request: of, ...healthFacts(request, options) };
  if (steered instanceof Plan) return { ...before, hooks: { ...hooksFacts(proxy, given!), ...answeredByHook(steered, failures) } };
  const asked = new Asked(steered?.request ?? request, PEER, undefined, parts, steered?.steering);
  return {
    ...before,
    ...(steered && { hooks: { ...hooksFacts(proxy, given!), ...steeredByHook(request, steered) } }),
    cache: cacheFacts(asked, parts),
    ...(see && { stored: storedFacts(asked, see(asked.key), options.cache.policy) }),
    ...(response && { response: responseFacts(asked, response, parts) }),
  };
}

function cacheFacts(asked: Asked, parts: Parts): Facts {
  const { request, steering } = asked;
  const directives = Object.entries(requestDirectives(request)).filter(([, value]) => value !== undefined && value !== false).map(([name, value]) => (value === true ? directiveName(name) : `${directiveName(name)}=${String(value)}`));
  const why = notFromCache(asked);
  if (request.methodText === PURGE) return { key: asked.key, purge: 'what is stored under this key, or has the tags of Cache-Tag or Surrogate-Key' };
  const use = judge(request, { freshness: anHour(), responseMs: Date.now(), invalid: false }, Date.now(), parts.options.cache.policy);
  const storing = new Answers(parts.options.cache.policy, undefined).judged(asked, headOf(PLAIN))!.verdict;
  return {
    key: asked.key,
    requestDirectives: directives,
    fromCache: why ?? (use.use === 'validate' ? `only after the origin was asked: ${use.reason} (${reasons[use.reason]})` : 'yes, where a stored answer is fresh'),
    ...(use.onlyIfCached && why === undefined && { onlyIfCached: 'the origin is not asked: 504 where nothing is stored' }),
    intoCache: steering?.bypass === true ? 'no: bypassed by a hook' : storing.may ? 'yes, where the answer allows it' : `no: ${told(storing.reason)}`,
  };
}

function directiveName(key: string): string {
  return key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** Why nothing stored is looked for. */
function notFromCache({ request, steering, mayBeStored }: Asked): string | undefined {
  if (steering?.bypass === true) return 'no: bypassed by a hook';
  if (request.method !== METHOD_GET && request.method !== METHOD_HEAD) return `no: ${request.methodText} is passed to the origin`;
  if (!mayBeStored) return `no: ${told('request-content')}`;
  const judged = ['If-Match', 'If-Unmodified-Since'].find((name) => request.fieldNamed(name) !== undefined);
  return judged && `no: ${judged} is for the origin to judge`;
}

function responseFacts(asked: Asked, response: GivenResponse, { options, hooks, watched: seen, failures }: Parts): Facts {
  const { policy } = options.cache;
  const answered = new Answers(policy, hooks).judged(asked, headOf(response));
  if (!answered) return { status: 500, failed: [...failures] };
  const { verdict, tags, head } = answered;
  const fields = head.fields.map(([name, value]) => `${name}: ${value}`);
  const answer = { status: head.status, ...(hooks?.hasResponse && { byHook: [...seen!.byResponse] }) };
  if (asked.steering?.bypass === true) return { ...answer, stored: 'no: bypassed by a hook', fields };
  if (!verdict.may) return { ...answer, stored: `no: ${told(verdict.reason)}`, fields };
  const { freshness, varyNames } = verdict;
  const values = selectingValues(varyNames, asked.sent);
  asked.learn(verdict.fields);
  const next = judge(asked.request, { freshness, responseMs: head.responseMs, invalid: false }, head.responseMs, policy);
  return {
    ...answer,
    stored: `yes: ${told(verdict.reason)}`,
    key: asked.key,
    selectedBy: varyNames.map((name, i) => `${name}: ${values[i]!}`),
    ...(valueOf(verdict.fields, 'no-vary-search') !== undefined && { noVarySearch: valueOf(verdict.fields, 'no-vary-search')! }),
    freshForS: freshness.lifetimeMs / 1000,
    freshnessFrom: freshness.source,
    ageS: freshness.initialAgeMs / 1000,
    mustRevalidate: freshness.noCache || freshness.mustRevalidate,
    staleWhileRevalidateS: freshness.staleWhileRevalidateMs / 1000,
    staleIfErrorS: freshness.staleIfErrorMs / 1000,
    nextRequest: `${next.use}: ${told(next.reason)}`,
    tags: [...tags],
    fields,
  };
}

function headOf({ status, fields }: GivenResponse): OriginHead {
  const nowMs = Date.now();
  return { status, fields, info: { framing: 'length', bytes: 0, version: '1.1' }, requestMs: nowMs, responseMs: nowMs };
}

function anHour(): Freshness {
  return {
    lifetimeMs: HOUR_MS, source: 'max-age', initialAgeMs: 0, noCache: false, noCacheNames: [], mustRevalidate: false, staleWhileRevalidateMs: 0, staleIfErrorMs: 0, immutable: false,
  };
}

function told(reason: Reason | 'hook'): string {
  return reason === 'hook' ? 'hook (a hook forbids it)' : `${reason} (${reasons[reason]})`;
}
