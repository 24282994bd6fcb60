// Which preconditions are sent to validate what is stored, RFC 9111 §4.3.1 and §4.3.2, so that it is clear whom a 304 is for.
import { type EntityTag, formatEntityTag, matchesWeakly, parseEntityTags } from '../../http/etag.ts';
import type { ByteRange } from '../../http/range.ts';
import type { FieldList } from '../../http/response.ts';
import type { Variant } from '../store/object.ts';
import { type RequestMessage, singletonOf } from './message.ts';
import { holds, isComplete } from './parts.ts';
import { canBeValidated } from './statuses.ts';
import { validatorsOf } from './validators.ts';

/** Entity tags in one If-None-Match, of ours and of the client's each, and characters of all of them: a head has its limits. */
const TAGS_MAX = 16;
const TAG_CHARACTERS_MAX = 4096;

export interface Conditions {
  /** The fields of RFC 9110 §13.1 to send in place of the request's own. */
  readonly fields: FieldList;
  /** Stored responses that a 304 may be about, in the order given. Where there are any, Range is not sent unless it was asked for. */
  readonly nominated: readonly Variant[];
  /** Conditions of the client's own are among them, so that a 304 may be meant for it alone. */
  readonly clients: boolean;
}

/**
 * To validate stored responses independently of what a client asked. `variants`: those that the request selects, the most suitable first;
 * of the others an origin that forgets Vary could take the wrong one for current.
 */
export function conditionalFields(variants: readonly Variant[], wanted?: ByteRange): FieldList {
  return ours(nominate(variants, wanted));
}

/**
 * For a request that goes on to the origin because nothing stored can be used for it as it is.
 *
 * Without anything to validate its own conditions go on as they came (§4.3.2). Else ours replace them, and its own are evaluated on what
 * comes of it: on the stored response after a 304, on the new one after a 200. Its entity tags are added to ours ("MAY combine"), so that an
 * origin need not send what the client has already. If-Match and If-Unmodified-Since are the origin's to judge, and go on in any case.
 *
 * `wanted`: the range where just a part is to be validated, with Range sent as well.
 */
export function mergedConditions(request: RequestMessage, variants: readonly Variant[], wanted?: ByteRange): Conditions {
  const forOrigin = fieldsOf(request, ['If-Match', 'If-Unmodified-Since']);
  const nominated = nominate(variants, wanted);
  if (nominated.length === 0) {
    const own = fieldsOf(request, ['If-None-Match', 'If-Modified-Since']);
    return { fields: [...forOrigin, ...own, ...fieldsOf(request, ['If-Range'])], nominated, clients: own.length > 0 };
  }
  const tags = nominated.map(tagOf).filter((tag) => tag !== undefined);
  const others = tags.length === 0 ? [] : clientsTags(request).filter((tag) => !tags.some((one) => matchesWeakly(one, tag)));
  if (others.length === 0) return { fields: [...forOrigin, ...ours(nominated)], nominated, clients: false };
  // With tags of others, a date would be of one stored response only; and it counts for nothing beside tags.
  return { fields: [...forOrigin, ['If-None-Match', listOf([...tags, ...others])]], nominated, clients: true };
}

/** Stored responses that a 304 can be about: complete, or with all that is wanted (§4.3.2), and with a validator. Those with tags, or one with a date. */
function nominate(variants: readonly Variant[], wanted: ByteRange | undefined): readonly Variant[] {
  const usable = variants.filter((variant) => canBeValidated(variant.status) && (wanted === undefined ? isComplete(variant) : holds(variant.bodies, wanted)));
  const tagged = boundedTags(usable);
  if (tagged.length > 0) return tagged;
  const dated = usable.find((variant) => lastModifiedOf(variant) !== undefined);
  return dated === undefined ? [] : [dated];
}

function boundedTags(variants: readonly Variant[]): readonly Variant[] {
  let characters = 0;
  const tagged: Variant[] = [];
  for (const variant of variants) {
    const tag = tagOf(variant);
    if (tag === undefined || characters + tag.opaque.length > TAG_CHARACTERS_MAX) continue;
    characters += tag.opaque.length;
    if (tagged.push(variant) === TAGS_MAX) break;
  }
  return tagged;
}

/** §4.3.1: all tags; the date of a single one beside its tag, for old intermediaries. */
function ours(nominated: readonly Variant[]): FieldList {
  const tags = nominated.map(tagOf).filter((tag) => tag !== undefined);
  const fields: (readonly [string, string])[] = tags.length === 0 ? [] : [['If-None-Match', listOf(tags)]];
  const lastModified = nominated.length === 1 ? lastModifiedOf(nominated[0]!) : undefined;
  if (lastModified !== undefined) fields.push(['If-Modified-Since', lastModified]);
  return fields;
}

/** None where the list is "*", malformed or long: then the client's condition is evaluated here only. */
function clientsTags(request: RequestMessage): readonly EntityTag[] {
  const value = request.fieldNamed('if-none-match');
  if (value === undefined || value.length > TAG_CHARACTERS_MAX) return [];
  const list = parseEntityTags(value);
  return list.kind === 'tags' && list.tags.length <= TAGS_MAX ? list.tags : [];
}

function tagOf(variant: Variant): EntityTag | undefined {
  return validatorsOf(variant.fields, variant.responseMs).tag;
}

/** As it was received, where it is a date. */
function lastModifiedOf(variant: Variant): string | undefined {
  const isDate = !Number.isNaN(validatorsOf(variant.fields, variant.responseMs).lastModifiedMs);
  return isDate ? singletonOf(variant.fields, 'last-modified') : undefined;
}

function listOf(tags: readonly EntityTag[]): string {
  return [...new Set(tags.map(formatEntityTag))].join(', ');
}

function fieldsOf(request: RequestMessage, names: readonly string[]): FieldList {
  const fields: (readonly [string, string])[] = [];
  for (const name of names) {
    const value = request.fieldNamed(name);
    if (value !== undefined) fields.push([name, value]);
  }
  return fields;
}
