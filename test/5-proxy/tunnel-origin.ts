// An origin that changes its protocol when it is asked to, and leaves the rest to the test; and a client that sends and reads bytes.
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { createServer as createSecureServer } from 'node:tls';
import type { Test } from 'tap';
import type { ServerOptions } from '../../server/index.ts';
import type { Place } from '../client.ts';
import { serve, until, type Serving } from '../serving.ts';
import { certificate, key } from './origin-certificate.ts';

export const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';
export const ASK = 'GET /chat HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n';

/** One side of a connection: what has come so far, as latin1, until pause(). */
export class End {
  readonly socket: Socket;
  text = '';
  /** The other side has sent FIN. */
  ended = false;
  closed = false;
  failed = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (bytes) => (this.text += bytes.toString('latin1')));
    socket.on('end', () => (this.ended = true));
    socket.on('error', () => (this.failed = true));
    socket.on('close', () => (this.closed = true));
  }

  static async open({ host, port }: Place): Promise<End> {
    const socket = connect({ host, port, noDelay: true, allowHalfOpen: true });
    await once(socket, 'connect');
    return new End(socket);
  }

  send(text: string): void {
    this.socket.write(text, 'latin1');
  }

  /** Until all of it has come, and nothing else. */
  async reads(text: string): Promise<void> {
    await until(() => this.text.length >= text.length || this.closed, `${text.length} bytes, of which there are ${this.text.length}`);
    if (this.text !== text) throw new Error(`not what was sent: ${JSON.stringify(this.text.slice(0, 300))}`);
    this.text = '';
  }

  /** The head of the next answer, taken. */
  async head(): Promise<string> {
    await until(() => this.text.includes('\r\n\r\n') || this.closed, 'a head');
    const end = this.text.indexOf('\r\n\r\n') + 4;
    const head = this.text.slice(0, end);
    this.text = this.text.slice(end);
    return head;
  }
}

export class TunnelOrigin {
  /** By connection, in order; their texts begin behind the head. */
  readonly ends: End[] = [];
  readonly heads: string[] = [];
  /** What a head is answered with. */
  answer: (head: string) => string = () => SWITCH;
  readonly #server: Server;

  readonly #scheme: string;

  private constructor(secure: boolean) {
    this.#scheme = secure ? 'https' : 'http';
    const hearFrom = (socket: Socket): void => {
      const end = new End(socket);
      this.ends.push(end);
      const hear = (): void => {
        const length = end.text.indexOf('\r\n\r\n') + 4;
        if (length < 4) return;
        const head = end.text.slice(0, length);
        const answer = this.answer(head);
        end.text = end.text.slice(length);
        this.heads.push(head);
        // With a content it is an answer; else it is for the test to say what comes.
        if (!/content-length/i.test(answer)) socket.off('data', hear);
        end.send(answer);
      };
      socket.on('data', hear);
    };
    const options = { noDelay: true, allowHalfOpen: true };
    this.#server = secure ? createSecureServer({ ...options, key, cert: certificate }, hearFrom) : createServer(options, hearFrom);
  }

  static async listen(t: Test, secure = false): Promise<TunnelOrigin> {
    const origin = new TunnelOrigin(secure);
    origin.#server.listen(0, '127.0.0.1');
    await once(origin.#server, 'listening');
    t.teardown(() => {
      for (const { socket } of origin.ends) socket.destroy();
      origin.#server.close();
    });
    return origin;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }
}

export interface Tunnelled extends Serving {
  readonly origin: TunnelOrigin;
}

export async function tunnelling(t: Test, options: ServerOptions = {}): Promise<Tunnelled> {
  const origin = await TunnelOrigin.listen(t);
  return { origin, ...(await serve(t, { proxy: { urls: [origin.url], retriesMax: 0 }, ...options })) };
}

/** Both ends of a tunnel, behind the heads. */
export async function open({ origin, place }: Tunnelled): Promise<{ readonly client: End; readonly far: End }> {
  const count = origin.ends.length;
  const client = await End.open(place);
  client.send(ASK);
  const head = await client.head();
  if (!head.startsWith('HTTP/1.1 101 ')) throw new Error(`not changed: ${head}`);
  return { client, far: origin.ends[count]! };
}
