// What a module of hooks is written against: policy in TypeScript. Every worker loads the module for itself: what it keeps
// in variables is of that worker.
import type { FieldList } from '../../http/response.ts';
import { Query } from './query.ts';

export { Query };

/** A request as it came. Text is latin1: one character one byte. Good while the hook runs, until its promise is settled where it gives one. */
export interface HookRequest {
  readonly method: string;
  /** Host and port, as the client said them; '' where HTTP/1.0 said nothing. */
  readonly host: string;
  /** Raw: percent-encoded, as it was sent; `/` where it was empty, `*` for OPTIONS of the server. */
  readonly path: string;
  readonly query: Query;
  /** `http://host/path?query`, or `https://`. */
  readonly url: string;
  /** Of the client, numeric; `unix` on a unix socket. */
  readonly address: string;
  /** The lines of a field, joined by ", "; undefined where it is absent. @param name in any case. */
  field(name: string): string | undefined;
}

/** What is to become of a request; what is absent stays as it is. */
export interface HookDecision {
  /** Another path, percent-encoded. It begins with a slash and has no query. */
  readonly path?: string;
  /** Another query, with or without its '?'; '': none. */
  readonly query?: string | Query;
  /** Fields to set in place of those of the name, or (null) to take away. Not those that frame the message. */
  readonly fields?: Readonly<Record<string, string | null>>;
  /** The answer, without an origin and without the cache. Nothing else may stand beside it. */
  readonly respond?: HookAnswer;
  /** The only origin to ask: the name or the URL of a configured one. Where other things than the URL decide, they belong into the key, too. */
  readonly origin?: string;
  /** Neither answered from the cache nor stored. */
  readonly bypass?: boolean;
}

export interface HookAnswer {
  /** 200 to 599, without 304. */
  readonly status: number;
  /** Several values are several lines. Content-Length and Date are set here. */
  readonly fields?: Readonly<Record<string, string | readonly string[]>>;
  /** Text is sent as UTF-8; Content-Type is `text/plain` for it, unless it is told. */
  readonly body?: string | Uint8Array;
}

/**
 * An answer of an origin, before it is judged and stored; after a 304, what is stored with its new head. Assigning to what is not
 * here is an error.
 */
export interface HookResponse {
  /** As the origin was asked. */
  readonly request: HookRequest;
  readonly status: number;
  /** End-to-end fields as they are now. */
  readonly fields: FieldList;
  field(name: string): string | undefined;
  /** In place of all lines of the name. Several values are several lines. */
  set(name: string, value: string | readonly string[]): void;
  /** Takes all lines of these names away, such as `set-cookie`. */
  delete(...names: readonly string[]): void;
  /**
   * How long it is fresh, in seconds from when it came, in place of what Cache-Control, Expires and heuristics say; undefined: what they say.
   * It does not overrule no-store, private, Vary: * and Authorization: to share such an answer, take the field away that forbids it.
   */
  ttlS: number | undefined;
  /** So long beyond that it may be used while it is validated. */
  staleWhileRevalidateS: number | undefined;
  /** So long beyond that it may be used where the origin fails. */
  staleIfErrorS: number | undefined;
  /** By which it is purged; at first those of Cache-Tag and Surrogate-Key. */
  tags: readonly string[];
  /** False: it is not stored. */
  store: boolean;
}

export interface ProxyHooks {
  /**
   * Before anything is looked up: rewrite, answer, choose. One that gives no promise keeps hits as fast as they are. Also of PURGE.
   * Whatever throws or gives what cannot be is answered 500, and told to the operator.
   */
  request?(request: HookRequest): HookDecision | undefined | Promise<HookDecision | undefined>;
  /**
   * Under which key the answer is stored and looked for: text, or the query in place of the request's own. Nothing: as usual.
   * Called with the request as request() left it. What decides over the answer and is neither here nor in Vary makes clients get what is another's.
   */
  key?(request: HookRequest): string | Query | undefined;
  /** Before an answer of an origin is stored and sent. */
  response?(response: HookResponse): void;
}

export const HOOK_KINDS: readonly string[] = ['request', 'key', 'response'] satisfies readonly (keyof ProxyHooks)[];

/**
 * The default export of a module for `proxy.hooks`.
 *
 *     export default defineHooks({
 *       request: ({ path }) => (path === '/old' ? { respond: { status: 301, fields: { Location: '/new' } } } : undefined),
 *       key: ({ query }) => query.drop('utm_*').sort(),
 *       response(response) {
 *         if (response.request.path.startsWith('/assets/')) response.ttlS = 86_400;
 *       },
 *     });
 */
export function defineHooks(hooks: ProxyHooks): ProxyHooks {
  return hooks;
}
