// The heads of a store, one file for each key, replaced as a whole. Of what is done to one key, each is begun when the
// one before is over, and of writes that wait only the last is carried out.
import { join } from 'node:path';
import type { StoredObject } from '../object.ts';
import { type Fault, type Faults, isFault } from './faults.ts';
import { ignored, readWhole, removeIfThere, replaceFile, syncFolder } from './files.ts';
import { decodeHead, encodeHead, type Epoch, type Head, HEAD_BYTES_MAX } from './head-file.ts';
import type { StoreLayout } from './layout.ts';

export interface HeadFilesOptions {
  readonly layout: StoreLayout;
  readonly faults: Faults;
  /** Bytes and name are on disk before a write is done. */
  readonly durable: boolean;
  /** The name of a key's file: 64 hexadecimal digits. */
  readonly nameOf: (key: string) => string;
}

export interface WrittenHead {
  readonly fileBytes: number;
}

export interface FoundHead extends Head {
  readonly fileBytes: number;
}

interface WaitingWrite {
  head: Head;
  readonly done: Promise<WrittenHead | Fault>;
}

export class HeadFiles {
  readonly #options: HeadFilesOptions;
  /** The end of what is being done to a name. */
  readonly #last = new Map<string, Promise<unknown>>();
  readonly #waiting = new Map<string, WaitingWrite>();
  #closed = false;
  readonly #listeners = new Set<(object: StoredObject) => void>();

  constructor(options: HeadFilesOptions) {
    this.#options = options;
  }

  /** Of `key` and of no other one. 'damaged': there is a file, and it is no whole head. */
  async read(key: string): Promise<FoundHead | 'missing' | 'damaged' | Fault> {
    const found = await this.readNamed(this.#options.nameOf(key));
    return isHeadFound(found) && found.object.key !== key ? 'missing' : found;
  }

  /** What is in the file of that name; 'damaged' also where its key belongs to another name. */
  async readNamed(name: string): Promise<FoundHead | 'missing' | 'damaged' | Fault> {
    const { layout, faults, nameOf } = this.#options;
    const bytes = await faults.caught(() => readWhole(layout.head(name), HEAD_BYTES_MAX));
    if (typeof bytes === 'string') return bytes === 'other' ? 'damaged' : bytes;
    const head = decodeHead(bytes);
    return head && nameOf(head.object.key) === name ? { ...head, fileBytes: bytes.length } : 'damaged';
  }

  /** `listener` hears of each object that is to be written from now on; until what is returned is called. */
  watch(listener: (object: StoredObject) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** A fault: nothing is stored of the key, what was there before neither. EINVAL: encodeHead() does not take it; EFBIG: beyond HEAD_BYTES_MAX. */
  write(object: StoredObject, epoch: Epoch): Promise<WrittenHead | Fault> {
    const name = this.#options.nameOf(object.key);
    for (const listener of this.#listeners) listener(object);
    const waiting = this.#waiting.get(name);
    if (waiting) {
      waiting.head = { epoch, object };
      return waiting.done;
    }
    const write: WaitingWrite = {
      head: { epoch, object },
      done: this.#inOrder(name, () => {
        if (this.#waiting.get(name) === write) this.#waiting.delete(name);
        return this.#replace(name, write.head);
      }),
    };
    this.#waiting.set(name, write);
    return write.done;
  }

  /** Removes the head of `key`; that of another key of the same name stays. Whether one was removed. */
  evict(key: string): Promise<boolean | Fault> {
    return this.change(this.#options.nameOf(key), (head) => (isHeadFound(head) && head.object.key !== key ? head : undefined));
  }

  /** Removes the head of `key`: what it told of, also where purges leave nothing of it; undefined: there was none. */
  async remove(key: string): Promise<StoredObject | undefined | Fault> {
    let removed: StoredObject | undefined;
    const changed = await this.change(this.#options.nameOf(key), (head) => {
      if (isHeadFound(head) && head.object.key !== key) return head;
      removed = isHeadFound(head) ? head.object : { key, variants: [] };
      return undefined;
    });
    return isFault(changed) ? changed : removed;
  }

  /**
   * Looks at the file of a name, and puts what `change` gives in its place: undefined removes it, the same head leaves it.
   * Whether something was changed.
   */
  change(name: string, change: (head: FoundHead | 'damaged') => Head | undefined): Promise<boolean | Fault> {
    this.#waiting.delete(name);
    return this.#inOrder(name, async () => {
      const head = await this.readNamed(name);
      if (isFault(head) || head === 'missing') return isFault(head) ? head : false;
      const changed = change(head);
      if (changed === head) return false;
      if (changed === undefined) return this.#options.faults.caught(() => removeIfThere(this.#options.layout.head(name)));
      const outcome = await this.#replace(name, changed);
      return isFault(outcome) ? outcome : true;
    });
  }

  /** All that was asked for is done, and nothing more may be. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.settled();
  }

  /** All that was asked for before this is done. */
  async settled(): Promise<void> {
    await Promise.all(this.#last.values());
  }

  /** Removals and new names in that folder are on disk. */
  async sync(shard: string): Promise<Fault | undefined> {
    const outcome = await this.#options.faults.caught(() => syncFolder(join(this.#options.layout.heads, shard)));
    return isFault(outcome) ? outcome : undefined;
  }

  async #replace(name: string, head: Head): Promise<WrittenHead | Fault> {
    const { layout, faults, durable } = this.#options;
    const outcome = await faults.caught(async () => {
      const bytes = encodeHead(head);
      if (!bytes) throw systemError('EINVAL', `a head that cannot be written: ${name}`);
      if (bytes.length > HEAD_BYTES_MAX) throw systemError('EFBIG', `a head of ${bytes.length} bytes: ${name}`);
      await replaceFile(layout, layout.head(name), bytes, durable);
      return { fileBytes: bytes.length };
    });
    // What is newer was answered already: the older one is not to come back after a start.
    if (isFault(outcome)) await removeIfThere(layout.head(name)).catch(ignored);
    return outcome;
  }

  #inOrder<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error('the store is closed: whoever has the lock now may be writing');
    const done = (this.#last.get(name) ?? Promise.resolve()).then(work);
    // A mistake of ours is told to who asked, and not to who comes after.
    const last: Promise<void> = done.then(ignored, ignored).then(() => {
      if (this.#last.get(name) === last) this.#last.delete(name);
    });
    this.#last.set(name, last);
    return done;
  }
}

function isHeadFound(found: FoundHead | string): found is FoundHead {
  return typeof found !== 'string';
}

function systemError(code: Fault, message: string): Error {
  return Object.assign(new Error(message), { errno: 0, code });
}
