// A line between a node and Redis that can be cut: nothing passes then, neither way, and nobody is told. A connection that is made
// meanwhile is accepted (by the kernel) and silent. After it is healed connections from before stay silent.
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { Test } from 'tap';

export class Relay {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;
  /** Connections so far. */
  connections = 0;

  private constructor(path: string) {
    this.#server = createServer((near) => {
      this.connections += 1;
      this.#keep(near);
      if (this.#isCut) return;
      const far = this.#keep(connect({ path }));
      for (const [from, to] of [[near, far], [far, near]] as const) {
        from.on('data', (chunk) => this.#sockets.has(from) && to.write(chunk));
        from.on('close', () => this.#sockets.has(from) && to.destroy());
      }
    });
  }

  static async open(t: Test, path: string): Promise<Relay> {
    const relay = new Relay(path);
    relay.#server.listen(0, '127.0.0.1');
    await once(relay.#server, 'listening');
    t.teardown(() => relay.close());
    return relay;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) this.#silence(socket);
  }

  heal(): void {
    this.#isCut = false;
  }

  /** Connections are closed, and new ones refused. */
  close(): void {
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    return socket.on('error', () => undefined);
  }

  #silence(socket: Socket): void {
    this.#sockets.delete(socket);
    socket.resume().on('close', () => socket.destroy());
    this.#server.once('close', () => socket.destroy());
  }
}
