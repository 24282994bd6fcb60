// What a service manager is told of this process: sd_notify(3), over the socket that it names. Without one, nobody.
import { getSystemErrorName } from 'node:util';
import { native } from '../native/index.ts';

/** Told at least twice in the time after which it would end us, sd_watchdog_enabled(3). */
const SIGNS_OF_LIFE = 2;
const US_PER_MS = 1000;
const WATCHDOG_US_MAX = 2 ** 40;

/** Of one process. Nothing here throws: a service manager that hears nothing is no reason not to serve. */
export class Notifier {
  #socket: string;
  readonly #failed: (error: string) => void;
  readonly #watchdogMs: number;
  #timer: NodeJS.Timeout | undefined;

  /** @param failed is told, as an errno, of what could not be sent. */
  constructor(environment: Readonly<NodeJS.ProcessEnv>, pid: number, failed: (error: string) => void) {
    const { NOTIFY_SOCKET = '', WATCHDOG_USEC: period = '', WATCHDOG_PID: watched = String(pid) } = environment;
    this.#socket = NOTIFY_SOCKET;
    this.#failed = failed;
    const periodUs = /^\d{1,15}$/.test(period) && watched === String(pid) ? Number(period) : 0;
    this.#watchdogMs = Math.floor(Math.min(periodUs, WATCHDOG_US_MAX) / US_PER_MS / SIGNS_OF_LIFE);
  }

  /** It serves. From now on there are signs of life, where the service manager wants them. */
  ready(status: string): void {
    this.#send('READY=1', `STATUS=${oneLine(status)}`);
    if (this.#watchdogMs > 0 && this.#timer === undefined) {
      this.#send('WATCHDOG=1');
      this.#timer = setInterval(() => this.#send('WATCHDOG=1'), Math.max(1, this.#watchdogMs)).unref();
    }
  }

  /** A configuration is loaded, or another process takes our place: ready() or handedOver() is to follow. */
  reloading(status: string): void {
    // Type=notify-reload compares the time with that of its own signal: CLOCK_MONOTONIC, as hrtime is.
    this.#send('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`, `STATUS=${oneLine(status)}`);
  }

  /** It ends. */
  stopping(status: string): void {
    this.#send('STOPPING=1', `STATUS=${oneLine(status)}`);
  }

  /** Another process is the service from now on: it is heard next, and we are not any more (NotifyAccess=main). */
  handedOver(pid: number): void {
    this.#send(`MAINPID=${pid}`);
    clearInterval(this.#timer);
    this.#socket = '';
  }

  #send(...lines: readonly string[]): void {
    if (this.#socket === '') return;
    const result = native.notify(this.#socket, `${lines.join('\n')}\n`);
    if (result < 0) this.#failed(getSystemErrorName(result));
  }
}

/** What follows the end of a line would be another variable. */
function oneLine(text: string): string {
  return text.replace(/[\0-\x1f\x7f]+/g, ' ');
}
