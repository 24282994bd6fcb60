/**
 * The field names that something here asks for, RFC 9110 §5.1. A name is found without making a string: its length, first and
 * last byte choose one slot, and a comparison word by word decides. The slots do not collide; that is checked at load.
 */
import { colonAt, wordOf } from './words.ts';

const SLOTS = 128;
const IDS_MAX = 31;
const NAME_BYTES_MAX = 20;
const NAME_WORDS = NAME_BYTES_MAX / 4;

const names: string[] = [''];
const slots = new Uint8Array(SLOTS);
const nameLengths = new Uint8Array(IDS_MAX + 1);
/** Name `id` from id * NAME_WORDS on, in lower case, and which bits of a word must agree: all but the case bit of letters. */
const nameWords = new Int32Array((IDS_MAX + 1) * NAME_WORDS);
const nameMasks = new Int32Array((IDS_MAX + 1) * NAME_WORDS);

/** Lower-case names, indexed by id; id 0 is every other field. At most 31 ids, so that a set of them is one 32-bit integer. */
export const knownFieldNames: readonly string[] = names;

export const FIELD_UNKNOWN = 0;

// What ControlFields judges comes first, so that one comparison with LAST_CONTROL_FIELD tells.
export const FIELD_HOST = known('host');
export const FIELD_CONNECTION = known('connection');
export const FIELD_CONTENT_LENGTH = known('content-length');
export const FIELD_TRANSFER_ENCODING = known('transfer-encoding');
export const FIELD_EXPECT = known('expect');
export const LAST_CONTROL_FIELD = FIELD_EXPECT;

export const FIELD_IF_MATCH = known('if-match');
export const FIELD_IF_NONE_MATCH = known('if-none-match');
export const FIELD_IF_MODIFIED_SINCE = known('if-modified-since');
export const FIELD_IF_UNMODIFIED_SINCE = known('if-unmodified-since');
export const FIELD_IF_RANGE = known('if-range');
export const FIELD_RANGE = known('range');

export const FIELD_ACCEPT = known('accept');
export const FIELD_ACCEPT_ENCODING = known('accept-encoding');
export const FIELD_ACCEPT_LANGUAGE = known('accept-language');
export const FIELD_AUTHORIZATION = known('authorization');
export const FIELD_CACHE_CONTROL = known('cache-control');
export const FIELD_CONTENT_TYPE = known('content-type');
export const FIELD_COOKIE = known('cookie');
export const FIELD_FORWARDED = known('forwarded');
export const FIELD_MAX_FORWARDS = known('max-forwards');
export const FIELD_ORIGIN = known('origin');
export const FIELD_PRAGMA = known('pragma');
export const FIELD_REFERER = known('referer');
export const FIELD_TE = known('te');
export const FIELD_TRACEPARENT = known('traceparent');
export const FIELD_UPGRADE = known('upgrade');
export const FIELD_USER_AGENT = known('user-agent');
export const FIELD_VIA = known('via');
export const FIELD_WANT_REPR_DIGEST = known('want-repr-digest');
export const FIELD_X_FORWARDED_FOR = known('x-forwarded-for');
export const FIELD_X_FORWARDED_PROTO = known('x-forwarded-proto');

/** The fields of RFC 9110 §13.1 and §14.2 as a set: 1 << id. */
export const CONDITIONAL_FIELDS =
  (1 << FIELD_IF_MATCH) |
  (1 << FIELD_IF_NONE_MATCH) |
  (1 << FIELD_IF_MODIFIED_SINCE) |
  (1 << FIELD_IF_UNMODIFIED_SINCE) |
  (1 << FIELD_IF_RANGE) |
  (1 << FIELD_RANGE);

/**
 * The known field whose name, followed by a colon, begins at `start`; FIELD_UNKNOWN also where the bytes end too early to tell,
 * which is never so in a complete head: behind a colon there are two line ends. The match is exact but for the case of letters, so that a known name need not be checked to be a token.
 */
export function fieldIdAt(words: DataView, bytes: Uint8Array, start: number, limit: number): number {
  const colon = colonAt(words, start, start + NAME_BYTES_MAX, limit);
  if (colon <= start) return FIELD_UNKNOWN;
  const length = colon - start;
  const id = slots[slotOf(length, bytes[start]! | 0x20, bytes[colon - 1]! | 0x20)]!;
  // A line is not complete without three bytes from the colon on; they may be read as part of the last word, and are masked.
  if (nameLengths[id] !== length || colon + 3 > limit) return FIELD_UNKNOWN;
  let at = id * NAME_WORDS;
  for (let i = start; i < colon; i += 4) {
    if (((words.getInt32(i, true) ^ nameWords[at]!) & nameMasks[at]!) !== 0) return FIELD_UNKNOWN;
    at++;
  }
  return id;
}

export function fieldNameBytes(id: number): number {
  return nameLengths[id]!;
}

/** The factor was searched for: the smallest under which no two of the names above meet. */
function slotOf(length: number, first: number, last: number): number {
  return (length + 15 * first + last) & (SLOTS - 1);
}

function known(name: string): number {
  const id = names.push(name) - 1;
  const slot = slotOf(name.length, name.charCodeAt(0), name.charCodeAt(name.length - 1));
  if (slots[slot] !== 0 || id > IDS_MAX || name.length > NAME_BYTES_MAX) throw new Error(`no slot for the field name ${name}`);
  slots[slot] = id;
  nameLengths[id] = name.length;
  for (let k = 0; k < name.length; k += 4) {
    const part = name.slice(k, k + 4);
    nameWords[id * NAME_WORDS + k / 4] = wordOf(part);
    nameMasks[id * NAME_WORDS + k / 4] = wordOf(part.replaceAll(/[a-z]/g, '\u00df').replaceAll('-', '\u00ff'));
  }
  return id;
}
