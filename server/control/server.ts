// The control plane's listener, on main. It is there from the start and costs a socket; the application behind it is loaded when
// somebody asks for the first time. Bounds are tight: it serves a few operators and their tools, and holds nothing back for them.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server as HttpServer, type ServerResponse } from 'node:http';
import { unlinkSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { OpenListener } from '../listeners.ts';
import { BearerToken } from './bearer.ts';
import type { ControlBackend } from './backend.ts';
import type { Door } from './guard.ts';
import { isLoopback, type ResolvedControl } from './options.ts';
import { problemBody, PROBLEM_TYPE } from './problem.ts';

const CONNECTIONS_MAX = 64;
const LIMITS = {
  maxHeaderSize: 16 << 10,
  headersTimeout: 10_000,
  requestTimeout: 15_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
  // Looked at in guard.ts, which answers with a problem.
  requireHostHeader: false,
};
/** Of a client that neither sends nor reads. */
const IDLE_MS = 30_000;

const STATUSES: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

export class ControlServer {
  /** `unix:/path` or `http://address:port`, with the real port. */
  readonly where: string;
  readonly #server: HttpServer;
  /** What it listens on; closed with it. */
  readonly listener: OpenListener;
  readonly #load: () => Promise<FastifyInstance>;
  /** Sockets with an answer under way. */
  readonly #busy = new WeakSet<Duplex>();
  #app: Promise<FastifyInstance> | undefined;
  #closed: Promise<void> | undefined;
  #handed = false;

  private constructor(server: HttpServer, listener: OpenListener, load: () => Promise<FastifyInstance>) {
    const { address: { host, port }, unixPath } = listener;
    this.#server = server;
    this.listener = listener;
    this.where = unixPath === undefined ? `http://${host.includes(':') ? `[${host}]` : host}:${port}` : `unix:${unixPath}`;
    this.#load = load;
    server.on('request', (request, response) => this.#answer(request, response));
    server.on('clientError', (error: NodeJS.ErrnoException, socket) => this.#refuse(error, socket));
  }

  /** @param listener see openControlListener(). */
  static async open({ token }: Pick<ResolvedControl, 'token'>, listener: OpenListener, backend: ControlBackend): Promise<ControlServer> {
    const bearer = token === undefined ? undefined : new BearerToken(token);
    const { unixPath, address: { host } } = listener;
    const kind: Door['kind'] = unixPath !== undefined ? 'unix' : isLoopback(host) ? 'loopback' : 'network';
    const load = async (): Promise<FastifyInstance> => (await import('./app.ts')).controlApp(backend, { kind, token: bearer });
    const server = createServer(LIMITS);
    server.maxConnections = CONNECTIONS_MAX;
    server.timeout = IDLE_MS;
    await once(server.listen({ fd: listener.descriptors[0]!, exclusive: true }), 'listening');
    return new ControlServer(server, listener, load);
  }

  /** Another process listens there: who comes from now on is its own. */
  handOver(): void {
    this.#handed = true;
    this.#server.close();
  }

  /** Ends every connection, at once. */
  close(): Promise<void> {
    return (this.#closed ??= new Promise((resolve) => {
      if (this.listener.unixPath !== undefined && !this.#handed) removeName(this.listener.unixPath);
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
      void this.#app?.then((app) => app.close(), () => undefined);
    }));
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    this.#busy.add(socket);
    response.once('close', () => this.#busy.delete(socket));
    this.#app ??= this.#load();
    this.#app.then((app) => app.routing(request, response), (error: unknown) => {
      this.#app = undefined; // somebody may have repaired the installation
      sendProblem(response, 500, `the control plane cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
    });
  }

  /** What is no request, or none in time. In the middle of an answer there is nothing to say. */
  #refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
    const status = STATUSES[error.code ?? ''] ?? 400;
    if (!socket.writable || error.code === 'ECONNRESET' || this.#busy.has(socket)) socket.destroy();
    else socket.end(rawProblem(status, status === 400 ? 'this is no request' : 'this is too much, or too late'), () => socket.destroy());
  }
}

function removeName(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // it was removed by somebody else: as good
  }
}

function sendProblem(response: ServerResponse, status: number, detail: string): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'content-type': PROBLEM_TYPE, 'cache-control': 'no-store', connection: 'close' }).end(JSON.stringify(problemBody(status, detail)));
}

function rawProblem(status: number, detail: string): string {
  const body = problemBody(status, detail);
  const text = JSON.stringify(body);
  return `HTTP/1.1 ${status} ${body.title}\r\nContent-Type: ${PROBLEM_TYPE}\r\nContent-Length: ${Buffer.byteLength(text)}\r\nCache-Control: no-store\r\nDate: ${new Date().toUTCString()}\r\nConnection: close\r\n\r\n${text}`;
}
