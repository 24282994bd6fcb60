/**
 * The policies of a worker: the one in force, one that is prepared, and those that were in force and are not done yet.
 *
 * Which one is in force is a number that all threads share. Each worker looks at it behind every receive(): what has come in after the
 * number was changed is answered by the new policy, on whatever worker. So no answer by the old one is to a request that was sent after
 * somebody had an answer by the new one.
 */
import type { Counts } from '../messages.ts';
import type { Policy } from './policy.ts';

/** For files that both have: what was read and hashed of them is found by the new policy while the old one holds it; in milliseconds. */
const FILES_HELD_MS = 2000;
/** How often a policy that is not in force any more is asked whether it is done, in milliseconds: nobody waits for that. */
const DONE_EVERY_MS = 100;

/** What a worker was told of itself when it began. */
export interface Committed {
  /** The number in force: one Int32. */
  readonly shared: SharedArrayBuffer;
  readonly generation: number;
}

export class Policies {
  readonly #number: Int32Array;
  readonly #adopt: (policy: Policy) => void;
  #current: Policy;
  #next: Policy | undefined;
  readonly #retired = new Map<Policy, NodeJS.Timeout>();
  /** Of those that are gone. */
  #sitesBefore: Counts = {};
  #proxiesBefore: Counts = {};

  /** @param adopt puts a policy into force in the loop. */
  constructor(first: Policy, shared: SharedArrayBuffer, adopt: (policy: Policy) => void) {
    this.#current = first;
    this.#number = new Int32Array(shared);
    this.#adopt = adopt;
  }

  get current(): Policy {
    return this.#current;
  }

  /** To be put into force when its number is. */
  prepare(policy: Policy): void {
    this.#next?.close();
    this.#next = policy;
  }

  /** Nothing becomes of what was prepared. */
  abandon(): void {
    this.#next?.close();
    this.#next = undefined;
  }

  /** Looks at the number in force. Behind receive(), and before anything that has come in is looked at. */
  look(): void {
    const next = this.#next;
    if (next === undefined || Atomics.load(this.#number, 0) !== next.generation) return;
    const before = this.#current;
    this.#current = next;
    this.#next = undefined;
    this.#adopt(next);
    this.#retire(before);
  }

  leaseBroken(file: number, answers: number): void {
    if (this.#all().some((policy) => policy.leaseBroken(file, answers))) return;
    this.#current.sites[0]?.lookup.leaseBroken(file, answers); // let go a moment ago
  }

  /** Closes files that are in private memory: so many bytes of them, in each folder. */
  shed(bytes: number): void {
    for (const { sites } of this.#all()) for (const { lookup } of sites) lookup.shedPrivate(bytes);
  }

  /** Everything that counts, those that are gone among it: sums never go back. */
  sites(): readonly { counts(): Counts }[] {
    return [...this.#all().flatMap(({ sites }) => sites), { counts: () => this.#sitesBefore }];
  }

  /** The same. States are those of the policy in force. */
  proxies(): readonly (Pick<Policy['proxies'][number], 'states'> & { counts(): Counts })[] {
    const nobody = (): readonly never[] => [];
    const retired = [...this.#retired.keys()].flatMap(({ proxies }) => proxies).map((proxy) => ({ counts: () => proxy.counts(), states: nobody }));
    return [...this.#current.proxies, ...retired, { counts: () => this.#proxiesBefore, states: nobody }];
  }

  /** Of the one in force, and of all that were. */
  close(): void {
    this.abandon();
    for (const policy of [...this.#retired.keys()]) this.#end(policy);
    this.#current.close();
  }

  #all(): Policy[] {
    return [this.#current, ...this.#retired.keys()];
  }

  #retire(policy: Policy): void {
    const sinceMs = performance.now();
    this.#retired.set(policy, setInterval(() => {
      if (performance.now() - sinceMs < FILES_HELD_MS) return;
      policy.closeFiles();
      if (policy.isIdle) this.#end(policy);
    }, DONE_EVERY_MS).unref());
  }

  #end(policy: Policy): void {
    clearInterval(this.#retired.get(policy));
    this.#retired.delete(policy);
    policy.close();
    this.#sitesBefore = summed([{ counts: () => this.#sitesBefore }, ...policy.sites]);
    this.#proxiesBefore = summed([{ counts: () => this.#proxiesBefore }, ...policy.proxies]);
  }
}

export function summed(parts: readonly { counts(): Counts }[]): Record<string, number> {
  const all: Record<string, number> = {};
  for (const part of parts) for (const [name, count] of Object.entries(part.counts())) all[name] = (all[name] ?? 0) + count;
  return all;
}
