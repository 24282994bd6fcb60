// The fields of a site's heads: what a representation says of itself, how long it may be kept, what the site adds to
// every answer, and what the rules for a path change.
import type { Representation } from '../../cache/representation.ts';
import { formatDate } from '../../http/date.ts';
import { reprDigest } from '../../http/digest.ts';
import type { FieldList } from '../../http/response.ts';
import type { HeadFields } from '../answers.ts';
import { cacheControlOf, type CachingOptions } from './caching.ts';

/** A field that is set, in place of one that was there, or one that is taken away. */
export type FieldChange = { readonly name: string; readonly value: string } | { readonly detach: string };

/** What the rules say of a path. One object for all paths of which they say the same: plans are kept by it. */
export interface FieldChanges {
  readonly changes: readonly FieldChange[];
}

export const UNCHANGED: FieldChanges = { changes: [] };

export interface Described {
  readonly representation: Representation;
  /** The file's name decides over type and caching, whatever path led to it; bytes as latin1. */
  readonly path: string;
  readonly type: string;
  readonly coding: string;
  /** Other clients may get another coding. */
  readonly negotiated: boolean;
}

export interface SiteFieldOptions {
  readonly caching: CachingOptions;
  /** Set on every answer. */
  readonly headers: FieldList;
  readonly cors: boolean;
  readonly security: boolean;
}

export const NOSNIFF = ['X-Content-Type-Options', 'nosniff'] as const;
export const CORS: FieldList = [['Access-Control-Allow-Origin', '*'], ['Access-Control-Expose-Headers', '*'], ['Timing-Allow-Origin', '*']];
export const SECURITY: FieldList = [
  ['X-Frame-Options', 'SAMEORIGIN'], ['Referrer-Policy', 'strict-origin-when-cross-origin'], ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Content-Security-Policy', "frame-ancestors 'self'; base-uri 'self'; object-src 'none'"],
];
/** Several lines of these are several statements. */
export const REPEATED: ReadonlySet<string> = new Set(['set-cookie', 'link', 'server-timing', 'www-authenticate']);

export class SiteFields {
  readonly #caching: CachingOptions;
  /** On every answer, before the rules of its path. */
  readonly #everywhere: readonly FieldChange[];

  constructor({ caching, headers, cors, security }: SiteFieldOptions) {
    this.#caching = caching;
    this.#everywhere = [...(security ? SECURITY : []), ...(cors ? CORS : []), ...headers].map(([name, value]) => ({ name, value }));
  }

  of({ representation, path, type, coding, negotiated }: Described, { changes }: FieldChanges): HeadFields {
    const cacheControl = cacheControlOf(path, type, this.#caching);
    const own: (readonly [string, string])[] = [['Content-Type', type]];
    if (coding !== 'identity') own.push(['Content-Encoding', coding]);
    const validators = validatorFields(representation);
    own.push(...validators);
    if (cacheControl !== undefined) own.push(['Cache-Control', cacheControl]);
    if (negotiated) own.push(['Vary', 'Accept-Encoding']);
    if (representation.digest) own.push(['Repr-Digest', reprDigest(representation.digest)]);
    own.push(['Accept-Ranges', 'bytes'], NOSNIFF);
    const content = changed(changed(own, this.#everywhere), changes);
    return {
      type: valueOf(content, 'content-type') ?? type,
      content,
      notModified: content.filter(([name]) => isOfNotModified(name.toLowerCase())),
      aside: this.beside(changes),
      validators,
      dated: false,
    };
  }

  /** Of answers that carry no file of the site: errors, redirects, listings. */
  beside(changes: readonly FieldChange[]): FieldList {
    return changed(changed([], this.#everywhere), changes).filter(([name]) => !isOfFiles(name));
  }
}

function validatorFields({ validators }: Representation): FieldList {
  const { etag, lastModifiedMs } = validators;
  return Number.isNaN(lastModifiedMs) ? [['ETag', etag]] : [['ETag', etag], ['Last-Modified', formatDate(lastModifiedMs)]];
}

/** `fields` with `changes` made, in order. Vary only ever grows: who takes a part of it away makes caches mix up variants. */
export function changed(fields: FieldList, changes: readonly FieldChange[]): FieldList {
  if (changes.length === 0) return fields;
  let all = [...fields];
  for (const change of changes) {
    const name = ('detach' in change ? change.detach : change.name).toLowerCase();
    if ('detach' in change) {
      if (name !== 'vary') all = all.filter((field) => field[0].toLowerCase() !== name);
    } else if (name === 'vary') {
      const before = valueOf(all, 'vary');
      all = [...all.filter((field) => field[0].toLowerCase() !== name), ['Vary', before === undefined ? change.value : `${before}, ${change.value}`]];
    } else {
      if (!REPEATED.has(name)) all = all.filter((field) => field[0].toLowerCase() !== name);
      all.push([change.name, change.value]);
    }
  }
  return all;
}

function valueOf(fields: FieldList, name: string): string | undefined {
  return fields.find((field) => field[0].toLowerCase() === name)?.[1];
}

/** What is said of the type or the caching of the files below a path is not said of their absence. */
export function isOfFiles(name: string): boolean {
  return /^(?:content-(?!security)|cache-control$|etag$|link$)/i.test(name);
}

/** Without what describes the bytes that are not sent. @param name in lower case. */
export function isOfNotModified(name: string): boolean {
  if (name === 'content-location' || name === 'content-security-policy') return true;
  return !name.startsWith('content-') && name !== 'repr-digest' && name !== 'accept-ranges' && name !== 'x-content-type-options';
}
