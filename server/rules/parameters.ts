/**
 * Query parameters that a redirect is for: `/store id=:id /blog/:id`. A rule that names parameters is for requests that have exactly
 * these, in any order, each once; one that names none does not look at the query.
 *
 *   parameter = name "=" ( ":" placeholder / value )
 */
import { quoted } from './lines.ts';
import type { Captures } from './pattern.ts';
import { canonical, encodeWritten } from './percent.ts';

export interface Parameters {
  readonly wanted: ReadonlyMap<string, WantedValue>;
  /** Where all values are fixed: the same text for the same parameters in any order; undefined where one is a placeholder. */
  readonly signature: string | undefined;
  /** The same text for rules that are for the same parameters. */
  readonly key: string;
  /** Of the placeholders. */
  readonly names: readonly string[];
}

/** Either a text, or the name of the placeholder that takes it. */
export type WantedValue = { readonly text: string } | { readonly name: string };

/** A request's parameters: names and values as they came. */
export type Pairs = readonly (readonly [name: string, value: string])[];

const wholePlaceholder = /^:([A-Za-z]\w*)$/;

/** The words between a path and its target, or what is wrong with them. undefined: there are none. */
export function parseParameters(words: readonly string[]): Parameters | undefined | string {
  if (words.length === 0) return undefined;
  const wanted = new Map<string, WantedValue>();
  const names: string[] = [];
  const fixed: [string, string][] = [];
  const taken: string[] = [];
  for (const word of words) {
    const equals = word.indexOf('=');
    if (equals < 1) return `${quoted(word)} is neither a target, which begins with "/" or "https://", nor a parameter such as "id=:id"`;
    const name = comparable(encodeWritten(word.slice(0, equals)));
    if (wanted.has(name)) return `the parameter ${quoted(word.slice(0, equals))} is there twice`;
    const placeholder = wholePlaceholder.exec(word.slice(equals + 1))?.[1];
    const text = comparable(encodeWritten(word.slice(equals + 1)));
    wanted.set(name, placeholder === undefined ? { text } : { name: placeholder });
    if (placeholder === undefined) {
      fixed.push([name, text]);
    } else {
      names.push(placeholder);
      taken.push(name);
    }
  }
  const signature = signatureOf(fixed);
  return { wanted, names, signature: names.length === 0 ? signature : undefined, key: `${signature}\n${taken.sort().join(' ')}` };
}

/** `query` with its '?', or ''. */
export function pairsOf(query: string): Pairs {
  const pairs: [string, string][] = [];
  for (const part of query.slice(1).split('&')) {
    const equals = part.indexOf('=');
    if (part !== '') pairs.push(equals < 0 ? [part, ''] : [part.slice(0, equals), part.slice(equals + 1)]);
  }
  return pairs;
}

/** See Parameters.signature. No comparable text has a space. */
export function signatureOf(pairs: Pairs): string {
  return pairs.map(([name, value]) => `${comparable(name)} ${comparable(value)}`).sort().join(' ');
}

/** Whether these are the parameters; their values are added to the captures. A placeholder takes one character or more. */
export function matchParameters(parameters: Parameters, pairs: Pairs, captures: Captures): boolean {
  if (pairs.length !== parameters.wanted.size) return false;
  const seen = new Set<string>();
  for (const [rawName, value] of pairs) {
    const name = comparable(rawName);
    const want = parameters.wanted.get(name);
    if (want === undefined || seen.has(name)) return false;
    seen.add(name);
    if ('text' in want) {
      if (comparable(value) !== want.text) return false;
    } else if (value === '') {
      return false;
    } else {
      captures.set(want.name, { value, source: 'query' });
    }
  }
  return true;
}

/** One spelling of a name or a value: a '+' is a space in a query (WHATWG URL, application/x-www-form-urlencoded), a slash is data. */
function comparable(text: string): string {
  return canonical(text.replaceAll('+', '%20').replaceAll('/', '%2F')).text;
}
