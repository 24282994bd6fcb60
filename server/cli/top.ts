// `pagecast top`: a running server, once a second, in a terminal; once, as text or JSON, where there is none.
import type { Snapshot, Status } from '../control/backend.ts';
import { History } from '../control/dashboard/history.ts';
import { askControl, controlEvents, ControlError, type Endpoint } from './control-client.ts';
import type { ControlCommandOptions } from './control-verbs.ts';
import { screenOf, type Seen } from './top-screen.ts';

const RETRY_MS = 2000;
const EVENTS_KEPT = 20;
const FACT_CHARACTERS_MAX = 120;
const PLAIN_COLUMNS = 100;

/** The alternate screen, without a cursor, and back. */
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
/** A terminal that knows it shows nothing between these two (synchronized output); the others know to ignore it. */
const [HOLD, SHOW] = ['\x1b[?2026h', '\x1b[?2026l'];
/** q, or Ctrl-C where the terminal makes no signal of it. */
const QUIT = /[qQ\x03]/;

interface Happened {
  readonly time: string;
  readonly name: string;
  readonly message: string;
  readonly facts: Readonly<Record<string, string | number>>;
}

/** @throws ControlError where the server cannot be asked in the first place. */
export async function top(endpoint: Endpoint, token: string | undefined, options: ControlCommandOptions): Promise<void> {
  const watching = new Watching(endpoint, token);
  if (process.stdout.isTTY && !options.json) await watchOn(watching, options);
  else await tellOnce(watching, options);
}

/** What is known of the server, and goes on to be. */
class Watching {
  readonly #endpoint: Endpoint;
  readonly #token: string | undefined;
  readonly #history = new History();
  readonly #events: string[] = [];
  #status: Status | undefined;
  #snapshot: Snapshot | undefined;
  #trouble = '';

  constructor(endpoint: Endpoint, token: string | undefined) {
    this.#endpoint = endpoint;
    this.#token = token;
  }

  /** Undefined: nothing is known yet. */
  get seen(): Seen | undefined {
    if (!this.#status || !this.#snapshot) return undefined;
    return { status: this.#status, snapshot: this.#snapshot, figures: this.#history.latest, points: this.#history.points, events: this.#events, trouble: this.#trouble };
  }

  /** Until the stream ends. @param changed called with each event. @throws ControlError */
  async read(signal: AbortSignal, changed: () => void): Promise<void> {
    this.#status = (await askControl(this.#endpoint, { method: 'GET', path: '/api/v1/status' }, this.#token)) as Status;
    for await (const { name, data } of controlEvents(this.#endpoint, this.#token, signal)) {
      this.#trouble = '';
      if (name === 'report') this.#happened(data as Happened);
      if (name === 'snapshot') {
        this.#snapshot = data as Snapshot;
        this.#history.add(this.#snapshot.metrics);
      }
      changed();
    }
  }

  cutOff(why: string): void {
    this.#trouble = `cut off, asked again every ${RETRY_MS / 1000} s: ${why}`;
  }

  #happened({ time, name, message, facts }: Happened): void {
    const told = Object.entries(facts).map(([fact, value]) => `${fact} ${String(value).split('\n')[0]!.slice(0, FACT_CHARACTERS_MAX)}`).join(', ');
    this.#events.unshift(`${time.slice(11, 19)}  ${name}  ${told === '' ? message : told}`);
    this.#events.splice(EVENTS_KEPT);
  }
}

async function tellOnce(watching: Watching, { json, write }: ControlCommandOptions): Promise<void> {
  const ending = new AbortController();
  await watching.read(ending.signal, () => watching.seen?.figures && ending.abort());
  const { seen } = watching;
  if (!seen?.figures) throw new ControlError('the server ended before it told anything');
  const { status, snapshot, figures } = seen;
  if (json) write(`${JSON.stringify({ status, figures, snapshot }, undefined, 2)}\n`);
  else write(`${screenOf(seen, { columns: PLAIN_COLUMNS, rows: undefined, colour: false }).join('\n').trimEnd()}\n`);
}

async function watchOn(watching: Watching, { colour, write }: ControlCommandOptions): Promise<void> {
  const ending = new AbortController();
  const end = (): void => ending.abort();
  const draw = (): void => {
    const { columns, rows } = process.stdout;
    const lines = watching.seen ? screenOf(watching.seen, { columns, rows, colour }) : ['waiting for the server'];
    write(`${HOLD}\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J${SHOW}`);
  };
  const leave = enter(end, draw, write);
  try {
    await watchUntil(ending.signal, watching, draw);
  } finally {
    leave();
  }
}

/** Once the server has answered, it is asked again whenever it does not. @throws ControlError */
async function watchUntil(signal: AbortSignal, watching: Watching, draw: () => void): Promise<void> {
  while (!signal.aborted) {
    try {
      await watching.read(signal, draw);
      watching.cutOff('the server has ended the stream');
    } catch (error) {
      if (!(error instanceof ControlError) || !watching.seen) throw error;
      watching.cutOff(error.message);
    }
    draw();
    await pause(RETRY_MS, signal);
  }
}

/** @returns what leaves the terminal as it was. */
function enter(end: () => void, draw: () => void, write: (text: string) => void): () => void {
  const { stdin, stdout } = process;
  const press = (keys: Buffer): void => {
    if (QUIT.test(keys.toString('latin1'))) end();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, end);
  stdout.on('resize', draw);
  if (stdin.isTTY) stdin.setRawMode(true).on('data', press).resume();
  write(`${ENTER}\x1b[2J`);
  return () => {
    for (const signal of signals) process.off(signal, end);
    stdout.off('resize', draw);
    if (stdin.isTTY) stdin.setRawMode(false).off('data', press).pause();
    write(LEAVE);
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms);
    if (signal.aborted) done();
    else signal.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    }
  });
}
