/**
 * What cache directives mean once a field has been taken apart: Cache-Control (cache-control.ts) and the targeted fields
 * (targeted-cache-control.ts) differ in grammar, not in directives.
 *
 *   RFC 9111 §5.2.1, §5.2.2      the directives of requests and responses
 *   RFC 5861 §3, §4              stale-while-revalidate, stale-if-error
 *   RFC 8246 §2                  immutable
 *
 * Mistakes are read to the careful side: a directive that restricts counts whatever its argument is, one that permits counts only as
 * it is defined. Exceptions are what the documents say otherwise: an argument of immutable "MUST be ignored".
 */
import { deltaSeconds } from './delta-seconds.ts';
import { isToken, listElements } from './list-members.ts';

/** Seconds: 0 to 2^31; undefined where the directive is absent, NaN where it is there and malformed. */
type Seconds = number | undefined;

/** false: absent; true: unqualified; else the fields it is about, in lower case, each once. */
type Qualified = boolean | readonly string[];

export interface CacheDirectives {
  readonly maxAge: Seconds;
  readonly sMaxAge: Seconds;
  readonly minFresh: Seconds;
  /** Infinity without an argument: "a stale response of any age" (§5.2.1.2). */
  readonly maxStale: Seconds;
  readonly staleWhileRevalidate: Seconds;
  readonly staleIfError: Seconds;
  readonly noStore: boolean;
  readonly onlyIfCached: boolean;
  readonly mustRevalidate: boolean;
  readonly proxyRevalidate: boolean;
  readonly mustUnderstand: boolean;
  readonly noTransform: boolean;
  readonly immutable: boolean;
  readonly public: boolean;
  readonly noCache: Qualified;
  readonly private: Qualified;
}

/** An argument's text without quotes; undefined: none; null: the directive is malformed. */
export type DirectiveArgument = string | undefined | null;

type SecondsKey = 'maxAge' | 'sMaxAge' | 'minFresh' | 'maxStale' | 'staleWhileRevalidate' | 'staleIfError';
type QualifiedKey = 'noCache' | 'private';
type FlagKey = Exclude<keyof CacheDirectives, SecondsKey | QualifiedKey>;

type Effect =
  | { readonly kind: 'seconds'; readonly key: SecondsKey }
  | { readonly kind: 'names'; readonly key: QualifiedKey }
  /** `counts`: with what argument it is there. */
  | { readonly kind: 'flag'; readonly key: FlagKey; readonly counts: 'always' | 'well-formed' | 'without-argument' };

const effects: ReadonlyMap<string, Effect> = new Map<string, Effect>([
  ['max-age', { kind: 'seconds', key: 'maxAge' }],
  ['s-maxage', { kind: 'seconds', key: 'sMaxAge' }],
  ['min-fresh', { kind: 'seconds', key: 'minFresh' }],
  ['max-stale', { kind: 'seconds', key: 'maxStale' }],
  ['stale-while-revalidate', { kind: 'seconds', key: 'staleWhileRevalidate' }],
  ['stale-if-error', { kind: 'seconds', key: 'staleIfError' }],
  ['no-cache', { kind: 'names', key: 'noCache' }],
  ['private', { kind: 'names', key: 'private' }],
  ['no-store', { kind: 'flag', key: 'noStore', counts: 'always' }],
  ['only-if-cached', { kind: 'flag', key: 'onlyIfCached', counts: 'always' }],
  ['must-revalidate', { kind: 'flag', key: 'mustRevalidate', counts: 'always' }],
  ['proxy-revalidate', { kind: 'flag', key: 'proxyRevalidate', counts: 'always' }],
  ['no-transform', { kind: 'flag', key: 'noTransform', counts: 'always' }],
  ['immutable', { kind: 'flag', key: 'immutable', counts: 'well-formed' }],
  // It lifts no-store (§5.2.2.3).
  ['must-understand', { kind: 'flag', key: 'mustUnderstand', counts: 'without-argument' }],
  ['public', { kind: 'flag', key: 'public', counts: 'without-argument' }],
]);

/** Of the same shape as all others. */
export const NO_DIRECTIVES: CacheDirectives = noDirectives();

/** What argument a directive of this name takes; undefined where we do not know it. The name is in lower case. */
export function directiveKind(name: string): Effect['kind'] | undefined {
  return effects.get(name)?.kind;
}

export class DirectiveCollector {
  private readonly collected: { -readonly [Key in keyof CacheDirectives]: CacheDirectives[Key] } = noDirectives();
  private readonly names = new Map<QualifiedKey, Set<string>>();

  /** @param name in lower case; one that we do not know is ignored (§5.2.3). */
  take(name: string, argument: DirectiveArgument): void {
    const effect = effects.get(name);
    if (effect === undefined) return;
    if (effect.kind === 'seconds') this.takeSeconds(effect.key, argument);
    else if (effect.kind === 'names') this.takeNames(effect.key, argument);
    else if (isCounted(effect.counts, argument)) this.collected[effect.key] = true;
  }

  finish(): CacheDirectives {
    for (const [key, names] of this.names) if (this.collected[key] === false) this.collected[key] = [...names];
    return this.collected;
  }

  /**
   * §4.2.1: of several values "either the first occurrence should be used or the response should be considered stale". The smallest of
   * them is never longer than the first, so that each of our answers is one of those two. Of min-fresh the greatest asks for the most.
   * NaN stays NaN.
   */
  private takeSeconds(key: SecondsKey, argument: DirectiveArgument): void {
    const seconds = secondsOf(key, argument);
    const before = this.collected[key] ?? seconds;
    this.collected[key] = key === 'minFresh' ? Math.max(before, seconds) : Math.min(before, seconds);
  }

  /** §5.2.2.4, §5.2.2.7: unqualified wins over any names; the names of several add up. */
  private takeNames(key: QualifiedKey, argument: DirectiveArgument): void {
    const names = typeof argument === 'string' ? listElements(argument) : [];
    if (names.length === 0 || !names.every(isToken)) {
      this.collected[key] = true;
      return;
    }
    const all = this.names.get(key) ?? new Set();
    for (const name of names) all.add(name.toLowerCase());
    this.names.set(key, all);
  }
}

function secondsOf(key: SecondsKey, argument: DirectiveArgument): number {
  if (argument === undefined) return key === 'maxStale' ? Number.POSITIVE_INFINITY : Number.NaN;
  return argument === null ? Number.NaN : deltaSeconds(argument);
}

function isCounted(counts: 'always' | 'well-formed' | 'without-argument', argument: DirectiveArgument): boolean {
  if (counts === 'always') return true;
  return counts === 'well-formed' ? argument !== null : argument === undefined;
}

function noDirectives(): CacheDirectives {
  return {
    maxAge: undefined,
    sMaxAge: undefined,
    minFresh: undefined,
    maxStale: undefined,
    staleWhileRevalidate: undefined,
    staleIfError: undefined,
    noStore: false,
    onlyIfCached: false,
    mustRevalidate: false,
    proxyRevalidate: false,
    mustUnderstand: false,
    noTransform: false,
    immutable: false,
    public: false,
    noCache: false,
    private: false,
  };
}
