/**
 * The cache alone: a shared cache (RFC 9111) for requests and responses of fetch(), in the memory of this thread. `pagecast/cache`.
 *
 *     const cache = createCache({ bytesMax: 64 << 20 });
 *     const response = await cache.handle(request, (asked) => fetch(asked));
 *
 * What may be stored and used, and why, is decided by the policy of the server (cache/policy/); Cache-Status says the same reasons.
 */
import { conditionalFields } from '../../cache/policy/conditions.ts';
import { freshened } from '../../cache/policy/validation.ts';
import { invalidated } from '../../cache/policy/invalidation.ts';
import type { RequestMessage, ResponseMessage } from '../../cache/policy/message.ts';
import { policyDefaults, type PolicyOptions } from '../../cache/policy/options.ts';
import { judge, type Judgement } from '../../cache/policy/reuse.ts';
import { storing } from '../../cache/policy/storing.ts';
import { keyOfUri } from '../../cache/key.ts';
import { tagsOf } from '../../cache/tags.ts';
import type { Purge } from '../../cache/store/messages.ts';
import { endToEndResponse } from '../../http/connection-fields.ts';
import type { FieldList } from '../../http/response.ts';
import { selectingValues } from '../../http/vary.ts';
import { forwardedStatus, hitStatus, staleStatus } from '../proxy/status.ts';
import { collected } from './collecting.ts';
import { MemoryCache, type Kept } from './memory-cache.ts';

export type { Purge, PolicyOptions };

export interface CacheOptions extends Partial<PolicyOptions> {
  /** Of all that is stored. Default 64 MiB. */
  readonly bytesMax?: number;
  /** Of one body; what is larger is passed on. Default 8 MiB. */
  readonly objectBytesMax?: number;
}

/** What is stored for a request, and what may be done with it. */
export interface Found {
  /** 'miss': nothing. 'validate': ask the origin with `conditions` before it is used. The others may be used as they are. */
  readonly use: Judgement['use'] | 'miss';
  /** A name of the closed list that docs/CACHE.md has; of a miss: 'uri-miss' or 'vary-miss'. */
  readonly reason: string;
  /** With Age and Cache-Status; undefined: there is none that may be used as it is. */
  readonly response: Response | undefined;
  /** To ask with: If-None-Match, If-Modified-Since. */
  readonly conditions: FieldList;
}

/** What has become of a response that was put. */
export interface Put {
  readonly stored: boolean;
  /** Of the closed list; 'too-large': of objectBytesMax. */
  readonly reason: string;
  /** The response, to be passed on: it is stored when its body has been read to its end. */
  readonly response: Response;
}

/** Who answers where the cache cannot. */
export type Origin = (request: Request) => Promise<Response>;

const ERRORS: ReadonlySet<number> = new Set([500, 502, 503, 504]);
/** Said by what is answered now. */
const OF_THE_ANSWER: ReadonlySet<string> = new Set(['age', 'cache-status', 'content-length']);
/** In Cache-Status. */
const NAME = 'pagecast';
const NO_FIELDS: FieldList = [];
let lastId = 0;

/** @throws RangeError on a bound that is none. */
export function createCache(options: CacheOptions = {}): Cache {
  return new Cache(options);
}

export class Cache {
  readonly #policy: PolicyOptions;
  readonly #objectBytesMax: number;
  readonly #memory: MemoryCache;
  readonly #refreshing = new Set<string>();

  constructor({ bytesMax = 64 << 20, objectBytesMax = 8 << 20, ...policy }: CacheOptions) {
    for (const [name, value] of Object.entries({ bytesMax, objectBytesMax })) if (!Number.isSafeInteger(value) || value < 1) throw new RangeError(`${name} must be a whole number from 1 on: ${value}`);
    this.#policy = { ...policyDefaults, ...policy };
    this.#objectBytesMax = Math.min(objectBytesMax, bytesMax);
    this.#memory = new MemoryCache(bytesMax);
  }

  get size(): { readonly objects: number; readonly bytes: number } {
    return this.#memory.size;
  }

  /** What is stored for a request; GET and HEAD alone. */
  get(request: Request): Found {
    const key = keyOf(request);
    const [kept] = isReading(request) ? this.#memory.select(key, messageOf(request)) : [];
    if (!kept) return { use: 'miss', reason: this.#memory.has(key) ? 'vary-miss' : 'uri-miss', response: undefined, conditions: NO_FIELDS };
    const judgement = judge(messageOf(request), kept.variant, Date.now(), this.#policy);
    const { use, reason } = judgement;
    if (use === 'validate') return { use, reason, response: undefined, conditions: conditionalFields([kept.variant]) };
    return { use, reason, response: answerOf(request, kept, judgement.ageS, hitStatus(NAME, judgement).field), conditions: NO_FIELDS };
  }

  /**
   * Stores a response, where that is allowed, when its body has been read to its end; one that breaks off is not.
   * @param requestMs when the request went out, in milliseconds since 1970. Default: now.
   */
  put(request: Request, response: Response, requestMs = Date.now()): Put {
    return this.#put(request, response, requestMs, this.#memory.generation);
  }

  /** Takes stored responses out, by key (an absolute URL), tag, prefix of keys, or everything. @param soft they are stale from now on. @returns how many objects. */
  purge(purge: Purge, { soft = false }: { readonly soft?: boolean } = {}): number {
    return this.#memory.purge(purge.by === 'key' ? { by: 'key', key: keyOfUri(purge.key) ?? purge.key } : purge, soft, Date.now());
  }

  /** Answers a request with what is stored, or with what the origin says; validates, refreshes and invalidates on the way. @throws what the origin does, where nothing stored stands in. */
  async handle(request: Request, origin: Origin): Promise<Response> {
    const key = keyOf(request);
    const message = messageOf(request);
    const found = this.get(request);
    if (found.response) {
      if (found.use === 'stale-while-revalidate') void this.#refresh(request, origin);
      return found.response;
    }
    const kept = found.use === 'validate' ? this.#memory.select(key, message) : [];
    const judgement = kept[0] && judge(message, kept[0].variant, Date.now(), this.#policy);
    if (/(?:^|[,\s])only-if-cached(?:$|[,\s])/i.test(request.headers.get('cache-control') ?? '')) return new Response('There is no stored response.\n', { status: 504, headers: { 'Cache-Control': 'no-store' } });
    try {
      const response = await this.#ask(request, origin, kept);
      if (!judgement || !ERRORS.has(response.status) || judgement.staleOnErrorMs <= 0) return response;
      await response.body?.cancel();
      return answerOf(request, kept[0]!, judgement.ageS, staleStatus(NAME, judgement, 'stale-if-error', response.status).field);
    } catch (error) {
      if (!judgement?.staleUnreachable) throw error;
      return answerOf(request, kept[0]!, judgement.ageS, staleStatus(NAME, judgement, 'unreachable', undefined).field);
    }
  }

  /** Beside an answer that was given; one at a time. */
  async #refresh(request: Request, origin: Origin): Promise<void> {
    const key = keyOf(request);
    if (this.#refreshing.has(key)) return;
    this.#refreshing.add(key);
    try {
      const response = await this.#ask(request, origin, this.#memory.select(key, messageOf(request)));
      await response.arrayBuffer(); // it is stored at its end
    } catch {
      // what is stored is still there, and the next one who asks tries again
    } finally {
      this.#refreshing.delete(key);
    }
  }

  async #ask(request: Request, origin: Origin, kept: readonly Kept[]): Promise<Response> {
    const requestMs = Date.now();
    const { generation } = this.#memory;
    const conditions = conditionalFields(kept.map(({ variant }) => variant));
    const asked = conditions.length === 0 ? request : new Request(request, { headers: [...withoutConditions(request.headers), ...conditions.map(([name, value]): [string, string] => [name, value])] });
    const response = await origin(asked);
    if (conditions.length > 0 && response.status === 304) {
      const fresh = this.#freshened(request, kept, response, requestMs);
      if (fresh) return fresh;
    }
    this.#invalidate(request, response);
    return this.#put(request, response, requestMs, generation).response;
  }

  #freshened(request: Request, kept: readonly Kept[], response: Response, requestMs: number): Response | undefined {
    const message = messageOf(request);
    const variants = kept.map(({ variant }) => variant);
    const sent = { fields: conditionalFields(variants), nominated: variants, clients: false };
    const { meant, freshened: all } = freshened(message, variants, sent, responseMessage(response), { requestMs, responseMs: Date.now() }, this.#policy);
    const [first] = all;
    if (meant !== 'stored' || !first) return undefined;
    for (const { variant, keep } of all) if (keep !== 'leave') this.#memory.change(keyOf(request), (one) => (one.id !== variant.id ? one : keep === 'drop' ? undefined : variant));
    const body = kept.find(({ variant }) => variant.id === first.variant.id)!.body;
    const { ageS } = judge(message, first.variant, Date.now(), this.#policy);
    return answerOf(request, { variant: first.variant, body }, ageS, forwardedStatus(NAME, { fwd: 'stale', fwdStatus: 304, stored: first.keep === 'replace' }).field);
  }

  #put(request: Request, response: Response, requestMs: number, generation: number): Put {
    const responseMs = Date.now();
    const key = keyOf(request);
    const message = messageOf(request);
    const judged = storing(message, responseMessage(response), requestMs, responseMs, this.#policy);
    const fwd = !isReading(request) ? 'method' : !this.#memory.has(key) ? 'uri-miss' : this.#memory.select(key, message).length > 0 ? 'stale' : 'vary-miss';
    const length = Number(response.headers.get('content-length') ?? 0);
    const reason = judged.may && judged.part !== undefined ? 'partial-unusable' : judged.may && length > this.#objectBytesMax ? 'too-large' : judged.reason;
    const stored = judged.may && reason === judged.reason;
    const told = forwardedStatus(NAME, { fwd, stored, detail: stored ? undefined : (reason) }).field;
    if (!stored) return { stored, reason, response: withStatus(response, response.body, told) };
    const body = collected(response.body, this.#objectBytesMax, (bytes) => {
      // A purge has come since: what was asked for before it is not stored behind it.
      if (this.#memory.generation !== generation) return;
      const expected = response.headers.has('content-encoding') ? undefined : response.headers.get('content-length');
      if (expected !== null && expected !== undefined && Number(expected) !== bytes.length) return;
      const variant = {
        id: ++lastId, status: response.status, fields: judged.fields, requestMs, responseMs, freshness: judged.freshness, varyNames: judged.varyNames, varyValues: selectingValues(judged.varyNames, message),
        bytes: bytes.length, bodies: bytes.length === 0 ? [] : [{ record: '', offset: 0, bytes: bytes.length }], tags: tagsOf(judged.fields), invalid: false,
      };
      this.#memory.store(key, { variant, body: bytes });
    });
    return { stored, reason, response: withStatus(response, body, told) };
  }

  /** RFC 9111 §4.4 */
  #invalidate(request: Request, response: Response): void {
    for (const uri of invalidated(request.method, response.status, request.url, fieldsOf(response.headers))) {
      this.#memory.generation += 1;
      this.#memory.change(keyOfUri(uri) ?? uri, (variant) => ({ ...variant, invalid: true }));
    }
  }
}

function isReading({ method }: Request): boolean {
  return method === 'GET' || method === 'HEAD';
}

function keyOf({ url }: Request): string {
  return keyOfUri(url) ?? url;
}

function messageOf(request: Request): RequestMessage {
  return { methodText: request.method, fieldNamed: (name) => request.headers.get(name) ?? undefined };
}

function responseMessage(response: Response): ResponseMessage {
  return { status: response.status, fields: endToEndResponse(fieldsOf(response.headers)) };
}

function fieldsOf(headers: Headers): FieldList {
  return [...headers].map(([name, value]) => [name, value] as const);
}

function* withoutConditions(headers: Headers): Generator<[string, string]> {
  for (const [name, value] of headers) if (!/^(?:if-.*|range)$/.test(name)) yield [name, value];
}

function answerOf(request: Request, { variant, body }: Kept, ageS: number, told: string): Response {
  const headers = headersOf(variant.fields.filter(([name]) => !OF_THE_ANSWER.has(name.toLowerCase())));
  headers.set('Age', String(ageS));
  headers.set('Content-Length', String(body.length));
  headers.append('Cache-Status', told);
  const isEmpty = request.method === 'HEAD' || variant.status === 204 || variant.status === 205;
  return new Response(isEmpty ? null : new Uint8Array(body), { status: variant.status, headers });
}

function withStatus(response: Response, body: ReadableStream<Uint8Array> | null, told: string): Response {
  const headers = new Headers(response.headers);
  headers.append('Cache-Status', told);
  const isEmpty = response.status === 204 || response.status === 205 || response.status === 304;
  return new Response(isEmpty ? null : body, { status: response.status, statusText: response.statusText, headers });
}

function headersOf(fields: FieldList): Headers {
  const headers = new Headers();
  for (const [name, value] of fields) headers.append(name, value);
  return headers;
}
