// RFC 9111 §4.3.4: which of what is stored a 304 is about.
import { dateAt } from './policy-messages.ts';

const day = `Last-Modified: ${dateAt(-86_400)}`;
const now = `Last-Modified: ${dateAt(0)}`;
const other = `Last-Modified: ${dateAt(-7)}`;

export interface ValidationCase {
  readonly name: string;
  /** Fields of each stored response, the most suitable first. */
  readonly stored: readonly (readonly string[])[];
  readonly request?: readonly string[];
  readonly notModified: readonly string[];
  readonly meant: 'stored' | 'client' | 'nobody';
  /** Indexes into `stored`. */
  readonly freshened?: readonly number[];
}

export const validationCases: readonly ValidationCase[] = [
  // "If the new response contains one or more strong validators"
  { name: 'a strong tag', stored: [['ETag: "a"']], notModified: ['ETag: "a"'], meant: 'stored', freshened: [0] },
  { name: 'a strong tag of several', stored: [['ETag: "a"'], ['ETag: "b"'], ['ETag: "c"']], notModified: ['ETag: "b"'], meant: 'stored', freshened: [1] },
  { name: '"all the stored responses … with one of those same strong validators"', stored: [['ETag: "a"'], ['ETag: "b"'], ['ETag: "a"']], notModified: ['ETag: "a"'], meant: 'stored', freshened: [0, 2] },
  { name: '"MUST NOT use the new response to update any"', stored: [['ETag: "a"']], notModified: ['ETag: "b"'], meant: 'nobody' },
  { name: 'another strong tag, the same date', stored: [['ETag: "a"', day]], notModified: ['ETag: "b"', day], meant: 'nobody' },
  { name: 'a strong tag, a weak one stored', stored: [['ETag: W/"a"']], notModified: ['ETag: "a"'], meant: 'nobody' },
  { name: 'a strong tag, a weak one stored, the same strong date', stored: [['ETag: W/"a"', day]], notModified: ['ETag: "a"', day], meant: 'stored', freshened: [0] },
  { name: 'a strong tag, a weak one stored, the same weak date', stored: [['ETag: W/"a"', now]], notModified: ['ETag: "a"', now], meant: 'nobody' },
  { name: 'a strong date (RFC 9110 §8.8.2.2)', stored: [[day], [day]], notModified: [day], meant: 'stored', freshened: [0, 1] },
  { name: 'another date', stored: [[day]], notModified: [other], meant: 'nobody' },
  { name: 'a strong date beside a stored tag', stored: [['ETag: "a"', day]], notModified: [day], meant: 'stored', freshened: [0] },

  // "no strong validators but … one or more weak validators"
  { name: 'a weak tag', stored: [['ETag: W/"a"']], notModified: ['ETag: W/"a"'], meant: 'stored', freshened: [0] },
  { name: 'a weak tag, a strong one stored', stored: [['ETag: "a"']], notModified: ['ETag: W/"a"'], meant: 'stored', freshened: [0] },
  { name: '"the most recent of those matching stored responses"', stored: [['ETag: W/"b"'], ['ETag: W/"a"'], ['ETag: W/"a"']], notModified: ['ETag: W/"a"'], meant: 'stored', freshened: [1] },
  { name: 'another weak tag', stored: [['ETag: W/"a"', day]], notModified: ['ETag: W/"b"', day], meant: 'nobody' },
  { name: 'a weak date', stored: [[now], [now]], notModified: [now], meant: 'stored', freshened: [0] },

  // "does not include any form of validator"
  { name: 'no validator, one was asked about', stored: [['ETag: "a"']], notModified: [], meant: 'stored', freshened: [0] },
  { name: 'a malformed validator, one was asked about', stored: [['ETag: "a"']], notModified: ['ETag: a'], meant: 'stored', freshened: [0] },
  { name: 'no validator, several were asked about', stored: [['ETag: "a"'], ['ETag: "b"']], notModified: [], meant: 'nobody' },
  { name: 'no validator, tags of the client’s were sent, too', stored: [['ETag: "a"']], request: ['If-None-Match: "x"'], notModified: [], meant: 'nobody' },
  { name: 'no validator here or there, unchanged since it was generated', stored: [[]], request: [`If-Modified-Since: ${dateAt(0)}`], notModified: [], meant: 'stored', freshened: [0] },
  { name: 'no validator here or there, unchanged since later', stored: [[]], request: [`If-Modified-Since: ${dateAt(1)}`], notModified: [], meant: 'client' },
  { name: 'no validator here or there, a tag of the client’s', stored: [[]], request: ['If-None-Match: "x"', `If-Modified-Since: ${dateAt(0)}`], notModified: [], meant: 'client' },
  { name: 'no validator here or there, several stored', stored: [[], []], request: [`If-Modified-Since: ${dateAt(0)}`], notModified: [], meant: 'client' },
  { name: 'nothing was asked', stored: [[]], notModified: [], meant: 'nobody' },

  // §4.3.2: "has an ETag field value with an entity tag that is not in the client's list"
  { name: 'ours, and the client’s were sent', stored: [['ETag: "a"']], request: ['If-None-Match: "x"'], notModified: ['ETag: "a"'], meant: 'stored', freshened: [0] },
  { name: 'the client’s, and ours were sent', stored: [['ETag: "a"']], request: ['If-None-Match: "x", "y"'], notModified: ['ETag: "y"'], meant: 'client' },
  { name: 'nobody’s, and both were sent', stored: [['ETag: "a"']], request: ['If-None-Match: "x"'], notModified: ['ETag: "z"'], meant: 'nobody' },
  { name: 'the client’s alone', stored: [], request: ['If-None-Match: "x"'], notModified: ['ETag: "x"'], meant: 'client' },
];

/** §3.2: stored, received, merged. */
export const mergeCases: readonly (readonly [name: string, stored: readonly string[], received: readonly string[], merged: readonly string[]])[] = [
  ['what is not received stays', ['A: 1', 'B: 2'], [], ['A: 1', 'B: 2']],
  ['what is received replaces', ['A: 1', 'B: 2'], ['a: 3'], ['B: 2', 'a: 3']],
  ['all lines replace all lines', ['A: 1', 'A: 2', 'B: 2', 'a: 3'], ['A: 4', 'A: 5'], ['B: 2', 'A: 4', 'A: 5']],
  ['what is new is added', ['A: 1'], ['B: 2'], ['A: 1', 'B: 2']],
  ['an empty value replaces', ['A: 1'], ['A:'], ['A:']],
  ['Content-* is no signal', ['Content-Type: a', 'Content-Location: /a', 'Content-Foo: 1'], ['Content-Type: b', 'Content-Location: /b', 'Content-Foo: 2'], ['Content-Type: b', 'Content-Location: /b', 'Content-Foo: 2']],
  ['Content-Length does not', ['A: 1'], ['Content-Length: 0'], ['A: 1']],
  ['Content-Range does not', ['A: 1'], ['content-range: bytes 0-1/2'], ['A: 1']],
  ['Content-Encoding does not', ['Content-Encoding: gzip'], ['Content-Encoding: br'], ['Content-Encoding: gzip']],
  ['Content-Encoding is not added', [], ['Content-Encoding: br'], []],
  ['Age, and what is for one message, does not', [], ['Age: 7', 'Connection: x', 'Transfer-Encoding: chunked', 'Proxy-Authenticate: x', 'Upgrade: x'], []],
];

/** §4.3.5: stored with 10 bytes, the answer to HEAD, and whether it is the same. */
export const headCases: readonly (readonly [name: string, stored: readonly string[], response: readonly string[], same: boolean])[] = [
  ['no validator received', ['ETag: "a"', day], [], true],
  ['the same validators and length', ['ETag: "a"', day], ['ETag: "a"', day, 'Content-Length: 10'], true],
  ['one of the validators', ['ETag: "a"', day], [day], true],
  ['tags that are weakly the same', ['ETag: "a"'], ['ETag: W/"a"'], true],
  ['another tag', ['ETag: "a"'], ['ETag: "b"'], false],
  ['a tag where none is stored', [], ['ETag: "a"'], false],
  ['another date', [day], [other], false],
  ['a date where none is stored', [], [day], false],
  ['the same tag, another date', ['ETag: "a"', day], ['ETag: "a"', other], false],
  ['another length', ['ETag: "a"'], ['ETag: "a"', 'Content-Length: 11'], false],
  ['two lengths', ['ETag: "a"'], ['Content-Length: 10', 'Content-Length: 11'], false],
  ['a malformed length', ['ETag: "a"'], ['Content-Length: 10a'], false],
  ['another coding', [], ['Content-Encoding: gzip'], false],
];
