// Somebody else on this machine who writes to a file of the site, in place.
import { writerStates, type World, type WriterStateName } from './world.ts';

export class Writer {
  readonly #world: World;
  readonly #number: number;

  constructor(world: World, path: string, { truncates = false, patient = true } = {}) {
    this.#world = world;
    this.#number = world.openForWriting(path, truncates, patient);
  }

  is(state: WriterStateName): boolean {
    return this.#world.writerState(this.#number) === writerStates[state];
  }

  write(bytes: Uint8Array, offset = 0): void {
    this.#world.write(this.#number, offset, bytes);
  }

  truncate(size: number): void {
    this.#world.truncateTo(this.#number, size);
  }

  close(): void {
    this.#world.closeWriter(this.#number);
  }

  /** All of it, which is now this. */
  replace(content: Uint8Array): void {
    this.write(content);
    this.truncate(content.length);
    this.close();
  }
}
