/**
 * Who may ask, judged before anything is looked up: first by address, then by how often, then by name and password. In this order, so
 * that who is denied costs nothing more, and passwords cannot be tried faster than the rate allows.
 *
 * A CORS preflight has no credentials (Fetch, "CORS-preflight fetch"): whoever answers those does so before asking here.
 */
import type { FieldList } from '../../http/response.ts';
import { AddressRules } from './addresses.ts';
import { BasicAuth } from './basic-auth.ts';
import { RateLimit, type RateLimitOptions } from './rate-limit.ts';

export interface GateOptions {
  /** Pairs `user:password`; none: nobody is asked for one. */
  readonly users: readonly string[];
  readonly realm: string;
  /** Addresses and networks; none: all. */
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  readonly rate: RateLimitOptions | undefined;
  /** Raw paths (not decoded, without query) that everybody may ask for at any time, such as the one of a health check. */
  readonly exempt: readonly string[];
}

/** What the gate looks at in a request. */
export interface Asking {
  /** The value of Authorization. */
  readonly authorization: string | undefined;
  /** As it was sent, without the query. */
  readonly path: string;
}

/** The answer to one who may not. */
export interface Refused {
  readonly status: 401 | 403 | 429;
  readonly fields: FieldList;
}

/** A refusal is for this client and this moment. For 429 it is a MUST (RFC 6585 §4). */
const NO_STORE = ['Cache-Control', 'no-store'] as const;
const FORBIDDEN: Refused = { status: 403, fields: [NO_STORE] };

export class Gate {
  readonly #addresses: AddressRules;
  readonly #rate: RateLimit | undefined;
  readonly #auth: BasicAuth | undefined;
  readonly #unauthorized: Refused | undefined;
  readonly #exempt: ReadonlySet<string>;

  /** @throws Error for the first option that cannot be. */
  constructor({ users, realm, allow, deny, rate, exempt }: GateOptions) {
    for (const path of exempt) if (!path.startsWith('/')) throw new Error(`an exempt path begins with a slash, not ${JSON.stringify(path)}`);
    this.#exempt = new Set(exempt);
    this.#addresses = new AddressRules(allow, deny);
    this.#rate = rate && new RateLimit(rate);
    this.#auth = users.length === 0 ? undefined : new BasicAuth(users, realm);
    this.#unauthorized = this.#auth && { status: 401, fields: [['WWW-Authenticate', this.#auth.challenge], NO_STORE] };
  }

  /** undefined: go on. Answers of 401 and of 403 are the same object each time. @param nowMs since the epoch. */
  judge(request: Asking, address: string, nowMs: number): Refused | undefined {
    if (this.#exempt.has(request.path)) return undefined;
    if (!this.#addresses.permits(address)) return FORBIDDEN;
    const waitMs = this.#rate?.take(address, nowMs) ?? 0;
    if (waitMs > 0) return tooMany(waitMs);
    return this.#auth?.check(request.authorization) === false ? this.#unauthorized : undefined;
  }
}

/** The answer to one who asks too often. Retry-After is in whole seconds (RFC 9110 §10.2.3): the first that is late enough, by whole milliseconds: rounding is no second. */
export function tooMany(waitMs: number): Refused {
  const seconds = Math.max(1, Math.ceil(Math.round(waitMs) / 1000));
  return { status: 429, fields: [['Retry-After', String(seconds)], NO_STORE] };
}
