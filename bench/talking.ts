/** A process that says a line when it is ready, and another one for each that it is told. */
import { createInterface } from 'node:readline';
import { Launched, type Placement, type Scope } from './processes.ts';

const WITHIN_MS = 60_000;

export class Talking {
  readonly #process: Launched;
  readonly #lines: AsyncIterator<string>;
  readonly #name: string;

  /** @param name of whom it is, for whoever reads why it failed. */
  constructor(scope: Scope, name: string, command: readonly string[], placement: Placement) {
    this.#name = name;
    this.#process = new Launched(scope, command, placement);
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** What it says next. @throws when it ends, or takes more than a minute: it is ended then. */
  async heard(): Promise<string> {
    const deadline = setTimeout(() => this.#process.signal('SIGKILL'), WITHIN_MS);
    const line = await this.#lines.next();
    clearTimeout(deadline);
    if (line.done === true) throw new Error(`${this.#name} ended: ${this.#process.lastWords || 'too slow'}`);
    return line.value;
  }

  /** @throws as heard(). */
  ask(line: string): Promise<string> {
    this.#process.stdin.write(`${line}\n`);
    return this.heard();
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }
}
