// Main's part of TLS: the context that all workers show, made of files, made anew when these change, and the keys of session tickets.
//
// Invariant: what cannot be shown never takes the place of what is shown.
import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { native } from '../../native/index.ts';
import type { NativeTlsSettings } from '../../native/tls.ts';
import { faultText, type Fault } from '../config/faults.ts';
import type { Report } from '../report.ts';
import { filesOf, readTls, type ReadCertificate } from './certificates.ts';
import type { ResolvedTls } from './options.ts';
import { selfSigned } from './self-signed.ts';

/** How often files are looked at. What has changed is taken when it is as it was a look before: a key may be written behind its certificate. */
const LOOK_EVERY_MS = 1000;
const SELF_SIGNED_NAMES = ['localhost', '127.0.0.1', '::1'];

export interface PreparedTls {
  readonly tls: ResolvedTls;
  readonly settings: NativeTlsSettings;
}

export class TlsKeeper {
  readonly #report: Report;
  #context: number | undefined;
  #tls: ResolvedTls | undefined;
  #made: ReadCertificate | undefined;
  #looking: NodeJS.Timeout | undefined;
  #rotating: NodeJS.Timeout | undefined;
  /** Of the files as they were taken, and as they were at the last look. */
  #taken = '';
  #seen = '';

  constructor(report: Report) {
    this.#report = report;
  }

  /** Of the process; undefined: there has been no TLS so far. */
  get context(): number | undefined {
    return this.#context;
  }

  /** Reads everything, and asks OpenSSL; changes nothing. @returns what is wrong, or what can be adopted; undefined: no TLS */
  prepare(tls: ResolvedTls | undefined): PreparedTls | readonly Fault[] | undefined {
    if (!tls) return undefined;
    const { settings, faults } = readTls(tls, tls.selfSigned ? [this.#selfSigned()] : [], Date.now());
    if (faults.length > 0) return faults;
    const { number, fault } = native.openTlsContext(settings);
    if (number < 0) return [{ path: ['tls'], text: `: OpenSSL refuses it: ${fault}` }];
    // The first stays, under its number; of others it is known now that they can be.
    if (this.#context === undefined) this.#context = number;
    else native.closeTlsContext(number);
    return { tls, settings };
  }

  /** From now on connections are shown this. Undefined: there is no TLS any more. */
  adopt(prepared: PreparedTls | undefined): void {
    const before = this.#tls;
    this.#tls = prepared?.tls;
    if (prepared) native.replaceTlsContext(this.#context!, prepared.settings);
    if (prepared?.tls.selfSigned && before?.selfSigned !== true) this.#report('selfSigned', 'the certificate is self-signed, for development: no client trusts it', { names: this.#selfSigned().names.join(' ') });
    void this.#watch();
    clearInterval(this.#rotating);
    const { ticketRotationMs = 0 } = prepared?.tls ?? {};
    if (ticketRotationMs > 0) this.#rotating = setInterval(() => native.rotateTicketKeys(), ticketRotationMs).unref();
  }

  /** Connections that are there go on. */
  close(): void {
    clearTimeout(this.#looking);
    clearInterval(this.#rotating);
    this.#tls = undefined;
    if (this.#context !== undefined) native.closeTlsContext(this.#context);
    this.#context = undefined;
  }

  #selfSigned(): ReadCertificate {
    return (this.#made ??= selfSigned([...new Set([...SELF_SIGNED_NAMES, hostname().toLowerCase()])], Date.now()));
  }

  async #watch(): Promise<void> {
    clearTimeout(this.#looking);
    const tls = this.#tls;
    if (!tls) return;
    this.#taken = this.#seen = await stateOf(filesOf(tls));
    this.#lookAgain(tls);
  }

  #lookAgain(tls: ResolvedTls): void {
    if (tls === this.#tls) this.#looking = setTimeout(() => void this.#look(tls), LOOK_EVERY_MS).unref();
  }

  async #look(tls: ResolvedTls): Promise<void> {
    const state = await stateOf(filesOf(tls));
    if (tls !== this.#tls) return;
    if (state !== this.#taken && state === this.#seen) this.#take(tls, state);
    this.#seen = state;
    this.#lookAgain(tls);
  }

  #take(tls: ResolvedTls, state: string): void {
    this.#taken = state;
    const prepared = this.prepare(tls);
    if (!prepared || !('settings' in prepared)) {
      return this.#report('certificatesKept', 'certificates have changed and cannot be shown: what was shown before still is', { faults: (prepared ?? []).map(faultText).join('; ') });
    }
    native.replaceTlsContext(this.#context!, prepared.settings);
    this.#report('certificatesChanged', 'certificates have changed: new connections are shown the new ones', { files: filesOf(tls).join(' ') });
  }
}

/** Who has replaced a file, or written it, has changed this. */
async function stateOf(files: readonly string[]): Promise<string> {
  const states = await Promise.all(files.map((file) => stat(file).then(({ dev, ino, size, mtimeMs, ctimeMs }) => [dev, ino, size, mtimeMs, ctimeMs].join(), () => 'none')));
  return states.join(' ');
}
