// SIGHUP: to a daemon it says that its configuration has changed, to a program on a terminal that the terminal is gone.
import { closeSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';

const STANDARD = [0, 1, 2];

/** Whether the terminal that this process was started on is gone. One that was started apart from it (nohup, setsid, a service manager) has none. */
export class TerminalWatch {
  readonly #hadOne = STANDARD.some((fd) => isatty(fd)) && hasTerminal();

  get isGone(): boolean {
    return this.#hadOne && !hasTerminal();
  }
}

/** A controlling one, tty(4): it cannot be opened any more when it was hung up. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
