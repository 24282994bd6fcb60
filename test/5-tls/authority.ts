// Certificates for tests, made by openssl(1): an authority, and what it has signed.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { CertificateOptions } from '../../server/index.ts';
import { shortFolder } from '../serving.ts';

/** Paths, and what is in them. */
export interface Issued extends CertificateOptions {
  readonly certText: string;
  readonly keyText: string;
}

export interface Wanted {
  /** Of the alternative names, such as `a.test` or `*.a.test`; addresses in their own form. */
  readonly names?: readonly string[];
  readonly commonName?: string;
  readonly kind?: 'ec' | 'rsa';
  /** Until then; negative: it has expired. */
  readonly days?: number;
  readonly usage?: 'serverAuth' | 'clientAuth';
}

function openssl(...args: readonly string[]): Buffer {
  return execFileSync('openssl', args, { stdio: ['ignore', 'pipe', 'pipe'] });
}

export function hasOpenssl(): boolean {
  try {
    return openssl('version').length > 0;
  } catch {
    return false;
  }
}

export class Authority {
  readonly folder: string;
  readonly cert: string;
  readonly #key: string;
  #count = 0;

  constructor(t: Test, name = 'Test Authority') {
    this.folder = shortFolder(t);
    this.cert = join(this.folder, 'ca.pem');
    this.#key = join(this.folder, 'ca.key');
    openssl('req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', this.#key, '-out', this.cert, '-days', '365', '-subj', `/CN=${name}`,
      '-addext', 'basicConstraints=critical,CA:TRUE', '-addext', 'keyUsage=critical,keyCertSign,cRLSign,digitalSignature');
  }

  get certText(): string {
    return readFileSync(this.cert, 'utf8');
  }

  issue({ names = ['a.test'], commonName = names[0] ?? 'nobody', kind = 'ec', days = 90, usage = 'serverAuth' }: Wanted = {}): Issued {
    const stem = join(this.folder, `issued-${++this.#count}`);
    const [cert, key, request, extensions] = ['pem', 'key', 'csr', 'ext'].map((ending) => `${stem}.${ending}`) as [string, string, string, string];
    const keyOptions = kind === 'ec' ? ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] : ['-newkey', 'rsa:2048'];
    openssl('req', ...keyOptions, '-nodes', '-keyout', key, '-out', request, '-subj', `/CN=${commonName}`);
    const san = names.map((name) => (/^[\d.]+$|:/.test(name) ? `IP:${name}` : `DNS:${name}`)).join(',');
    writeFileSync(extensions, `extendedKeyUsage=${usage}\nbasicConstraints=CA:FALSE\n${san === '' ? '' : `subjectAltName=${san}\n`}`);
    const serial = String(1000 + this.#count);
    // The days of openssl-x509(1) begin now: what has expired began before.
    const time = days < 0 ? ['-days', '-1'] : ['-days', String(days)];
    openssl('x509', '-req', '-in', request, '-CA', this.cert, '-CAkey', this.#key, '-set_serial', serial, '-out', cert, '-extfile', extensions, ...time);
    return { cert, key, certText: readFileSync(cert, 'utf8'), keyText: readFileSync(key, 'utf8') };
  }

  /** An OCSP response (DER) that says that it is good. */
  ocspOf(issued: Issued, serial: number): string {
    const [index, out] = [`${issued.cert}.index`, `${issued.cert}.ocsp`];
    writeFileSync(index, `V\t361231235959Z\t\t${serial.toString(16).toUpperCase()}\tunknown\t/CN=a.test\n`);
    openssl('ocsp', '-index', index, '-CA', this.cert, '-rsigner', this.cert, '-rkey', this.#key, '-issuer', this.cert, '-cert', issued.cert, '-ndays', '7', '-respout', out, '-noverify');
    return out;
  }
}
