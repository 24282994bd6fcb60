/**
 * A worker's part of a reload:
 *
 *   main                                    worker
 *   prepare ──────────────────────────────> makes the policy beside the one in force
 *                    <─── prepared, or why not
 *   all have: the number in force, commit > takes it into force, waits on other listeners
 *                    <─── committed
 *   else: abandon ────────────────────────> gives it back
 */
import type { Functions } from '../config/functions.ts';
import type { Borrowed } from '../borrowed.ts';
import type { BorrowedListener, FromWorker, PolicyData } from '../messages.ts';
import type { Loop } from '../loop.ts';
import type { StoreLink } from '../proxy/shared.ts';
import type { Policies } from './policies.ts';
import type { PolicyMaker } from './policy-maker.ts';

export interface ChangeParts {
  readonly policies: Policies;
  readonly maker: PolicyMaker;
  readonly loop: Loop;
  readonly borrowed: Borrowed;
  readonly functionsOf: (data: PolicyData) => Promise<Functions>;
  readonly linkOf: (data: PolicyData) => StoreLink | undefined;
  readonly tell: (message: FromWorker) => void;
}

export class Change {
  readonly #parts: ChangeParts;
  /** What is being prepared, or is. */
  #data: PolicyData | undefined;

  constructor(parts: ChangeParts) {
    this.#parts = parts;
  }

  prepare(data: PolicyData): void {
    const { generation } = data;
    this.#data = data;
    this.#make(data).then(
      () => this.#parts.tell({ type: 'prepared', generation, fault: undefined }),
      (error: unknown) => this.#parts.tell({ type: 'prepared', generation, fault: error instanceof Error ? error.message : String(error) }),
    );
  }

  abandon(): void {
    this.#data = undefined;
    this.#parts.policies.abandon();
  }

  /** @param listeners all that there are from now on. */
  commit(generation: number, listeners: readonly BorrowedListener[]): void {
    const { policies, loop, borrowed, tell } = this.#parts;
    policies.look();
    // Who is in the queue of one that goes has connected to us.
    if (borrowed.hasMoreThan(listeners)) loop.catchUp();
    borrowed.leaveOthers(listeners);
    borrowed.add(listeners);
    tell({ type: 'committed', generation });
  }

  async #make(data: PolicyData): Promise<void> {
    const { policies, maker, functionsOf, linkOf } = this.#parts;
    const { generation, options } = data;
    const functions = await functionsOf(data);
    if (this.#data !== data) return; // abandoned meanwhile
    policies.prepare(maker.make({ generation, options, functions, store: linkOf(data) }));
  }
}
