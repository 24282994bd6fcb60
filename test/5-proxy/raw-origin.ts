// An origin that sends what it is told, byte by byte: the one that no HTTP library would be.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

export const FIN = Symbol('FIN');
export const RST = Symbol('RST');

/** Bytes as latin1 text, or a pause in milliseconds, or the end of the connection. */
export type Step = string | number | typeof FIN | typeof RST;
/** What follows the head of one request. */
export type Script = readonly Step[];
type Choose = (head: string) => Script;

export class RawOrigin {
  /** All that arrived, one text per connection. */
  readonly received: string[] = [];
  readonly sockets: Socket[] = [];
  readonly #server: Server;
  /** One for each request, in order; the last one is repeated. */
  #scripts: readonly (Script | Choose)[];
  #requests = 0;

  private constructor(scripts: readonly (Script | Choose)[]) {
    this.#scripts = scripts;
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => this.#serve(socket));
  }

  /** @param path of a unix socket; else any port of 127.0.0.1. */
  static async listen(scripts: readonly (Script | Choose)[], path?: string): Promise<RawOrigin> {
    const origin = new RawOrigin(scripts);
    origin.#server.listen(path ?? { port: 0, host: '127.0.0.1' });
    await once(origin.#server, 'listening');
    return origin;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get requests(): number {
    return this.#requests;
  }

  script(...scripts: readonly Script[]): void {
    this.#scripts = scripts;
    this.#requests = 0;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #serve(socket: Socket): void {
    const index = this.received.push('') - 1;
    let seen = 0;
    this.sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('end', () => socket.end());
    socket.on('data', (bytes) => {
      const text = `${this.received[index]!}${bytes.toString('latin1')}`;
      this.received[index] = text;
      for (let at = text.indexOf('\r\n\r\n', seen); at >= 0; at = text.indexOf('\r\n\r\n', seen)) {
        const script = this.#scripts[Math.min(this.#requests++, this.#scripts.length - 1)] ?? [];
        void play(socket, typeof script === 'function' ? script(text.slice(seen, at)) : script);
        seen = at + 4;
      }
    });
  }
}

async function play(socket: Socket, script: Script): Promise<void> {
  for (const step of script) {
    if (socket.destroyed) return;
    if (step === FIN) socket.end();
    else if (step === RST) socket.resetAndDestroy();
    else if (typeof step === 'number') await new Promise((resolve) => setTimeout(resolve, step));
    else await new Promise((resolve) => socket.write(step, 'latin1', resolve));
  }
}

export function answer(body: string, ...fields: readonly string[]): string {
  return ['HTTP/1.1 200 OK', ...fields, `Content-Length: ${body.length}`, '', body].join('\r\n');
}
