// The clauses of RFC 9110 that no link of a chain may bend. {etag} and {modified} are the validators that the chain gives.

export interface Clause {
  readonly clause: string;
  readonly method?: 'GET' | 'HEAD';
  readonly target: string;
  readonly fields?: Readonly<Record<string, string>>;
  /** First and last byte of each. */
  readonly parts?: readonly (readonly [number, number])[];
  /** Where it is neither 200 nor 206 for its parts. */
  readonly status?: number;
  /** Its coding; the representation is another one then. */
  readonly coding?: 'gzip';
}

const PART = '/part.bin';
const LONG_AGO = 'Sun, 06 Nov 1994 08:49:37 GMT';

export const contractCases: readonly Clause[] = [
  { clause: '§9.3.1 all of it', target: PART },
  { clause: '§9.3.2 its head', target: PART, method: 'HEAD' },
  { clause: '§14.1.2 the first bytes', target: PART, fields: { Range: 'bytes=0-3' }, parts: [[0, 3]] },
  { clause: '§14.1.2 the last bytes', target: PART, fields: { Range: 'bytes=-7' }, parts: [[4996, 5002]] },
  { clause: '§14.1.2 from one on, beyond the end', target: PART, fields: { Range: 'bytes=4000-9999' }, parts: [[4000, 5002]] },
  { clause: '§14.6 several', target: PART, fields: { Range: 'bytes=10-19, 4000-4099, -3' }, parts: [[10, 19], [4000, 4099], [5000, 5002]] },
  { clause: '§15.5.17 none of it', target: PART, fields: { Range: 'bytes=5003-' }, status: 416 },
  { clause: '§14.2 another unit', target: PART, fields: { Range: 'lines=1-2' } },
  { clause: '§14.2 a part of a head', target: PART, method: 'HEAD', fields: { Range: 'bytes=0-3' } },
  { clause: '§13.1.5 If-Range that holds', target: PART, fields: { Range: 'bytes=1-2', 'If-Range': '{etag}' }, parts: [[1, 2]] },
  { clause: '§13.1.5 If-Range that does not', target: PART, fields: { Range: 'bytes=1-2', 'If-Range': '"another"' } },
  { clause: '§13.1.5 If-Range by an old date', target: PART, fields: { Range: 'bytes=1-2', 'If-Range': LONG_AGO } },
  { clause: '§13.1.2 If-None-Match', target: PART, fields: { 'If-None-Match': '{etag}' }, status: 304 },
  { clause: '§13.1.2 If-None-Match, of a list', target: PART, fields: { 'If-None-Match': '"x", {etag}' }, status: 304 },
  { clause: '§13.1.2 If-None-Match of a head', target: PART, method: 'HEAD', fields: { 'If-None-Match': '{etag}' }, status: 304 },
  { clause: '§13.1.2 If-None-Match of another', target: PART, fields: { 'If-None-Match': '"another"' } },
  { clause: '§13.1.3 If-Modified-Since', target: PART, fields: { 'If-Modified-Since': '{modified}' }, status: 304 },
  { clause: '§13.1.3 If-Modified-Since, before it was', target: PART, fields: { 'If-Modified-Since': LONG_AGO } },
  { clause: '§13.2.2 a tag goes before a date', target: PART, fields: { 'If-None-Match': '"another"', 'If-Modified-Since': '{modified}' } },
  { clause: '§13.2.2 304 goes before a part', target: PART, fields: { 'If-None-Match': '{etag}', Range: 'bytes=0-3' }, status: 304 },
  { clause: '§15.5.5 nothing', target: '/nothing', status: 404 },
  { clause: '§15.5.5 nothing, its head', target: '/nothing', method: 'HEAD', status: 404 },
  { clause: '§12.5.3 coded', target: '/words.txt', fields: { 'Accept-Encoding': 'gzip' }, coding: 'gzip' },
  { clause: '§12.5.3 a coded head', target: '/words.txt', method: 'HEAD', fields: { 'Accept-Encoding': 'gzip' }, coding: 'gzip' },
  { clause: '§12.5.3 as it is', target: '/words.txt', fields: { 'Accept-Encoding': 'identity' } },
  { clause: '§9.3.1 a large one', target: '/big.bin' },
  { clause: '§14.1.2 the middle of a large one', target: '/big.bin', fields: { Range: 'bytes=5000000-7000000' }, parts: [[5_000_000, 7_000_000]] },
];
