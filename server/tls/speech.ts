// What is spoken on a connection, as it is accepted: plain HTTP, TLS, or only where to go for that.
import { getSystemErrorName } from 'node:util';
import type { Engine } from '../../native/index.ts';
import type { ProxySenders } from '../access/proxy-senders.ts';
import type { Connection } from '../connection.ts';
import type { Report } from '../report.ts';
import { PLAIN, type Service } from '../services.ts';
import { HttpsRedirect } from './https-redirect.ts';

export class Speech {
  readonly #engine: Engine;
  readonly #serviceOf: (listener: number) => Service;
  readonly #report: Report;
  /** Who says by the PROXY protocol for whom it connects; undefined: nobody. */
  senders: ProxySenders | undefined = undefined;
  /** By port. */
  readonly #redirects = new Map<number, HttpsRedirect>();

  constructor(engine: Engine, serviceOf: ((listener: number) => Service) | undefined, report: Report) {
    this.#engine = engine;
    this.#serviceOf = serviceOf ?? ((): Service => PLAIN);
    this.#report = report;
  }

  /** Of one of which nothing was read. Who has yet to be introduced is so in plain (http/proxy-protocol.ts). @returns false: it cannot be served. */
  begin(connection: Connection): boolean {
    const service = this.#serviceOf(connection.listener);
    connection.introduced = this.senders?.has(connection.address) !== true;
    connection.secure = service.kind === 'secure';
    if (service.kind === 'redirect') connection.redirect = this.#redirectTo(service.port);
    return !connection.secure || !connection.introduced || this.secure(connection, undefined);
  }

  /** From now on it speaks TLS, of which `bytes` have come. @returns false: it cannot. */
  secure(connection: Connection, bytes: Uint8Array | undefined): boolean {
    const service = this.#serviceOf(connection.listener);
    const failed = service.kind === 'secure' ? this.#engine.secure(connection.slot, connection.generation, service.context, bytes) : 0;
    if (failed < 0) this.#report('tlsFailed', 'TLS cannot be begun: connection reset', { cause: getSystemErrorName(failed) });
    connection.undecided = failed === 0;
    return failed === 0;
  }

  #redirectTo(port: number): HttpsRedirect {
    const known = this.#redirects.get(port);
    if (known) return known;
    const made = new HttpsRedirect(port);
    this.#redirects.set(port, made);
    return made;
  }
}
