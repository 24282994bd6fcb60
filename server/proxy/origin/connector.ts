/**
 * Opens connections to one origin: TCP, unix socket or TLS, within one deadline for name, connection and handshake together.
 *
 * undici's own connector is not used, because a connection that is not wanted any more has to be closed while it is being opened,
 * and because who owns the socket must hear of a reset before undici does: see incoming.ts.
 */
import { connect as connectPlain, isIP, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import { isName, type OriginAddress } from './address.ts';
import { ConnectFault } from './failure.ts';
import { RememberedLookup } from './lookup.ts';
import type { ResolvedTls } from './options.ts';

const KEEP_ALIVE_PROBE_MS = 60_000;

export class Connector {
  readonly #address: OriginAddress;
  readonly #timeoutMs: number;
  readonly #tls: ResolvedTls;
  readonly #names = new RememberedLookup();
  /** The last ticket, for a handshake that is shorter (RFC 8446 §2.2). */
  #session: Buffer | undefined;

  constructor(address: OriginAddress, timeoutMs: number, tls: ResolvedTls) {
    this.#address = address;
    this.#timeoutMs = timeoutMs;
    this.#tls = tls;
  }

  /** Calls back once, unless the socket is destroyed before. */
  open(done: (fault: ConnectFault | null, socket: Socket) => void): Socket {
    const socket = this.#address.secure ? this.#openSecure() : connectPlain(this.#target());
    const timer = setTimeout(() => socket.destroy(new ConnectFault('timeout-connect', `no connection in ${this.#timeoutMs} ms`)), this.#timeoutMs);
    const ended = (error: Error): void => {
      clearTimeout(timer);
      this.#names.forget();
      done(error instanceof ConnectFault ? error : new ConnectFault('connect', messageOf(error)), socket);
    };
    socket
      .setNoDelay(true)
      .setKeepAlive(true, KEEP_ALIVE_PROBE_MS)
      .once('close', () => clearTimeout(timer))
      .once('error', ended)
      .once(this.#address.secure ? 'secureConnect' : 'connect', () => {
        clearTimeout(timer);
        socket.off('error', ended);
        done(null, socket);
      });
    return socket;
  }

  #openSecure(): Socket {
    const { ca, servername, rejectUnauthorized } = this.#tls;
    const name = servername ?? (isIP(this.#address.host) === 0 ? this.#address.host : undefined);
    const socket = connectSecure({
      ...this.#target(),
      ALPNProtocols: ['http/1.1'],
      rejectUnauthorized,
      ...(name === undefined ? {} : { servername: name }),
      ...(ca === undefined ? {} : { ca: [...ca] }),
      ...(this.#session === undefined ? {} : { session: this.#session }),
    });
    return socket.on('session', (session) => void (this.#session = session));
  }

  #target(): { host: string; port: number; lookup?: RememberedLookup['lookup'] } & { path?: string } {
    const { host, port, socketPath } = this.#address;
    if (socketPath !== undefined) return { host, port, path: socketPath };
    return isName(this.#address) ? { host, port, lookup: this.#names.lookup } : { host, port };
  }
}

/** Several addresses fail with one error each, and an empty message for all of them. */
function messageOf(error: Error): string {
  const parts: readonly unknown[] = error instanceof AggregateError ? error.errors : [error];
  return parts.map((part) => (part instanceof Error ? part.message : String(part))).join('; ');
}
