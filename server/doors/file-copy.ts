// A part of an open file, read and written: for streams whose bytes on the wire are not those of the file.
import { read } from 'node:fs';
import type { Writable } from 'node:stream';
import { promisify } from 'node:util';
import { SendFileError } from './sendfile-arguments.ts';
import { breakOff, Writer } from './writing.ts';

const readAt = promisify(read);
const CHUNK_BYTES = 64 << 10;

/** Of an open file. */
export interface FilePart {
  readonly fd: number;
  readonly offset: number;
  readonly length: number;
}

/** @returns its length. @throws what has ended it; once something was written, the target is destroyed then. */
export async function copyFile(target: Writable, { fd, offset, length }: FilePart, signal: AbortSignal | undefined): Promise<number> {
  const writer = new Writer(target, signal);
  let done = 0;
  try {
    while (done < length) {
      const { bytesRead, buffer } = await readAt(fd, Buffer.allocUnsafeSlow(Math.min(CHUNK_BYTES, length - done)), 0, Math.min(CHUNK_BYTES, length - done), offset + done);
      if (bytesRead === 0) throw new SendFileError('ERR_FILE_SHORTENED', `the file ended ${length - done} bytes before what was promised of it`);
      await writer.write(buffer.subarray(0, bytesRead));
      done += bytesRead;
    }
  } catch (error) {
    if (done > 0) breakOff(target);
    throw error;
  }
  return length;
}
