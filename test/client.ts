// The tests' client: a raw socket and a strict reader. It sends exactly what it is told, in the pieces it is told, and
// notices bytes that nobody asked for, ends that come too early, and resets.
import { connect, type Socket } from 'node:net';
import { connect as secure, type ConnectionOptions } from 'node:tls';
import { BadReply, framingOf, readChunked, readHead, type Reply, type ReplyHead } from './reply.ts';

export type { Reply } from './reply.ts';
export { BadReply } from './reply.ts';

/** How a connection ended. */
export type End = 'closed' | 'reset';

/** The connection ended in the middle of an answer. */
export class Broken extends Error {
  override readonly name = 'Broken';
  readonly how: End;
  /** Of the answer that was not finished. */
  readonly bytes: Buffer;
  constructor(how: End, bytes: Buffer) {
    super(`${how} after ${bytes.length} bytes of an answer`);
    this.how = how;
    this.bytes = bytes;
  }
}

/** `{ host, port }`, port -1: a unix socket. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

export class Client {
  readonly socket: Socket;
  #chunks: Buffer[] = [];
  #length = 0;
  #ended: End | undefined;
  #waiting: (() => void) | undefined;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => {
      this.#chunks.push(chunk);
      this.#length += chunk.length;
      this.#wake();
    });
    socket.on('end', () => this.#tellApart());
    socket.on('error', () => this.#over('reset'));
    socket.on('close', () => this.#over('reset'));
  }

  static open(place: Place): Promise<Client> {
    return new Promise((resolve, reject) => {
      const where = place.port < 0 ? { path: place.host } : { host: place.host, port: place.port, noDelay: true };
      const socket = connect({ ...where, allowHalfOpen: true });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Client(socket));
      });
    });
  }

  /** The same over TLS. Nothing is verified unless told. @throws where the handshake fails */
  static async openSecure(place: Place, options: ConnectionOptions = {}): Promise<Client> {
    const where = place.port < 0 ? { path: place.host } : { host: place.host, port: place.port };
    const halfOpen: object = { allowHalfOpen: true }; // which its types do not know of
    const socket = secure({ rejectUnauthorized: false, ...where, ...options, ...halfOpen });
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('closed in the middle of the handshake')));
    });
    return new Client(socket);
  }

  /** Bytes that have come and were not read yet. */
  get unread(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)];
    return this.#chunks[0] ?? Buffer.alloc(0);
  }

  get received(): number {
    return this.#length;
  }

  /** Sends bytes (text is latin1). Resolves when the kernel has them, or cannot take them any more. */
  send(bytes: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => {
      this.socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes, () => resolve());
    });
  }

  /** No more will be sent (FIN); answers are still read. */
  finish(): void {
    this.socket.end();
  }

  /** The next answer. @throws Broken, BadReply */
  async reply(method = 'GET'): Promise<Reply> {
    const head = await this.head();
    const framing = framingOf(head, method);
    if (framing === 'chunked') {
      for (let found = readChunked(this.unread, head.end); ; found = readChunked(this.unread, head.end)) {
        if (found) return this.#taken(head, found.body, found.end, false);
        await this.#more();
      }
    }
    while (framing === 'end' ? this.#ended === undefined : this.#length < head.end + framing) await this.#more();
    const end = framing === 'end' ? this.#length : head.end + framing;
    return this.#taken(head, this.unread.subarray(head.end, end), end, framing === 'end');
  }

  /** The next answer's head, without taking it. */
  async head(): Promise<ReplyHead> {
    for (let head = readHead(this.unread, 0); ; head = readHead(this.unread, 0)) {
      if (head) return head;
      await this.#more();
    }
  }

  /** How the connection ends; answers in between are not looked at. */
  async end(): Promise<End> {
    while (this.#ended === undefined) await this.#sleep();
    return this.#ended;
  }

  /** The connection ends in good order, and not a byte comes before that. @throws BadReply, Broken */
  async nothingMore(): Promise<void> {
    const how = await this.end();
    if (this.#length > 0) throw new BadReply(`${this.#length} bytes that belong to no answer: ${JSON.stringify(this.unread.toString('latin1', 0, 80))}`);
    if (how === 'reset') throw new Broken(how, this.unread);
    this.destroy();
  }

  destroy(): void {
    this.socket.destroy();
  }

  /** Ends with RST. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  #taken(head: ReplyHead, body: Buffer, end: number, untilEnd: boolean): Reply {
    const rest = this.unread.subarray(end);
    this.#chunks = rest.length > 0 ? [rest] : [];
    this.#length = rest.length;
    const { status, reason, fields, names } = head;
    return { status, reason, fields, names, body, untilEnd };
  }

  async #more(): Promise<void> {
    if (this.#ended !== undefined) throw new Broken(this.#ended, this.unread);
    await this.#sleep();
  }

  #sleep(): Promise<void> {
    return new Promise((resolve) => (this.#waiting = resolve));
  }

  /** libuv reports a reset that comes after data as an end in good order; writing still tells them apart. */
  #tellApart(): void {
    if (this.socket.writableEnded) this.#over('closed');
    else this.socket.write('\n', (error) => this.#over(error ? 'reset' : 'closed'));
  }

  #over(how: End): void {
    this.#ended ??= how;
    this.#wake();
  }

  #wake(): void {
    this.#waiting?.();
    this.#waiting = undefined;
  }
}

export interface Asked {
  readonly method?: string;
  readonly fields?: Readonly<Record<string, string>>;
}

export function requestText(target: string, { method = 'GET', fields = {} }: Asked = {}): string {
  const lines = Object.entries({ Host: 'localhost', ...fields }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`;
}

/** One request on a connection of its own, which the server closes in good order with nothing behind the answer. */
export async function ask(place: Place, target: string, asked: Asked = {}): Promise<Reply> {
  const client = await Client.open(place);
  await client.send(requestText(target, { ...asked, fields: { ...asked.fields, Connection: 'close' } }));
  const reply = await client.reply(asked.method);
  await client.nothingMore();
  return reply;
}
