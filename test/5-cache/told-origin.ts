// An origin that says what it is told, for each path apart, in the very bytes.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/**
 * How an answer ends. 'to-end' and 'http-1.0' have no length; 'cut-off', 'cut-chunked' and 'reset' stop in mid-body; 'short' and 'long' have
 * another length than they say; 'silent' closes without an answer.
 */
export type How = 'length' | 'chunked' | 'to-end' | 'http-1.0' | 'cut-off' | 'cut-chunked' | 'bad-chunk' | 'reset' | 'long' | 'silent';

export interface Says {
  /** Default 200. */
  readonly status?: number;
  /** Lines of the head. In them `@-60` is the date of a minute ago, `@850+9` and `@asc+9` the same in the obsolete forms; `{self}` is the path of the case. */
  readonly fields?: readonly string[];
  readonly body?: string;
  readonly how?: How;
  /** Whole heads without their empty lines. */
  readonly interim?: readonly string[];
  readonly delayMs?: number;
  /** Without a Date, which each answer has else. */
  readonly undated?: true;
  /** Resolves before the answer begins. */
  readonly wait?: Promise<void>;
  /** Resolves before the second half of the body is sent. */
  readonly half?: Promise<void>;
}

/** A question as it came. */
export interface Seen {
  readonly method: string;
  readonly target: string;
  readonly fields: ReadonlyMap<string, string>;
  readonly lines: readonly string[];
  readonly content: string;
}

interface Told {
  readonly says: readonly Says[];
  readonly seen: Seen[];
}

const NOT_EXPECTED: Says = { status: 500, fields: ['Cache-Control: no-store'], body: 'the origin should not have been asked' };

export class ToldOrigin {
  readonly #server: Server;
  readonly #told = new Map<string, Told>();
  readonly #sockets = new Set<Socket>();
  /** Questions of paths that nobody told of. */
  readonly strays: Seen[] = [];

  private constructor() {
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#serve(socket));
  }

  static async listen(): Promise<ToldOrigin> {
    const origin = new ToldOrigin();
    origin.#server.listen(0, '127.0.0.1');
    await once(origin.#server, 'listening');
    return origin;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** What it says from now on under this path, to one question after the other. @returns the questions, as they come. */
  tell(path: string, says: readonly Says[]): readonly Seen[] {
    const seen: Seen[] = [];
    this.#told.set(path, { says, seen });
    return seen;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    let text = '';
    this.#sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('end', () => socket.end());
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      for (let found = questionIn(text); found; found = questionIn(text)) {
        text = text.slice(found.end);
        void this.#answer(socket, found.seen);
      }
    });
  }

  async #answer(socket: Socket, seen: Seen): Promise<void> {
    const path = /^\/[\w-]*/.exec(seen.target)?.[0] ?? '';
    const told = this.#told.get(path);
    if (!told) this.strays.push(seen);
    const says = told?.says[told.seen.push(seen) - 1] ?? NOT_EXPECTED;
    if (says.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, says.delayMs));
    if (says.wait) await says.wait;
    if (says.how === 'silent') return void socket.end();
    const { head, body, ends } = answerOf(says, seen.method, path);
    const middle = says.half || ends !== 'not' ? Math.floor(body.length / 2) : body.length;
    socket.write(head + body.slice(0, middle), 'latin1');
    if (says.half) await says.half;
    if (ends === 'reset') setTimeout(() => socket.resetAndDestroy(), 20); // behind what was written
    else if (ends === 'early') socket.end();
    else socket.write(body.slice(middle), 'latin1', () => ends === 'late' && socket.end());
  }
}

interface Composed {
  readonly head: string;
  readonly body: string;
  /** The connection: 'late' behind the body, 'early' or by 'reset' in the middle of it. */
  readonly ends: 'not' | 'late' | 'early' | 'reset';
}

function answerOf(says: Says, method: string, path: string): Composed {
  const { status = 200, fields = [], body = '', how = 'length', interim = [], undated } = says;
  const isChunked = how === 'chunked' || how === 'cut-chunked' || how === 'bad-chunk';
  const isBare = status === 204 || status === 304 || how === 'to-end' || how === 'http-1.0' || fields.some((line) => /^content-length:/i.test(line));
  const length = isChunked ? ['Transfer-Encoding: chunked'] : isBare ? [] : [`Content-Length: ${body.length - (how === 'long' ? 3 : 0)}`];
  const date = undated || fields.some((line) => /^date:/i.test(line)) ? [] : ['Date: @+0'];
  const first = `HTTP/${how === 'http-1.0' ? '1.0' : '1.1'} ${status} Told`;
  const heads = [...interim.map((one) => `${one}\r\n\r\n`), `${[first, ...date, ...fields, ...length].join('\r\n')}\r\n\r\n`].join('');
  const sent = method === 'HEAD' || status === 204 || status === 304 ? '' : isChunked ? chunked(body, how) : body;
  const ends = how === 'reset' ? 'reset' : how === 'cut-off' || how === 'cut-chunked' ? 'early' : how === 'length' || how === 'chunked' ? 'not' : 'late';
  return { head: heads.replaceAll('{self}', path).replaceAll(/@(850|asc)?([+-]\d+)/g, (_, form: string | undefined, seconds: string) => dateText(form, Number(seconds))), body: sent, ends };
}

function chunked(body: string, how: How): string {
  const half = Math.ceil(body.length / 2);
  const chunks = [body.slice(0, half), body.slice(half)].filter((piece) => piece !== '').map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`);
  return how === 'bad-chunk' ? `${chunks.join('')}zz\r\n` : `${chunks.join('')}0\r\n\r\n`;
}

/** RFC 9110 §5.6.7, in `seconds` from now. */
export function dateText(form: string | undefined, seconds: number): string {
  const text = new Date(Date.now() + seconds * 1000).toUTCString();
  if (form === undefined) return text;
  const [, day, date, month, year, time] = /^(\w+), (\d+) (\w+) (\d+) ([\d:]+) GMT$/.exec(text)!;
  if (form === 'asc') return `${day!} ${month!} ${date!.replace(/^0/, ' ')} ${time!} ${year!}`;
  const long = new Date(Date.now() + seconds * 1000).toLocaleDateString('en-US', { weekday: 'long', timeZone: 'UTC' });
  return `${long}, ${date!}-${month!}-${year!.slice(2)} ${time!} GMT`;
}

/** The first whole question in a text, and where the next one begins. */
function questionIn(text: string): { readonly seen: Seen; readonly end: number } | undefined {
  const headEnd = text.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const [first = '', ...lines] = text.slice(0, headEnd).split('\r\n');
  const [method = '', target = ''] = first.split(' ');
  const fields = new Map<string, string>();
  for (const line of lines) {
    const [name, value] = [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()];
    const before = fields.get(name);
    fields.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  const start = headEnd + 4;
  const stop = fields.get('transfer-encoding') === 'chunked' ? text.indexOf('0\r\n\r\n', start) + 5 : start + Number(fields.get('content-length') ?? 0);
  if (stop < start || text.length < stop) return undefined;
  return { seen: { method, target, fields, lines, content: text.slice(start, stop) }, end: stop };
}
