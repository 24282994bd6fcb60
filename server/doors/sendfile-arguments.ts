// What sendFile() is given: checked before anything is done. Codes are those of Node.
import { Writable } from 'node:stream';

export interface CheckedArguments {
  readonly offset: number;
  /** Undefined: all behind `offset`. */
  readonly length: number | undefined;
  readonly signal: AbortSignal | undefined;
}

/** What is wrong with a file, or with how it is asked for; `code` is ERR_FILE_SHORTENED, ERR_HTTP_CONTENT_LENGTH_MISMATCH, ... or the name of an errno. */
export class SendFileError extends Error {
  override readonly name = 'SendFileError';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

/** As the streams of Node throw it. */
export class AbortError extends Error {
  override readonly name = 'AbortError';
  readonly code = 'ABORT_ERR';

  constructor(reason: unknown) {
    super('The operation was aborted', { cause: reason });
  }
}

/** @throws TypeError, RangeError */
export function checkedArguments(target: unknown, file: unknown, options: unknown): CheckedArguments {
  if (!isWritable(target)) throw wrong(TypeError, 'ERR_INVALID_ARG_TYPE', 'the target must be a socket, a response or another Writable');
  checkFile(file);
  if (typeof options !== 'object' || options === null) throw wrong(TypeError, 'ERR_INVALID_ARG_TYPE', 'the options must be an object');
  const { offset = 0, length, signal } = options as { offset?: unknown; length?: unknown; signal?: unknown };
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw wrong(TypeError, 'ERR_INVALID_ARG_TYPE', 'options.signal must be an AbortSignal');
  return { offset: whole(offset, 'offset'), length: length === undefined ? undefined : whole(length, 'length'), signal };
}

function checkFile(file: unknown): void {
  if (typeof file === 'number') {
    if (!Number.isInteger(file) || file < 0 || file > 0x7fffffff) throw wrong(RangeError, 'ERR_OUT_OF_RANGE', `${file} is not a descriptor`);
    return;
  }
  if (typeof file === 'string' || file instanceof Uint8Array) {
    if (file.length === 0 || (typeof file === 'string' ? file.includes('\0') : file.includes(0))) throw wrong(TypeError, 'ERR_INVALID_ARG_VALUE', 'a path is not empty, and has no NUL in it');
    return;
  }
  if (file instanceof URL) {
    if (file.protocol !== 'file:') throw wrong(TypeError, 'ERR_INVALID_URL_SCHEME', 'the URL of a file begins with file:');
    return;
  }
  const fd = typeof file === 'object' && file !== null && 'fd' in file ? file.fd : undefined;
  if (typeof fd !== 'number') throw wrong(TypeError, 'ERR_INVALID_ARG_TYPE', 'the file must be a path, a URL, a descriptor or a FileHandle');
  if (fd < 0) throw wrong(TypeError, 'ERR_INVALID_ARG_VALUE', 'the FileHandle is closed');
}

function isWritable(target: unknown): boolean {
  if (target instanceof Writable) return true;
  // A response of node:http is none by its class.
  return typeof target === 'object' && target !== null && 'write' in target && typeof target.write === 'function' && 'destroy' in target && typeof target.destroy === 'function';
}

function whole(value: unknown, name: string): number {
  if (typeof value !== 'number') throw wrong(TypeError, 'ERR_INVALID_ARG_TYPE', `options.${name} must be a number`);
  if (!Number.isSafeInteger(value) || value < 0) throw wrong(RangeError, 'ERR_OUT_OF_RANGE', `options.${name} must be a whole number from 0 on: ${value}`);
  return value;
}

function wrong(of: new (message: string) => Error, code: string, message: string): Error {
  return Object.assign(new of(message), { code });
}
