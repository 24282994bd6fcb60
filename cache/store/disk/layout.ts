// Names in a store's folder.
//
//   DIR/pagecast-store            the marker: what this folder is; its open file has the lock (folder.ts)
//   DIR/holder                    who has the lock, for people to read
//   DIR/purges                    the log of purges (epoch-log.ts)
//   DIR/cluster                   up to where those of other machines were heard (server/cluster/position.ts)
//   DIR/heads/xx/<64 digits>      the head of a key: its SHA-256 (head-file.ts)
//   DIR/bodies/xx/<32 digits>     a body: 24 random digits, and 8 of the run that wrote it (body-file.ts)
//   DIR/arriving/<8 digits>-<n>   what has no name yet, of that run
//
// All digits are hexadecimal and in lower case; xx are the first two of the name. A run is one opening of the store: what
// an earlier one left unfinished is known by its name, whatever the clock says.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';

export const FOLDER_MODE = 0o700;
export const FILE_MODE = 0o600;

/** Workers that are replaced have new numbers. */
const THREADS_MAX = 2 ** 24;

const HEAD_NAME = /^[0-9a-f]{64}$/;
const BODY_ID = /^[0-9a-f]{32}$/;
const ARRIVING_NAME = /^[0-9a-f]{8}-[0-9a-z]{1,12}$/;

export function isHeadName(name: string): boolean {
  return HEAD_NAME.test(name);
}

export function isBodyId(id: string): boolean {
  return BODY_ID.test(id);
}

export class StoreLayout {
  readonly folder: string;
  /** Of this opening of the store. */
  readonly run: string;
  #names = 0;

  /** @param folder an absolute path. @param run the same for all threads of a process that have it open. */
  constructor(folder: string, run = randomBytes(4).toString('hex')) {
    this.folder = folder;
    this.run = run;
  }

  get marker(): string {
    return join(this.folder, 'pagecast-store');
  }

  get holder(): string {
    return join(this.folder, 'holder');
  }

  get purges(): string {
    return join(this.folder, 'purges');
  }

  get arriving(): string {
    return join(this.folder, 'arriving');
  }

  get heads(): string {
    return join(this.folder, 'heads');
  }

  get bodies(): string {
    return join(this.folder, 'bodies');
  }

  head(name: string): string {
    return join(this.heads, name.slice(0, 2), name);
  }

  body(id: string): string {
    return join(this.bodies, id.slice(0, 2), id);
  }

  newBodyId(): string {
    return randomBytes(12).toString('hex') + this.run;
  }

  /** A path that nothing has, and no other thread is given. */
  newArriving(): string {
    return join(this.arriving, `${this.run}-${(this.#names++ * THREADS_MAX + threadId).toString(36)}`);
  }

  /** A file in `arriving` that an earlier run left there. */
  isLeftArriving(name: string): boolean {
    return ARRIVING_NAME.test(name) && !name.startsWith(this.run);
  }

  /** A body that an earlier run has written. */
  isEarlierBody(id: string): boolean {
    return isBodyId(id) && !id.endsWith(this.run);
  }
}

/** The names of folders xx. */
export const shards: readonly string[] = Array.from({ length: 256 }, (_, index) => index.toString(16).padStart(2, '0'));
