// The operator's log: pino, on standard error, loaded when there is something to say. Each kind of report is said at
// most once a second; how many were not said is told with the next.
import type { Logger } from 'pino';
import type { ServerReport } from '../index.ts';
import type { LogLevel } from './level.ts';

const EVERY_MS = 1000;
/** pino's number. */
const WARNING = 40;

export class OperatorLog {
  readonly #terminal: boolean;
  readonly #said = new Map<string, { atMs: number; suppressed: number }>();
  #logger: Promise<Logger> | undefined;
  /** Of what is told from now on. */
  level: LogLevel = 'info';

  /** @param terminal one readable line each; else JSON. */
  constructor(terminal: boolean) {
    this.#terminal = terminal;
  }

  report(report: ServerReport): void {
    const nowMs = Date.now();
    const said = this.#said.get(report.name) ?? { atMs: -Infinity, suppressed: 0 };
    this.#said.set(report.name, said);
    if (nowMs - said.atMs < EVERY_MS) {
      said.suppressed += 1;
      return;
    }
    const suppressed = said.suppressed > 0 ? { suppressed: said.suppressed } : {};
    said.atMs = nowMs;
    said.suppressed = 0;
    this.warn(report.message, { event: report.name, ...report.facts, ...suppressed });
  }

  warn(message: string, facts: Readonly<Record<string, string | number>> = {}): void {
    void this.#load().then((logger) => logger.warn(facts, message));
  }

  info(message: string, facts: Readonly<Record<string, string | number>> = {}): void {
    void this.#load().then((logger) => logger.info(facts, message));
  }

  async #load(): Promise<Logger> {
    const { level } = this; // as it is when something is told
    const logger = await this.#open();
    logger.level = level;
    return logger;
  }

  #open(): Promise<Logger> {
    return (this.#logger ??= import('pino').then(({ pino }) => {
      if (!this.#terminal) return pino({ name: 'pagecast' }, pino.destination({ dest: 2, sync: true }));
      return pino({ base: null, timestamp: false }, { write: (line: string) => void process.stderr.write(readable(line)) });
    }));
  }
}

/** A pino line as a person reads it. */
function readable(line: string): string {
  const { msg, level, ...facts } = JSON.parse(line) as { msg: string; level: number } & Record<string, unknown>;
  const told = Object.entries(facts).map(([name, value]) => `${name}=${JSON.stringify(value)}`);
  return `${level >= WARNING ? '\x1b[33mwarning\x1b[0m ' : ''}${msg}${told.length > 0 ? ` \x1b[2m(${told.join(' ')})\x1b[0m` : ''}\n`;
}
