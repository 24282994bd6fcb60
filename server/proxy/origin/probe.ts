// Asks one origin at intervals whether it is well, on a connection of its own each time: that is a part of what is asked.
import { Attempt } from './attempt.ts';
import type { Origin } from './origin.ts';
import type { ResolvedProbe } from './options.ts';
import type { OriginRequest } from './request.ts';

const nothing = (): void => undefined;

export class Probe {
  readonly #origin: Origin;
  readonly #options: ResolvedProbe;
  readonly #judged: (good: boolean) => void;
  readonly #request: OriginRequest;
  readonly #interval: NodeJS.Timeout;
  #end: (() => void) | undefined;

  constructor(origin: Origin, options: ResolvedProbe, judged: (good: boolean) => void) {
    this.#origin = origin;
    this.#options = options;
    this.#judged = judged;
    const fields = [['Host', origin.address.authority], ['User-Agent', 'pagecast']] as const;
    this.#request = { method: 'GET', path: options.path, fields, body: undefined, idempotent: true };
    this.#interval = setInterval(() => this.#ask(), options.intervalMs).unref();
    queueMicrotask(() => this.#ask());
  }

  close(): void {
    clearInterval(this.#interval);
    this.#end?.();
    this.#end = nothing;
  }

  /** The head is enough. One at a time. */
  #ask(): void {
    if (this.#end !== undefined) return;
    const { timeoutMs, expectStatus } = this.#options;
    const connection = this.#origin.dial();
    const judge = (good: boolean): void => {
      this.#end?.();
      this.#end = undefined;
      this.#judged(good);
    };
    const attempt = new Attempt(this.#request, connection, { headTimeoutMs: timeoutMs, bodyTimeoutMs: timeoutMs }, {
      interim: nothing,
      head: (status) => judge(expectStatus === undefined ? status >= 200 && status < 400 : status === expectStatus),
      data: nothing,
      end: nothing,
      upgraded: nothing,
      failed: () => judge(false),
    });
    const timer = setTimeout(() => judge(false), timeoutMs).unref();
    this.#end = () => {
      clearTimeout(timer);
      attempt.cancel();
      void connection.destroy('probed');
    };
    attempt.start();
  }
}
