// One deadline a connection, in a typed array by slot: what it is waited for, and until when. A sweep a few times a
// second finds those that passed; setting one costs two stores.
import type { LoopLimits } from './limits.ts';

export const WAIT_NOTHING = 0; // an exchange is looking something up: it bounds itself
export const WAIT_FIRST = 1;   // connected, no byte of a request yet
export const WAIT_HEAD = 2;    // part of a head is there
export const WAIT_BODY = 3;
export const WAIT_IDLE = 4;    // between two requests
export const WAIT_SEND = 5;    // the peer takes no bytes; the deadline moves with progress
export const WAIT_LINGER = 6;  // everything is sent, the peer has not closed yet
export const WAIT_TUNNEL = 7;  // the protocol was changed; the deadline moves with every byte, whichever way it goes
export const WAIT_STREAMS = 8; // requests of HTTP/2 are under way: they have deadlines of their own, which are looked at

/** How many waits there are. */
export const WAITS = 9;
const STREAMS_LOOK_MS = 1000;

/** How long each of them may last, by wait. */
export function setWaits(waitsMs: Float64Array, limits: LoopLimits): void {
  waitsMs[WAIT_FIRST] = waitsMs[WAIT_HEAD] = limits.headTimeoutMs;
  waitsMs[WAIT_BODY] = limits.bodyTimeoutMs;
  waitsMs[WAIT_IDLE] = limits.idleTimeoutMs;
  waitsMs[WAIT_SEND] = limits.sendTimeoutMs;
  waitsMs[WAIT_LINGER] = limits.lingerTimeoutMs;
  waitsMs[WAIT_TUNNEL] = limits.tunnelIdleTimeoutMs;
  waitsMs[WAIT_STREAMS] = STREAMS_LOOK_MS;
}

export class Deadlines {
  readonly #untilMs: Float64Array;
  readonly #waits: Uint8Array;
  #slotsUsed = 0;

  constructor(slots: number) {
    this.#untilMs = new Float64Array(slots);
    this.#waits = new Uint8Array(slots);
  }

  set(slot: number, wait: number, untilMs: number): void {
    this.#waits[slot] = wait;
    this.#untilMs[slot] = untilMs;
    if (slot >= this.#slotsUsed) this.#slotsUsed = slot + 1;
  }

  clear(slot: number): void {
    this.#waits[slot] = WAIT_NOTHING;
  }

  waitOf(slot: number): number {
    return this.#waits[slot]!;
  }

  /** Whether any deadline has passed. */
  isOverdue(nowMs: number): boolean {
    for (let slot = 0; slot < this.#slotsUsed; ++slot) {
      if (this.#waits[slot] !== WAIT_NOTHING && this.#untilMs[slot]! <= nowMs) return true;
    }
    return false;
  }

  /** Slots that wait for this, as they are now. */
  waitingFor(wait: number): number[] {
    const slots: number[] = [];
    for (let slot = 0; slot < this.#slotsUsed; ++slot) if (this.#waits[slot] === wait) slots.push(slot);
    return slots;
  }

  /** Slots whose deadline has passed, with what they waited for. `expired` may set new ones. */
  sweep(nowMs: number, expired: (slot: number, wait: number) => void): void {
    for (let slot = 0; slot < this.#slotsUsed; ++slot) {
      const wait = this.#waits[slot]!;
      if (wait !== WAIT_NOTHING && this.#untilMs[slot]! <= nowMs) expired(slot, wait);
    }
  }

  /** The slots that have been idle longest, at most `count`; `waitsMs`: how long each wait may last, by wait. */
  oldestIdle(count: number, waitsMs: Float64Array): number[] {
    const sinceMs = (slot: number): number => this.#untilMs[slot]! - waitsMs[this.#waits[slot]!]!;
    const idle: number[] = [];
    for (let slot = 0; slot < this.#slotsUsed; ++slot) {
      const wait = this.#waits[slot]!;
      if (wait === WAIT_IDLE || wait === WAIT_FIRST) idle.push(slot);
    }
    return idle.sort((a, b) => sinceMs(a) - sinceMs(b)).slice(0, count);
  }
}
