/** What decoder and encoder of HPACK both know: the static table (RFC 7541 Appendix A) and the first bits of each representation (§6). */
export const INDEXED = 0x80;
export const INDEXED_BITS = 7;
export const LITERAL_INDEXED = 0x40;
export const LITERAL_INDEXED_BITS = 6;
export const SIZE_UPDATE = 0x20;
export const SIZE_UPDATE_BITS = 5;
/** Without indexing, or never indexed: what follows is the same. */
export const LITERAL = 0x00;
export const LITERAL_NEVER_INDEXED = 0x10;
export const LITERAL_BITS = 4;
export const HUFFMAN = 0x80;
export const STRING_BITS = 7;

/** From 1 on; an empty value is none. */
export const STATIC_TABLE: readonly (readonly [name: string, value: string])[] = [
  [':authority', ''], [':method', 'GET'], [':method', 'POST'], [':path', '/'], [':path', '/index.html'], [':scheme', 'http'], [':scheme', 'https'],
  [':status', '200'], [':status', '204'], [':status', '206'], [':status', '304'], [':status', '400'], [':status', '404'], [':status', '500'],
  ['accept-charset', ''], ['accept-encoding', 'gzip, deflate'], ['accept-language', ''], ['accept-ranges', ''], ['accept', ''],
  ['access-control-allow-origin', ''], ['age', ''], ['allow', ''], ['authorization', ''], ['cache-control', ''], ['content-disposition', ''],
  ['content-encoding', ''], ['content-language', ''], ['content-length', ''], ['content-location', ''], ['content-range', ''], ['content-type', ''],
  ['cookie', ''], ['date', ''], ['etag', ''], ['expect', ''], ['expires', ''], ['from', ''], ['host', ''], ['if-match', ''], ['if-modified-since', ''],
  ['if-none-match', ''], ['if-range', ''], ['if-unmodified-since', ''], ['last-modified', ''], ['link', ''], ['location', ''], ['max-forwards', ''],
  ['proxy-authenticate', ''], ['proxy-authorization', ''], ['range', ''], ['referer', ''], ['refresh', ''], ['retry-after', ''], ['server', ''],
  ['set-cookie', ''], ['strict-transport-security', ''], ['transfer-encoding', ''], ['user-agent', ''], ['vary', ''], ['via', ''], ['www-authenticate', ''],
];

/** Of an entry, besides its name and value (§4.1). */
export const ENTRY_OVERHEAD = 32;
/** What both sides begin with, RFC 9113 §6.5.2. */
export const TABLE_BYTES = 4096;
