/**
 * One origin: its connections, idle and busy, and its health.
 *
 * A connection is idle, or busy with a request, or a tunnel; busy ones and tunnels take room, of which there is connectionsMax.
 */
import type { Duplex } from 'node:stream';
import type { OriginAddress } from './address.ts';
import type { Candidate } from './balance.ts';
import { Connection } from './connection.ts';
import { Connector } from './connector.ts';
import { Health } from './health.ts';
import type { ResolvedOrigins } from './options.ts';

export class Origin implements Candidate {
  readonly address: OriginAddress;
  readonly weight: number;
  readonly health: Health;
  credit = 0;
  /** Connections that were begun, in its life. */
  made = 0;
  readonly #limits: ResolvedOrigins;
  readonly #connector: Connector;
  readonly #freed: () => void;
  readonly #connections = new Set<Connection>();
  /** The one that was used last is at the end, and is used first. */
  readonly #idle: Connection[] = [];

  /** @param freed told when there is room again. */
  constructor(address: OriginAddress, weight: number, limits: ResolvedOrigins, freed: () => void) {
    this.address = address;
    this.weight = weight;
    this.#limits = limits;
    this.#connector = new Connector(address, limits.connectTimeoutMs, limits.tls);
    this.health = new Health(limits);
    this.#freed = freed;
  }

  get busy(): number {
    return this.#connections.size - this.#idle.length;
  }

  get connections(): number {
    return this.#connections.size;
  }

  get hasRoom(): boolean {
    return this.busy < this.#limits.connectionsMax;
  }

  /** For one request, where there is room. @param fresh no idle one: one like it was just found closed. */
  take(fresh: boolean): Connection {
    let idle = this.#idle.pop();
    while (idle !== undefined && (fresh || !idle.usable)) {
      this.#end(idle, 'stale');
      if (fresh) break;
      idle = this.#idle.pop();
    }
    const connection = idle !== undefined && !fresh ? idle : this.dial();
    this.#connections.add(connection);
    return connection;
  }

  /** A connection that takes no room, for the probe. */
  dial(): Connection {
    this.made++;
    return new Connection(this.address, this.#connector, this.#limits, (connection) => this.#closed(connection));
  }

  /** After a whole answer. undici may close it still, in this turn: whether it is usable is asked again when it is taken. */
  giveBack(connection: Connection): void {
    if (!connection.usable) return this.drop(connection, 'done');
    if (!this.#connections.has(connection)) return;
    this.#idle.push(connection);
    this.#freed();
  }

  /** After anything else. */
  drop(connection: Connection, reason: string): void {
    this.#end(connection, reason);
    this.#freed();
  }

  /** The socket is somebody's, and the room is taken until it is closed. */
  tunnel(connection: Connection, socket: Duplex): void {
    if (socket.closed) return this.drop(connection, 'done');
    socket.once('close', () => this.drop(connection, 'done'));
  }

  async close(): Promise<void> {
    this.#idle.length = 0;
    const connections = [...this.#connections];
    this.#connections.clear();
    await Promise.all(connections.map((connection) => connection.destroy('closed')));
  }

  #closed(connection: Connection): void {
    const at = this.#idle.indexOf(connection);
    if (at < 0) return;
    this.#idle.splice(at, 1);
    this.#end(connection, 'closed');
  }

  #end(connection: Connection, reason: string): void {
    this.#connections.delete(connection);
    void connection.destroy(reason);
  }
}
