// The engine of a thread that has an event loop of its own: sockets are lent to it, and it sends files on them as it does on its own
// connections, by the same rules. It accepts nothing, and reads nothing.
//
//   Node's socket --- dup(2) ---> slot: spans go out natively, DONE or SENT or CLOSED tells how it went
//
// Invariant: the process lives on for its sake only while somebody waits for it.
import { getSystemErrorMap, getSystemErrorName } from 'node:util';
import { layout, native, type Areas, type Engine } from '../../native/index.ts';
import { makeAreas } from '../areas.ts';
import { Opener } from '../opener.ts';
import type { Span } from '../plan.ts';

const { command, events, reasons, results, sizes, span: spanWords, status } = layout;
/** Sockets lent at once; more of them are served by copies. */
const SLOTS_MAX = 16_384;
/** Bursts handled before timers and promises have their turn. */
const TURNS_MAX = 8;

const NO_ERRNO = new Map([
  [reasons.FILE_SHORTENED, ['ERR_FILE_SHORTENED', 'the file ended before what was promised of it']],
  [reasons.FILE_CHANGED, ['ERR_FILE_CHANGED', 'the file changed while it was sent']],
  [reasons.BODY_BROKEN, ['ERR_BODY_BROKEN', 'the body broke off while it was sent']],
  [reasons.BY_US, ['ERR_STREAM_PREMATURE_CLOSE', 'the socket was closed while a file was sent on it']],
  [0, ['ERR_STREAM_PREMATURE_CLOSE', 'the socket was closed while a file was sent on it']],
] as const);

/** What is sent on a socket has not got out. `code` is the name of an errno, such as EPIPE, or one of those above. */
export class CarriageError extends Error {
  override readonly name = 'CarriageError';
  readonly code: string;
  readonly errno?: number;

  /** @param reason errno, or one of layout.reasons. */
  constructor(reason: number) {
    const [code, text] = NO_ERRNO.get(reason) ?? getSystemErrorMap().get(-reason) ?? [getSystemErrorName(-reason), 'it cannot be sent'];
    super(`${code}: ${text}`);
    this.code = code;
    if (reason > 0 && reason < reasons.FILE_SHORTENED) this.errno = -reason;
  }
}

interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: CarriageError) => void;
}

/** A socket that is lent to the engine. */
export class Lent {
  readonly slot: number;
  readonly generation: number;
  /** What is under way on it, oldest first. */
  readonly waiting: Waiting[] = [];
  /** Why nothing can be sent on it any more. */
  gone: CarriageError | undefined = undefined;

  constructor(slot: number, generation: number) {
    this.slot = slot;
    this.generation = generation;
  }
}

/** Who wants to know that a writer has come for a file. */
export interface LeaseHeeder {
  /** False: the file is none of its own. */
  leaseBroken(file: number, answers: number): boolean;
}

let ofThread: Carrier | undefined;

export class Carrier {
  readonly areas: Areas = makeAreas(SLOTS_MAX);
  readonly engine: Engine = new native.Engine(this.areas);
  readonly opener = new Opener(this.engine);
  readonly #lent: (Lent | undefined)[] = [];
  readonly #heeders = new Set<LeaseHeeder>();
  #awaited = 0;
  #immediate = false;
  #ticking = false;

  private constructor() {
    const failed = this.engine.start(() => this.#tick());
    if (failed < 0) throw new Error(`the engine cannot be started: ${getSystemErrorName(failed)}`);
    this.engine.stay(false);
  }

  /** That of this thread; it lives as long. */
  static get(): Carrier {
    return (ofThread ??= new Carrier());
  }

  heed(heeder: LeaseHeeder): void {
    this.#heeders.add(heeder);
  }

  unheed(heeder: LeaseHeeder): void {
    this.#heeders.delete(heeder);
  }

  /** What the engine has to find before this settles is waited for by the process. */
  async await<T>(promise: Promise<T>): Promise<T> {
    if (this.#awaited++ === 0) this.engine.stay(true);
    try {
      return await promise;
    } finally {
      if (--this.#awaited === 0) this.engine.stay(false);
    }
  }

  /** @param fd of a connected socket, which stays its owner's. @returns -errno where it cannot be had. */
  lend(fd: number): Lent | number {
    const slot = this.engine.borrow(fd);
    if (slot < 0) return slot;
    const lent = new Lent(slot, this.engine.generation(slot));
    this.#lent[slot] = lent;
    return lent;
  }

  /** Its owner has closed it, or does not want it sent on any more. `hard`: with a reset, when the owner closes it. */
  takeBack(lent: Lent, hard: boolean): void {
    this.engine.close(lent.slot, lent.generation, hard);
    this.#again();
  }

  /** Bytes that the peer's kernel, or ours, has taken of what was sent on it. */
  progressOf({ slot }: Lent): number {
    return this.areas.progress[slot]!;
  }

  /**
   * Sends a span of a record behind what was sent before; resolves when the kernel has all of it. A record may be let go of at once.
   * @throws CarriageError: some of it has got out, perhaps, and the rest never will.
   */
  send(lent: Lent, span: Exclude<Span, { readonly kind: 0 }>): Promise<void> {
    if (lent.gone) return Promise.reject(lent.gone);
    this.#write(lent, span);
    this.engine.send(command.HEAD_WORDS + spanWords.WORDS);
    const result = this.areas.commands[command.RESULT];
    this.#again();
    if (result === results.DONE) return Promise.resolve();
    if (result === results.GONE) return Promise.reject(new CarriageError(reasons.BY_US));
    return this.await(new Promise((resolve, reject) => lent.waiting.push({ resolve, reject })));
  }

  #write({ slot, generation }: Lent, { kind, file, offset, length }: Exclude<Span, { readonly kind: 0 }>): void {
    const { commands } = this.areas;
    commands[command.SLOT] = slot;
    commands[command.GENERATION] = generation;
    commands[command.AFTER] = layout.after.KEEP;
    commands[command.SPANS] = 1;
    const at = command.HEAD_WORDS;
    commands[at + spanWords.KIND] = kind;
    commands[at + spanWords.FILE] = file;
    commands[at + spanWords.OFFSET] = offset;
    commands[at + spanWords.LENGTH] = length;
  }

  #tick(): void {
    this.#ticking = true;
    for (let turn = 0; turn < TURNS_MAX; ++turn) {
      const count = this.engine.receive();
      if (count === 0 && this.areas.status[status.READY] === 0) break;
      for (let at = 0; at < count * sizes.eventWords; at += sizes.eventWords) this.#dispatch(this.areas.events, at);
    }
    this.#ticking = false;
    this.#again();
  }

  #dispatch(record: Int32Array, at: number): void {
    const type = record[at]!;
    const slot = record[at + 1]!;
    const lent = this.#lent[slot];
    if (type === events.SENT) {
      if (lent && lent.generation === record[at + 2]) lent.waiting.shift()?.resolve();
    } else if (type === events.CLOSED) {
      if (lent && lent.generation === record[at + 2]) this.#closed(lent, record[at + 3]!);
    } else if (type === events.OPENED) {
      this.opener.settle(slot, { error: record[at + 2]!, kind: record[at + 3]!, file: record[at + 4]!, rerooted: record[at + 5] === 1 });
    } else if (type === events.READ) {
      this.opener.settleRead(slot, record[at + 2]!);
    } else if (type === events.LEASE_BROKEN) {
      for (const heeder of this.#heeders) if (heeder.leaseBroken(slot, record[at + 2]!)) break;
    }
  }

  #closed(lent: Lent, reason: number): void {
    this.#lent[lent.slot] = undefined;
    lent.gone = new CarriageError(reason);
    for (const { reject } of lent.waiting.splice(0)) reject(lent.gone);
  }

  /** The engine has work that no edge will announce. */
  #again(): void {
    if (this.#ticking || this.areas.status[status.READY] === 0 || this.#immediate) return;
    this.#immediate = true;
    setImmediate(() => {
      this.#immediate = false;
      this.#tick();
    });
  }
}
