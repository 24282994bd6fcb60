// Whole writes, whole reads, and files that are there at once or not at all. These throw system errors.
import { mkdir, open, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import { constants } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from './faults.ts';
import { FILE_MODE, FOLDER_MODE, type StoreLayout } from './layout.ts';

export async function writeAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

/** How many bytes came before `bytes` was full or the file at its end. */
export async function readAll(file: FileHandle, bytes: Uint8Array, position: number): Promise<number> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, position + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return done;
}

/** No link is followed, and a fifo in its place is not waited for. */
export function openToRead(path: string): Promise<FileHandle> {
  return open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}

/** 'missing': there is no such file. 'other': it is no regular file, or has more than `bytesMax`. */
export async function readWhole(path: string, bytesMax: number): Promise<Buffer | 'missing' | 'other'> {
  let file: FileHandle;
  try {
    file = await openToRead(path);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT') return 'missing';
    if (errno === 'ELOOP') return 'other';
    throw error;
  }
  try {
    const status = await file.stat();
    if (!status.isFile() || status.size > bytesMax) return 'other';
    const bytes = Buffer.allocUnsafe(status.size);
    return bytes.subarray(0, await readAll(file, bytes, 0));
  } finally {
    await file.close();
  }
}

/** Puts a file of these bytes in the place of what is at `path`: the name has the old content or the new one, also after a crash of this process. */
export async function replaceFile(layout: StoreLayout, path: string, bytes: Uint8Array, durable: boolean): Promise<void> {
  const arriving = layout.newArriving();
  try {
    const file = await openNew(layout, arriving);
    try {
      await writeAll(file, bytes, 0);
      if (durable) await file.datasync();
    } finally {
      await file.close();
    }
    await inFolder(layout, path, () => rename(arriving, path));
    if (durable) await syncFolder(dirname(path));
  } catch (error) {
    await removeIfThere(arriving).catch(ignored);
    throw error;
  }
}

/** A file that was not there, to be written and read. */
export function openNew(layout: StoreLayout, path: string): Promise<FileHandle> {
  return inFolder(layout, path, () => open(path, constants.O_RDWR | constants.O_CREAT | constants.O_EXCL, FILE_MODE));
}

/** `work` makes `path`; its folder below the store's is made where it is missing. Where the store is gone itself, it is not begun again by that. */
export async function inFolder<T>(layout: StoreLayout, path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    const folder = dirname(path);
    if (dirname(folder) !== layout.folder) await tryFolder(dirname(folder));
    await tryFolder(folder);
    return work();
  }
}

/** With its parents; one that is there stays as it is. Node's own way never ends where a filesystem makes no folders (/proc). */
export async function makeFolder(path: string): Promise<void> {
  const outcome = await tryFolder(path);
  if (outcome === 'no-parent' && dirname(path) !== path) {
    await makeFolder(dirname(path));
    if ((await tryFolder(path)) === 'no-parent') await mkdir(path, { mode: FOLDER_MODE });
  }
}

async function tryFolder(path: string): Promise<'there' | 'no-parent'> {
  try {
    await mkdir(path, { mode: FOLDER_MODE });
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return 'no-parent';
    if (errnoOf(error) !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
  }
  return 'there';
}

/** Whether there was a file. */
export async function removeIfThere(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Names in it are on disk when this is done. A folder that is not there has none. */
export async function syncFolder(path: string): Promise<void> {
  let folder: FileHandle;
  try {
    folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** For clean-up after a fault that is told already. */
export function ignored(): void {}
