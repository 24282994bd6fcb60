// A file that sendFile() was given, by path or open already: a descriptor of our own, and how long it is.
import { close, fstat, type Stats } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { getSystemErrorName, promisify } from 'node:util';
import { native } from '../../native/index.ts';
import type { FilePart } from './file-copy.ts';
import { SendFileError, type CheckedArguments } from './sendfile-arguments.ts';

const statOf = promisify<number, Stats>(fstat);

export interface OpenedFile {
  readonly fd: number;
  /** Bytes, when it was opened. */
  readonly size: number;
}

/** @throws errors of open(2), SendFileError where it is no regular file. */
export async function openedFile(file: string | Buffer | URL | number | FileHandle): Promise<OpenedFile> {
  const given = typeof file === 'number' ? file : typeof file === 'object' && 'fd' in file ? file.fd : undefined;
  const path = given === undefined ? (file instanceof URL ? fileURLToPath(file) : (file as string | Buffer)) : `descriptor ${given}`;
  const fd = given === undefined ? await native.openToRead(path.toString()) : native.duplicateDescriptor(given);
  if (fd < 0) {
    const code = getSystemErrorName(fd);
    throw Object.assign(new Error(`${code}: ${path.toString()} cannot be opened`), { code, errno: fd, syscall: 'open', path: path.toString() });
  }
  try {
    const stats = await statOf(fd);
    if (!stats.isFile()) throw new SendFileError('ERR_INVALID_ARG_VALUE', `${path.toString()} is not a regular file`);
    return { fd, size: stats.size };
  } catch (error) {
    close(fd);
    throw error;
  }
}

/** @throws RangeError, SendFileError where there is not so much of it. */
export function partOf({ fd, size }: OpenedFile, { offset, length = size - offset }: CheckedArguments): FilePart {
  if (length < 0) throw Object.assign(new RangeError(`the offset ${offset} is behind the end of the file, which has ${size} bytes`), { code: 'ERR_OUT_OF_RANGE' });
  if (offset + length > size) throw new SendFileError('ERR_FILE_SHORTENED', `${length} bytes from ${offset} on are wanted of a file that has ${size}`);
  return { fd, offset, length };
}
