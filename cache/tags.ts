// Tags of a stored response, by which it is purged together with others: Cache-Tag, a list with commas, and Surrogate-Key, one
// with spaces. Neither is in an RFC; these are the forms of the large CDNs.
import type { FieldList } from '../http/response.ts';

/** More of one response, and longer ones, are not kept: what is purged by them must be bounded. */
const TAGS_MAX = 256;
const TAG_CHARACTERS_MAX = 256;

export function tagsOf(fields: FieldList): readonly string[] {
  const tags = new Set<string>();
  for (const [name, value] of fields) {
    const lower = name.toLowerCase();
    if (lower !== 'cache-tag' && lower !== 'surrogate-key') continue;
    for (const part of value.split(lower === 'cache-tag' ? ',' : ' ')) {
      const tag = part.trim();
      if (tag !== '' && tag.length <= TAG_CHARACTERS_MAX && tags.size < TAGS_MAX) tags.add(tag);
    }
  }
  return [...tags];
}
