// An answer of an origin as hooks see it, and what they want of it.
import { valueOf } from '../../cache/policy/message.ts';
import type { FieldList } from '../../http/response.ts';
import type { HookRequest, HookResponse } from './hook-api.ts';
import { linesOf } from './hook-answer.ts';

/** What a hook says of the caching of an answer; undefined: nothing. */
export interface Override {
  readonly ttlS: number | undefined;
  readonly staleWhileRevalidateS: number | undefined;
  readonly staleIfErrorS: number | undefined;
  readonly store: boolean;
}

/** RFC 9111 §1.2.2: what a cache need not understand beyond. */
const SECONDS_MAX = 2 ** 31;
const TAGS_MAX = 256;
const TAG_CHARACTERS_MAX = 256;

export class HookedResponse implements HookResponse {
  ttlS: number | undefined = undefined;
  staleWhileRevalidateS: number | undefined = undefined;
  staleIfErrorS: number | undefined = undefined;
  tags: readonly string[];
  store = true;
  readonly #request: HookRequest;
  readonly #status: number;
  #fields: FieldList;

  constructor(request: HookRequest, status: number, fields: FieldList, tags: readonly string[]) {
    this.#request = request;
    this.#status = status;
    this.#fields = fields;
    this.tags = tags;
    // A name that is mistyped must not be a decision that is not heard.
    Object.preventExtensions(this);
  }

  get request(): HookRequest {
    return this.#request;
  }

  get status(): number {
    return this.#status;
  }

  get fields(): FieldList {
    return this.#fields;
  }

  field(name: string): string | undefined {
    return valueOf(this.#fields, name.toLowerCase());
  }

  set(name: string, value: string | readonly string[]): void {
    const lines = linesOf(name, value);
    this.delete(name);
    this.#fields = [...this.#fields, ...lines];
  }

  delete(...names: readonly string[]): void {
    const gone = new Set(names.map((name) => name.toLowerCase()));
    this.#fields = this.#fields.filter(([name]) => !gone.has(name.toLowerCase()));
  }

  /** @throws what is wrong with what was assigned. */
  check(): void {
    for (const name of ['ttlS', 'staleWhileRevalidateS', 'staleIfErrorS'] as const) {
      const value: unknown = this[name];
      if (value !== undefined && !(typeof value === 'number' && value >= 0 && value <= SECONDS_MAX)) throw new Error(`${name} must be seconds from 0 to 2^31, not ${JSON.stringify(value)}`);
    }
    const { store, tags }: { readonly store: unknown; readonly tags: unknown } = this;
    if (typeof store !== 'boolean') throw new Error(`store must be true or false, not ${JSON.stringify(store)}`);
    const isTag = (tag: unknown): boolean => typeof tag === 'string' && tag !== '' && tag.length <= TAG_CHARACTERS_MAX && !tag.includes('\0');
    if (!Array.isArray(tags) || tags.length > TAGS_MAX || !tags.every(isTag)) throw new Error(`tags must be a list of at most ${TAGS_MAX} texts of at most ${TAG_CHARACTERS_MAX} characters`);
  }
}
