/**
 * A raw HTTP/1.1 client, one connection, one request at a time. Raw, because the bench must count the bytes of a head and
 * see whether a connection was kept; it accepts only what the contenders should send: a status line, fields, Content-Length.
 */
import { connect, type Socket } from 'node:net';
import { connect as connectSecurely } from 'node:tls';

const HEAD_END = Buffer.from('\r\n\r\n');
const ANSWER_TIMEOUT_MS = 5000;

export interface Address {
  readonly host: string;
  readonly port: number;
  /** TLS is spoken there, by a certificate that this run has made (certificate.ts). */
  readonly secure?: boolean;
}

export function urlOf({ host, port, secure = false }: Address): string {
  return `${secure ? 'https' : 'http'}://${host}:${port}`;
}

export interface Answer {
  readonly status: number;
  /** Names in lower case. */
  readonly fields: ReadonlyMap<string, string>;
  readonly head: Buffer;
  readonly body: Buffer;
}

interface Waiting {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/** A request head for `target`; `extra` holds whole field lines without their line ends. */
export function requestHead(address: Address, target: string, extra: readonly string[] = []): string {
  return [`GET ${target} HTTP/1.1`, `Host: ${address.host}:${address.port}`, ...extra, '', ''].join('\r\n');
}

function parseHead(head: Buffer): { status: number; fields: Map<string, string> } {
  const [statusLine = '', ...lines] = head.toString('latin1').trimEnd().split('\r\n');
  const match = /^HTTP\/1\.1 (\d{3}) /.exec(statusLine);
  if (match === null) throw new Error(`not a status line: ${JSON.stringify(statusLine)}`);
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { status: Number(match[1]), fields };
}

/** The answer at the front of `bytes`, or null while it is incomplete. */
function takeAnswer(bytes: Buffer): Answer | null {
  const end = bytes.indexOf(HEAD_END);
  if (end < 0) return null;
  const head = bytes.subarray(0, end + HEAD_END.length);
  const { status, fields } = parseHead(head);
  // RFC 9112 §6.3: a 304 has no body, whatever its Content-Length says.
  const length = status === 304 ? '0' : fields.get('content-length');
  if (length === undefined || !/^\d+$/.test(length)) throw new Error(`status ${status} without a usable Content-Length`);
  const size = head.length + Number(length);
  return bytes.length < size ? null : { status, fields, head, body: bytes.subarray(head.length, size) };
}

export class Connection {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #waiting: Waiting | null = null;
  #failure: Error | null = null;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => this.#waiting !== null && socket.destroy(new Error('no answer in time')));
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('connection closed')));
  }

  static open(address: Address): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const { host, port, secure = false } = address;
      const socket = secure ? connectSecurely({ host, port, rejectUnauthorized: false }) : connect(port, host);
      socket.once('error', reject);
      socket.once(secure ? 'secureConnect' : 'connect', () => {
        socket.off('error', reject);
        resolve(new Connection(socket));
      });
    });
  }

  ask(head: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null || this.#waiting !== null) {
        reject(this.#failure ?? new Error('one request at a time'));
        return;
      }
      this.#waiting = { resolve, reject };
      this.#socket.write(head, 'latin1');
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    try {
      if (this.#waiting === null) throw new Error(`${this.#received.length} bytes after the end of the answer`);
      const answer = takeAnswer(this.#received);
      if (answer === null) return;
      this.#received = this.#received.subarray(answer.head.length + answer.body.length);
      if (this.#received.length > 0) throw new Error(`${this.#received.length} bytes after the end of the answer`);
      const waiting = this.#waiting;
      this.#waiting = null;
      waiting.resolve(answer);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(String(error)));
      this.#socket.destroy();
    }
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.reject(this.#failure);
  }
}
