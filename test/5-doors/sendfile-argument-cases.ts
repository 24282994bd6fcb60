// What sendFile() refuses before it does anything: a target, a file, options, and the code of the error.
import { PassThrough } from 'node:stream';

export interface ArgumentCase {
  readonly what: string;
  readonly target?: unknown;
  readonly file?: unknown;
  readonly options?: unknown;
  readonly code: string;
}

const THERE = '/proc/self/exe';

export const argumentCases: readonly ArgumentCase[] = [
  { what: 'no target', target: undefined, code: 'ERR_INVALID_ARG_TYPE' },
  { what: 'a target that cannot be written to', target: { write: 1 }, code: 'ERR_INVALID_ARG_TYPE' },
  { what: 'a number for a target', target: 3, code: 'ERR_INVALID_ARG_TYPE' },
  { what: 'no file', file: undefined, code: 'ERR_INVALID_ARG_TYPE' },
  { what: 'an object for a file', file: {}, code: 'ERR_INVALID_ARG_TYPE' },
  { what: 'a negative descriptor', file: -1, code: 'ERR_OUT_OF_RANGE' },
  { what: 'half a descriptor', file: 1.5, code: 'ERR_OUT_OF_RANGE' },
  { what: 'a closed FileHandle', file: { fd: -1 }, code: 'ERR_INVALID_ARG_VALUE' },
  { what: 'a descriptor that is not open', file: 1_000_000, code: 'EBADF' },
  { what: 'an empty path', file: '', code: 'ERR_INVALID_ARG_VALUE' },
  { what: 'a NUL in a path', file: '/proc/self/exe\0.txt', code: 'ERR_INVALID_ARG_VALUE' },
  { what: 'a URL of another kind', file: new URL('http://localhost/'), code: 'ERR_INVALID_URL_SCHEME' },
  { what: 'a file that is not there', file: '/proc/self/none', code: 'ENOENT' },
  { what: 'a folder', file: '/proc/self', code: 'ERR_INVALID_ARG_VALUE' },
  { what: 'a device', file: '/dev/zero', code: 'ERR_INVALID_ARG_VALUE' },
  { what: 'options that are none', options: null, code: 'ERR_INVALID_ARG_TYPE' },
  { what: 'a negative offset', options: { offset: -1 }, code: 'ERR_OUT_OF_RANGE' },
  { what: 'half an offset', options: { offset: 0.5 }, code: 'ERR_OUT_OF_RANGE' },
  { what: 'an offset behind what a number counts', options: { offset: 2 ** 53 }, code: 'ERR_OUT_OF_RANGE' },
  { what: 'an offset in words', options: { offset: '1' }, code: 'ERR_INVALID_ARG_TYPE' },
  { what: 'an offset behind the end', options: { offset: 2 ** 50 }, code: 'ERR_OUT_OF_RANGE' },
  { what: 'a length that is none', options: { length: Number.NaN }, code: 'ERR_OUT_OF_RANGE' },
  { what: 'an endless length', options: { length: Infinity }, code: 'ERR_OUT_OF_RANGE' },
  { what: 'more than there is', options: { length: 2 ** 50 }, code: 'ERR_FILE_SHORTENED' },
  { what: 'a signal that is none', options: { signal: {} }, code: 'ERR_INVALID_ARG_TYPE' },
  { what: 'a signal that has come already', options: { signal: AbortSignal.abort() }, code: 'ABORT_ERR' },
].map((one) => ({ target: new PassThrough(), file: THERE, options: {}, ...one }));
