/**
 * Whether a route is for a request: its path, its method, its fields. Nothing is made for a request on the way; what can be worked out
 * before is worked out when the route is made.
 */
import { METHOD_GET, METHOD_HEAD, METHOD_OPTIONS, FIELD_ORIGIN, type RequestHead } from '../../http/head.ts';
import type { ResolvedFieldMatch, ResolvedPathMatch, ResolvedRoute } from '../config/resolved.ts';

const SLASH = 0x2f;
const ASKED_METHOD = 'access-control-request-method';

export class RouteMatch {
  /** Without a slash at its end; '' is the root, or for a prefix everything. undefined: every path. */
  readonly #path: string | undefined;
  readonly #below: boolean;
  readonly #methods: ReadonlySet<string> | undefined;
  /** GET is among the methods, and so HEAD is (RFC 9110 §9.3.2). */
  readonly #gets: boolean;
  readonly #fields: readonly ResolvedFieldMatch[];
  readonly #preflights: boolean;
  /** Its path as the config has it, canonical; undefined: every path. */
  readonly pattern: string | undefined;
  /** Of the fields that it looks at, as Vary has them; '': none. */
  readonly names: string;

  constructor({ path, methods, headers, options }: Pick<ResolvedRoute, 'path' | 'methods' | 'headers' | 'options'>) {
    this.#path = path && pathOf(path);
    this.pattern = path && (path.kind === 'prefix' ? `${path.path}/*` : path.path);
    this.#below = path?.kind === 'prefix';
    this.#methods = methods.length === 0 ? undefined : new Set(methods);
    this.#gets = methods.includes('GET');
    this.#fields = headers;
    this.names = headers.map(({ name }) => name).join(', ');
    this.#preflights = options.site.cors;
  }

  /** @param path canonical. A slash at the end counts on neither side, as in _redirects. */
  isForPath(path: string): boolean {
    const own = this.#path;
    if (own === undefined) return true;
    if (!path.startsWith(own)) return false;
    if (path.length === own.length) return true;
    return path.charCodeAt(own.length) === SLASH && (this.#below || path.length === own.length + 1);
  }

  /** Of a CORS preflight: the method that it asks for, with whatever fields, where the route answers preflights (Fetch, "CORS-preflight fetch"). */
  isForRequest(request: RequestHead): boolean {
    if (this.#preflights && request.method === METHOD_OPTIONS && request.has(FIELD_ORIGIN)) {
      const asked = request.fieldNamed(ASKED_METHOD);
      if (asked !== undefined) return this.#isForMethod(asked) || this.#isForMethod('OPTIONS');
    }
    return this.#isOfMethod(request) && this.#fields.every((field) => isThere(request, field));
  }

  /** Methods that it is for, where these are all that keeps it from being for this request; undefined: it is something else. */
  methodsFor(request: RequestHead): ReadonlySet<string> | undefined {
    return this.#methods && !this.#isOfMethod(request) && this.#fields.every((field) => isThere(request, field)) ? this.#methods : undefined;
  }

  #isOfMethod(request: RequestHead): boolean {
    if (this.#methods === undefined) return true;
    if (request.method === METHOD_GET || request.method === METHOD_HEAD) return this.#gets || (request.method === METHOD_HEAD && this.#methods.has('HEAD'));
    return this.#methods.has(request.methodText);
  }

  #isForMethod(name: string): boolean {
    return this.#methods === undefined || this.#methods.has(name) || (this.#gets && name === 'HEAD');
  }
}

function pathOf({ kind, path }: ResolvedPathMatch): string {
  return kind === 'exact' && path.endsWith('/') ? path.slice(0, -1) : path;
}

function isThere(request: RequestHead, { name, value }: ResolvedFieldMatch): boolean {
  const given = request.fieldNamed(name);
  if (given === undefined) return false;
  if (value === true) return true;
  return typeof value === 'string' ? given === value : value.test(given);
}
