// Where access log blocks go: sonic-boom writes them in the background. When the disk is full or a pipe is not read,
// lines are dropped and counted; serving goes on. Node has made a pipe or socket on standard output nonblocking.
import sonic from 'sonic-boom'; // CommonJS: it has no named exports

/** Bytes that wait to be written before lines are dropped. */
const WAITING_BYTES_MAX = 8 << 20;
/** Without a byte taken, at the end, before the last lines are given up; in milliseconds. */
const STUCK_AFTER_MS = 1000;

export class LogDestination {
  readonly #boom: sonic.SonicBoom;
  #dropped = 0;
  #ending: Promise<void> | undefined;

  /**
   * @param file undefined: standard output.
   * @param onFault told of the first lost block, and of each error of the file.
   * @throws where the file cannot be opened.
   */
  constructor(file: string | undefined, onFault: (message: string, facts: Readonly<Record<string, string | number>>) => void) {
    this.#boom = new sonic.SonicBoom({ ...(file === undefined ? { fd: 1 } : { dest: file, append: true, mkdir: true }), sync: false, maxLength: WAITING_BYTES_MAX });
    this.#boom.on('error', (error: Error) => onFault('the access log cannot be written', { error: error.message }));
    this.#boom.on('drop', () => {
      this.#dropped += 1;
      onFault('access log lines are dropped: what takes them is too slow', { blocks: this.#dropped });
    });
  }

  write(block: string): void {
    this.#boom.write(block);
  }

  /** Closes and opens the file by its name again, after it was moved away. @param file another one in its place. */
  reopen(file?: string): void {
    this.#boom.reopen(file);
  }

  /** Resolves when everything is written, or cannot be, or nothing was taken for STUCK_AFTER_MS. May be called again. */
  end(): Promise<void> {
    return (this.#ending ??= new Promise((resolve) => {
      this.#boom.once('close', resolve);
      this.#boom.once('error', () => resolve());
      const stuck = setTimeout(resolve, STUCK_AFTER_MS);
      this.#boom.on('write', () => stuck.refresh());
      this.#boom.end();
    }));
  }
}
