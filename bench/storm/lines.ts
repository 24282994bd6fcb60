/** The lines that a process says, one at a time. */
import { createInterface } from 'node:readline';
import { sleep, type Launched } from '../processes.ts';

export class Lines {
  readonly #process: Launched;
  readonly #lines: AsyncIterator<string>;

  constructor(process: Launched) {
    this.#process = process;
    this.#lines = createInterface({ input: process.stdout })[Symbol.asyncIterator]();
  }

  /** @throws when the process ends first, with its last words, or when `deadlineMs` pass. */
  async next(deadlineMs: number): Promise<string> {
    const late = new AbortController();
    const line = await Promise.race([this.#lines.next(), sleepUnless(deadlineMs, late.signal)]);
    late.abort();
    if (line === null) throw new Error(`no word within ${deadlineMs} ms: ${this.#process.lastWords}`);
    if (line.done !== true) return line.value;
    await this.#process.ended;
    throw new Error(`ended without a word: ${this.#process.lastWords}`);
  }
}

/** Null after `ms`; the timer goes with the signal. */
function sleepUnless(ms: number, signal: AbortSignal): Promise<null> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), ms);
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });
}

/** Waits for its end, then ends it by force. Returns whether it ended by itself. */
export async function untilEnded(process: Launched, deadlineMs: number): Promise<boolean> {
  const inTime = await Promise.race([process.ended.then(() => true), sleep(deadlineMs).then(() => false)]);
  if (!inTime) {
    process.signal('SIGKILL');
    await process.ended;
  }
  return inTime;
}
