// The listeners that a worker waits on. They are main's: what it does not wait on any more is main's to close.
import { getSystemErrorName } from 'node:util';
import type { Engine } from '../native/index.ts';
import type { BorrowedListener } from './messages.ts';
import { PLAIN, type Service } from './services.ts';

export class Borrowed {
  readonly #engine: Engine;
  /** The engine's numbers by descriptor. */
  readonly #numbers = new Map<number, number>();
  /** By the engine's numbers. */
  readonly #services: Service[] = [];

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Waits on those that it does not wait on yet; what is spoken on the others may be another. @throws where one cannot be waited on */
  add(listeners: readonly BorrowedListener[]): void {
    for (const { fd, shared, service } of listeners) {
      const number = this.#numbers.get(fd) ?? this.#engine.listen(fd, shared);
      if (number < 0) throw new Error(`a worker cannot wait on listener ${fd}: ${getSystemErrorName(number)}`);
      this.#numbers.set(fd, number);
      this.#services[number] = service;
    }
  }

  /** @param listener the engine's number of it. */
  serviceOf(listener: number): Service {
    return this.#services[listener] ?? PLAIN;
  }

  /** Whether there are others than these. */
  hasMoreThan(listeners: readonly BorrowedListener[]): boolean {
    return this.#others(listeners).length > 0;
  }

  /** All but these. */
  leaveOthers(listeners: readonly BorrowedListener[] = []): void {
    for (const fd of this.#others(listeners)) {
      this.#engine.unlisten(this.#numbers.get(fd)!);
      this.#numbers.delete(fd);
    }
  }

  #others(listeners: readonly BorrowedListener[]): number[] {
    return [...this.#numbers.keys()].filter((fd) => !listeners.some((one) => one.fd === fd));
  }
}
