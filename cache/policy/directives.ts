// Which directives are in force: those of the first valid targeted field, or else of Cache-Control (RFC 9213 §2.2).
import { type CacheDirectives, parseCacheControl } from '../../http/cache-control.ts';
import type { FieldList } from '../../http/response.ts';
import { parseTargeted } from '../../http/targeted-cache-control.ts';
import { type RequestMessage, valueOf } from './message.ts';
import type { PolicyOptions } from './options.ts';

export interface ResponseDirectives {
  readonly directives: CacheDirectives;
  /** They come from a targeted field: Cache-Control and Expires do not count for us. */
  readonly targeted: boolean;
}

export function responseDirectives(fields: FieldList, options: PolicyOptions): ResponseDirectives {
  for (const target of options.targets) {
    const value = valueOf(fields, target);
    const directives = value === undefined ? undefined : parseTargeted(value);
    if (directives !== undefined) return { directives, targeted: true };
  }
  return { directives: parseCacheControl(valueOf(fields, 'cache-control')), targeted: false };
}

export function requestDirectives(request: RequestMessage): CacheDirectives {
  return parseCacheControl(request.fieldNamed('cache-control'));
}

/** Without an argument, or of fields that this cache itself works by: then nothing of the response can be treated apart. */
export function isUnqualified(directive: boolean | readonly string[]): boolean {
  return typeof directive === 'boolean' ? directive : directive.some((name) => ownFields.has(name) || name.endsWith('-cache-control'));
}

/** The fields that the directive is about; none where it is absent or unqualified. */
export function qualifiedNames(directive: boolean | readonly string[]): readonly string[] {
  return typeof directive === 'boolean' || isUnqualified(directive) ? noNames : directive;
}

const noNames: readonly string[] = [];

/** Of these depends how a stored response is kept, chosen or sent. */
const ownFields: ReadonlySet<string> = new Set([
  'age',
  'cache-control',
  'content-encoding',
  'content-length',
  'content-range',
  'content-type',
  'date',
  'etag',
  'expires',
  'last-modified',
  'vary',
]);
