// Under which key an answer is stored and looked for, where no hook says it: the target as it was asked for, without what does
// not matter of its query. That is told by the options, and by No-Vary-Search of what the path has answered before
// (draft-ietf-httpbis-no-vary-search): the rule last seen is remembered by path, and told to the other workers.
//
// The memory only says where to look. Invariant: whatever is stored under a key is for the key's own query by the rule that
// came with it. So it is for another query if and only if its own rule makes that one the key's (suits), and a rule that was
// forgotten, or is another's by now, costs a question to the origin and nothing else.
//
// Where several proxies may be asked for one URL, each key ends in the name of its proxy, in the place of a fragment, which no request has:
// what one has stored is no answer of another's. A purge of a URL finds all of them (server/coordination.ts).
import { BroadcastChannel } from 'node:worker_threads';
import { LRUCache } from 'lru-cache';
import { keyOfUri, primaryKey } from '../../cache/key.ts';
import { valueOf } from '../../cache/policy/message.ts';
import { canonicalQuery, parseNoVarySearch, type SearchVariance } from '../../http/no-vary-search.ts';
import type { RequestHead } from '../../http/head.ts';
import type { FieldList } from '../../http/response.ts';
import { normalised, type QueryOptions } from './query.ts';

/** Paths whose rule is remembered. */
const RULES_MAX = 4096;
/** Longer rules are not followed. */
const RULE_CHARACTERS_MAX = 4096;

interface Rule {
  readonly text: string;
  readonly variance: SearchVariance;
}

/** `text` undefined: the path has no rule any more. */
interface Learned {
  readonly base: string;
  readonly text: string | undefined;
}

export class Keys {
  readonly #options: QueryOptions | undefined;
  readonly #scope: string;
  #channel: BroadcastChannel | undefined;
  /** By key without its query. */
  readonly #rules = new LRUCache<string, Rule>({ max: RULES_MAX });

  /**
   * @param channel by which the workers of one server tell each other what they have learned; undefined: there is one alone.
   * @param scope at the end of each key: '#' and a name, or ''.
   */
  constructor(options: QueryOptions | undefined, channel: string | undefined, scope = '') {
    this.#options = options;
    this.#scope = scope;
    if (channel === undefined) return;
    this.#channel = new BroadcastChannel(channel);
    this.#channel.onmessage = (event) => {
      const { base, text } = (event as { readonly data: Learned }).data;
      this.#remember(base, text);
    };
    this.#channel.unref();
  }

  of(request: RequestHead): string {
    const url = this.#url(request);
    if (this.#rules.size === 0) return url + this.#scope;
    const base = baseOf(url);
    const rule = this.#rules.get(base);
    return (rule === undefined ? url : base + canonicalQuery(url.slice(base.length), rule.variance)) + this.#scope;
  }

  /** Without what stored answers have told. */
  asAsked(request: RequestHead): string {
    return this.#url(request) + this.#scope;
  }

  /** What a key of ours is to whoever purges. */
  unscoped(key: string): string {
    return key.slice(0, key.length - this.#scope.length);
  }

  /** Of a URI that an answer names. */
  ofUri(uri: string): string {
    const key = keyOfUri(uri) ?? uri;
    const base = baseOf(key);
    const query = this.#options && base.length < key.length ? normalised(key.slice(base.length), this.#options) : key.slice(base.length);
    return base + canonicalQuery(query, this.#rules.get(base)?.variance) + this.#scope;
  }

  /** Whether what is stored under `key`, with these fields, is for this request, too. */
  suits(request: RequestHead, key: string, fields: FieldList): boolean {
    if (this.#rules.size === 0) return true;
    const url = this.#url(request);
    if (url + this.#scope === key) return true;
    const base = baseOf(url);
    return base + canonicalQuery(url.slice(base.length), ruleOf(fields)?.variance) + this.#scope === key;
  }

  /** What an answer that is to be stored tells of its path. @returns the key to store it under. */
  learn(request: RequestHead, fields: FieldList): string {
    const base = baseOf(this.#url(request));
    const text = ruleOf(fields)?.text;
    if (this.#rules.peek(base)?.text !== text) {
      this.#remember(base, text);
      this.#channel?.postMessage({ base, text } satisfies Learned);
    }
    return this.of(request);
  }

  close(): void {
    this.#channel?.close();
    this.#channel = undefined;
  }

  #url(request: RequestHead): string {
    const { query } = request;
    return primaryKey(request.scheme, request.authority, request.path, this.#options && query !== '' ? normalised(query, this.#options) : query);
  }

  #remember(base: string, text: string | undefined): void {
    const variance = text === undefined ? undefined : parseNoVarySearch(text);
    if (text === undefined || variance === undefined) this.#rules.delete(base);
    else this.#rules.set(base, { text, variance });
  }
}

/** A tag of all that is stored of a path under a rule: a purge must find it also where the rule is not known. It is no text that an origin could send. */
export function searchTag(key: string): string {
  return `\0${baseOf(key)}`;
}

/** Tags of an answer, with those that are not the origin's. */
export function withSearchTag(tags: readonly string[], key: string, fields: FieldList): readonly string[] {
  return ruleOf(fields) === undefined ? tags : [...tags, searchTag(key)];
}

export function isSearchTag(tag: string): boolean {
  return tag.startsWith('\0');
}

function ruleOf(fields: FieldList): Rule | undefined {
  const text = valueOf(fields, 'no-vary-search');
  if (text === undefined || text.length > RULE_CHARACTERS_MAX) return undefined;
  const variance = parseNoVarySearch(text);
  return variance === undefined ? undefined : { text, variance };
}

/** Neither authority nor path has a '?' or a '#'. */
function baseOf(key: string): string {
  const end = key.search(/[?#]/);
  return end < 0 ? key : key.slice(0, end);
}
