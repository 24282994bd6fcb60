/**
 * Where a redirect leads: a path of this site, or a URL. Nothing that a request brought may choose the site: a path begins with exactly
 * one slash ("//host/" would be another site), and a placeholder in a host stands for one label that is not the last.
 */
import { asciiHost } from './host.ts';
import { quoted } from './lines.ts';
import type { Capture, Captures } from './pattern.ts';
import { canonical, encodeReceived, encodeWritten } from './percent.ts';
import { fill, mapLiterals, splitPlaceholders, type Placeholders } from './placeholders.ts';

export interface Target {
  /** Both or none. */
  readonly scheme: string | undefined;
  readonly authority: Placeholders | undefined;
  /** '' only behind an authority. */
  readonly path: Placeholders;
  /** With its '?'. */
  readonly query: Placeholders | undefined;
  /** With its '#'. */
  readonly fragment: Placeholders | undefined;
  /** Of the path, as a pattern would have it (pattern.ts). */
  readonly canonicalPath: string;
}

/** A target with the values in their places, ready to be sent. */
export interface Filled {
  readonly scheme: string | undefined;
  readonly authority: string | undefined;
  readonly path: string;
  readonly query: string | undefined;
  readonly fragment: string;
}

const absolute = /^(https?):\/\/([^/?#]*)/i;
const hostAndPort = /^([^:]+)(:\d{1,5})?$/;
const label = /^[a-z0-9_-]+$/i;
const wholeSegment = /\/:([A-Za-z]\w*)(?=\/|$)/g;

export function isTarget(word: string): boolean {
  return word.startsWith('/') || absolute.test(word);
}

/** The target, or what is wrong with it. `names` are those that the pattern and the parameters give values to. */
export function parseTarget(text: string, names: ReadonlySet<string>): Target | string {
  if (text.startsWith('//')) return `a target with two slashes names another site: write "https:" before it: ${quoted(text)}`;
  const isKnown = (name: string): boolean => names.has(name);
  const url = absolute.exec(text);
  const authority = url ? parseAuthority(url[2]!, isKnown) : undefined;
  if (typeof authority === 'string') return authority;
  const rest = text.slice(url?.[0].length ?? 0);
  const hash = rest.indexOf('#');
  const beforeHash = hash < 0 ? rest : rest.slice(0, hash);
  const question = beforeHash.indexOf('?');
  const path = question < 0 ? beforeHash : beforeHash.slice(0, question);
  for (const [, name] of path.matchAll(wholeSegment)) {
    // Within a segment it may be text ("/wiki/Special:Search"); a whole one is a slip of the pen.
    if (!isKnown(name!)) return `":${name!}" is used but nothing gives it a value${name === 'splat' ? ': there is no "*" in the path' : ''}`;
  }
  const template = (part: string): Placeholders => mapLiterals(splitPlaceholders(part, isKnown), encodeWritten);
  return {
    scheme: url?.[1]!.toLowerCase(),
    authority,
    path: template(path),
    query: question < 0 ? undefined : template(beforeHash.slice(question)),
    fragment: hash < 0 ? undefined : template(rest.slice(hash)),
    canonicalPath: canonical(encodeWritten(path)).text || '/',
  };
}

function parseAuthority(text: string, isKnown: (name: string) => boolean): Placeholders | string {
  const authority = splitPlaceholders(text, isKnown);
  const [, host = '', port = ''] = hostAndPort.exec(fill(authority, () => 'x')) ?? [];
  const name = asciiHost(host);
  if (authority.names.length === 0) return name === undefined ? `not a host: ${quoted(text)}` : { literals: [name + port], names: [] };
  const beginsLabel = authority.literals.slice(0, -1).every((literal, i) => (i === 0 && literal === '') || literal.endsWith('.'));
  const endsLabel = authority.literals.slice(1).every((literal) => literal.startsWith('.'));
  const hasParent = /^\.[a-z0-9_-]/i.test(authority.literals.at(-1)!);
  if (!beginsLabel || !endsLabel || !hasParent || name === undefined) {
    return `a placeholder in a host is a whole part of it and not the last, as in "https://:name.example.com/": ${quoted(text)}`;
  }
  return authority;
}

/** undefined: a value is no part of a host name, so the rule is not for this request. */
export function fillTarget(target: Target, captures: Captures): Filled | undefined {
  const valueIn = (place: 'path' | 'query') => (name: string): string => sent(captures.get(name), place);
  const { authority } = target;
  if (authority && !authority.names.every((name) => label.test(captures.get(name)?.value ?? ''))) return undefined;
  const path = fill(target.path, valueIn('path'));
  return {
    scheme: target.scheme,
    authority: authority && fill(authority, (name) => captures.get(name)?.value ?? ''),
    path: authority ? path : path.replace(/^\/{2,}/, '/'),
    query: target.query && fill(target.query, valueIn('query')),
    fragment: target.fragment ? fill(target.fragment, valueIn('path')) : '',
  };
}

/** What is data where it comes from stays data where it goes to. */
function sent(capture: Capture | undefined, place: 'path' | 'query'): string {
  if (capture === undefined) return '';
  const value = encodeReceived(capture.value);
  if (place === 'query') return capture.source === 'query' ? value : value.replaceAll('&', '%26').replaceAll('+', '%2B');
  return capture.source === 'query' ? value.replaceAll('+', '%20').replaceAll('?', '%3F') : value;
}

/** A URI-reference (RFC 9110 §10.2.2); `query` replaces the target's where it has none, with its '?', or ''. */
export function locationOf({ scheme, authority, path, query: own, fragment }: Filled, query: string): string {
  const sentQuery = own ?? encodeReceived(query);
  if (scheme === undefined || authority === undefined) return path + sentQuery + fragment;
  return `${scheme}://${authority}${path === '' && sentQuery !== '' ? '/' : path}${sentQuery}${fragment}`;
}
