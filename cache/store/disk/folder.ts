// A folder becomes a store, or is known as one: what is in it may be removed only where a marker says that it is ours.
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, chmod, link, open, readdir, writeFile, type FileHandle } from 'node:fs/promises';
import { getSystemErrorName } from 'node:util';
import { setTimeout as pause } from 'node:timers/promises';
import { constants as system } from 'node:os';
import { native } from '../../../native/index.ts';
import { errnoOf, type Fault } from './faults.ts';
import { ignored, makeFolder, openNew, readWhole, removeIfThere, syncFolder, writeAll } from './files.ts';
import { isRecordOf } from './head-shape.ts';
import { parsedJson } from './json.ts';
import { FILE_MODE, FOLDER_MODE, type StoreLayout } from './layout.ts';
import { StoreError } from './store-error.ts';

/** What the marker says. */
export interface Marker {
  readonly format: 'pagecast-store';
  readonly version: number;
  readonly id: string;
  /** RFC 3339, for people. */
  readonly created: string;
}

export interface LockOptions {
  /** For another process to let go; without it that is an error. */
  readonly wait: boolean;
  /** Ends the waiting, with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** What this program writes and reads. */
const VERSION = 1;
const MARKER_BYTES_MAX = 64 << 10;
const LOCK_PAUSE_MS = 100;
const isMarker = isRecordOf<Marker>({
  format: (value): value is 'pagecast-store' => value === 'pagecast-store',
  version: (value): value is number => typeof value === 'number',
  id: (value): value is string => typeof value === 'string',
  created: (value): value is string => typeof value === 'string',
});

const reasons: Readonly<Partial<Record<Fault, string>>> = {
  ENOENT: 'there is no such folder',
  ENOTDIR: 'it is no folder',
  EEXIST: 'it is no folder',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'its filesystem is read-only',
  ENOSPC: 'its disk is full',
  EDQUOT: 'the quota is used up',
  ELOOP: 'symbolic links lead nowhere',
  ENAMETOOLONG: 'the name is too long',
};

/** Of a store that was not made to the end, and of a new filesystem. */
const NOT_IN_THE_WAY: ReadonlySet<string> = new Set(['arriving', 'lost+found']);

/** Of a store that is there. @throws StoreError */
export async function readMarker(layout: StoreLayout): Promise<Marker> {
  const bytes = await told(layout, 'read', () => readWhole(layout.marker, MARKER_BYTES_MAX));
  if (bytes === 'missing') {
    await told(layout, 'read', () => access(layout.folder));
    throw new StoreError(`${layout.folder} is no store of pagecast's: it has no file "pagecast-store"`);
  }
  const marker = typeof bytes === 'string' ? undefined : parsedJson(bytes.toString());
  if (!isMarker(marker)) throw new StoreError(`${layout.marker} is damaged: if this folder is a store of pagecast's, remove it, and it is made again`);
  if (marker.version !== VERSION) throw new StoreError(`${layout.folder} has format ${marker.version}, and this pagecast knows ${VERSION}: give it another folder`);
  return marker;
}

/** Makes a store of a folder that is empty or not there; one that is a store already stays as it is. @throws StoreError */
export async function makeStore(layout: StoreLayout): Promise<Marker> {
  await told(layout, 'make', () => makeFolder(layout.folder));
  const names = await told(layout, 'read', () => readdir(layout.folder));
  // After the names: whoever makes a store at the same time makes the marker first.
  if ((await told(layout, 'read', () => readWhole(layout.marker, MARKER_BYTES_MAX))) === 'missing') {
    const other = names.find((name) => !NOT_IN_THE_WAY.has(name));
    if (other !== undefined) {
      throw new StoreError(`${layout.folder} is not empty and no store of pagecast's (there is "${other}" in it): give an empty folder, or one that does not exist`);
    }
    await told(layout, 'write to', async () => {
      await makeFolder(layout.arriving);
      await writeMarker(layout);
    });
  }
  const marker = await readMarker(layout);
  await told(layout, 'write to', async () => {
    for (const folder of [layout.arriving, layout.heads, layout.bodies]) await makeFolder(folder);
    // A folder that was made by hand lets others look; what is in it is for nobody else.
    for (const folder of [layout.arriving, layout.heads, layout.bodies]) await chmod(folder, FOLDER_MODE);
  });
  return marker;
}

/** An open file that has the lock, until it is closed. @throws StoreError */
export async function lockStore(layout: StoreLayout, { wait, signal }: LockOptions): Promise<FileHandle> {
  const file = await told(layout, 'lock', () => open(layout.marker, constants.O_RDWR | constants.O_NOFOLLOW));
  try {
    for (;;) {
      const result = native.lockFile(file.fd);
      if (result === 0) break;
      if (result !== -system.errno.EAGAIN && result !== -system.errno.EACCES) {
        throw new StoreError(`${layout.folder} cannot be locked (${getSystemErrorName(result)}): its filesystem must know locks`);
      }
      if (!wait) throw new StoreError(`${layout.folder} is in use${await holderText(layout)}: each process needs a store of its own`);
      await pause(LOCK_PAUSE_MS, undefined, { ...(signal && { signal }) });
    }
    await writeFile(layout.holder, `${process.pid}\n`, { mode: FILE_MODE }).catch(ignored);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** It is there as a whole, or not at all; who comes second finds the first one's. */
async function writeMarker(layout: StoreLayout): Promise<void> {
  const marker: Marker = { format: 'pagecast-store', version: VERSION, id: randomUUID(), created: new Date().toISOString() };
  const arriving = layout.newArriving();
  const file = await openNew(layout, arriving);
  try {
    await writeAll(file, Buffer.from(`${JSON.stringify(marker)}\n`), 0);
    await file.sync();
    await link(arriving, layout.marker);
    await syncFolder(layout.folder);
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
  } finally {
    await file.close();
    await removeIfThere(arriving).catch(ignored);
  }
}

async function holderText(layout: StoreLayout): Promise<string> {
  const text = await readWhole(layout.holder, 64).catch(ignored);
  const pid = text instanceof Buffer ? Number(text.toString().trim()) : Number.NaN;
  return Number.isSafeInteger(pid) && pid > 0 ? ` by process ${pid}` : ' by another process';
}

async function told<T>(layout: StoreLayout, verb: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    throw new StoreError(`cannot ${verb} ${layout.folder}: ${reasons[errno] ?? errno}`);
  }
}
