/**
 * Entity tags, RFC 9110 §8.8.3, and the lists of them in If-Match and If-None-Match, §13.1.1 and §13.1.2.
 *
 *   entity-tag = [ "W/" ] DQUOTE *etagc DQUOTE        etagc may be a comma: a list cannot be split at commas
 *   list       = "*" / #entity-tag                    empty elements are skipped (§5.6.1.2)
 */
import { entityTagCharacters } from './characters.ts';

export interface EntityTag {
  readonly weak: boolean;
  /** Without its quotes. */
  readonly opaque: string;
}

/** A malformed list matches nothing; it is told apart because a log may want to know. */
export type EntityTagList =
  | { readonly kind: 'any' }
  | { readonly kind: 'tags'; readonly tags: readonly EntityTag[] }
  | { readonly kind: 'malformed' };

const malformed: EntityTagList = { kind: 'malformed' };
const any: EntityTagList = { kind: 'any' };

/** The whole text is one entity tag, or undefined. */
export function parseEntityTag(text: string): EntityTag | undefined {
  const end = entityTagEnd(text, 0);
  return end === text.length ? entityTagIn(text, 0, end) : undefined;
}

/** As sent, with quotes and the W/ of a weak one. */
export function formatEntityTag(tag: EntityTag): string {
  return `${tag.weak ? 'W/' : ''}"${tag.opaque}"`;
}

export function parseEntityTags(text: string): EntityTagList {
  if (text === '*') return any;
  const tags: EntityTag[] = [];
  let i = skipWhitespace(text, 0);
  while (i < text.length) {
    if (text.charAt(i) !== ',') {
      const end = entityTagEnd(text, i);
      if (end < 0) return malformed;
      tags.push(entityTagIn(text, i, end));
      i = skipWhitespace(text, end);
      if (i < text.length && text.charAt(i) !== ',') return malformed;
    }
    i = skipWhitespace(text, i + 1);
  }
  return tags.length === 0 ? malformed : { kind: 'tags', tags };
}

/** §8.8.3.2: neither is weak, and the opaque parts are the same. */
export function matchesStrongly(a: EntityTag, b: EntityTag): boolean {
  return !a.weak && !b.weak && a.opaque === b.opaque;
}

export function matchesWeakly(a: EntityTag, b: EntityTag): boolean {
  return a.opaque === b.opaque;
}

/** The offset behind the entity tag that begins at `start`, -1 where none does. "W/" is case-sensitive. */
function entityTagEnd(text: string, start: number): number {
  let i = text.startsWith('W/', start) ? start + 2 : start;
  if (text.charAt(i) !== '"') return -1;
  do i++;
  while (entityTagCharacters[text.charCodeAt(i)] === 1);
  return text.charAt(i) === '"' ? i + 1 : -1;
}

function entityTagIn(text: string, start: number, end: number): EntityTag {
  const weak = text.charAt(start) === 'W';
  return { weak, opaque: text.slice(weak ? start + 3 : start + 1, end - 1) };
}

function skipWhitespace(text: string, start: number): number {
  let i = start;
  while (text.charAt(i) === ' ' || text.charAt(i) === '\t') i++;
  return i;
}
