// Certificates and keys, from files to what the addon takes; and everything that is wrong with them, by the path of the file. No text here
// ever has anything of a key in it.
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { getSystemErrorMap } from 'node:util';
import type { NativeCertificate, NativeIdentity, NativeTlsSettings } from '../../native/tls.ts';
import { CLIENT_CERTIFICATES } from '../../native/tls.ts';
import type { Fault } from '../config/faults.ts';
import type { ConfigPath } from '../config/resolved.ts';
import type { CertificateOptions, ResolvedTls } from './options.ts';

/** Far more than any has, far less than would hurt. */
const FILE_BYTES_MAX = 1 << 20;
const PROTOCOLS = ['h2', 'http/1.1'];

/** A certificate with its key, read and checked. */
export interface ReadCertificate extends NativeCertificate {
  /** Lower case. */
  readonly names: readonly string[];
  /** `rsa`, `ec`, ... */
  readonly keyType: string;
}

export interface ReadTls {
  readonly settings: NativeTlsSettings;
  /** Of what was asked for; then `settings` are of no use. */
  readonly faults: readonly Fault[];
}

/** @param made beside those in files: one that this process has made. */
export function readTls(tls: ResolvedTls, made: readonly ReadCertificate[], nowMs: number): ReadTls {
  const faults: Fault[] = [];
  const read = tls.certificates.flatMap((files, i) => readCertificate(files, ['tls', 'certificates', i], nowMs, faults) ?? []);
  const clientCa = tls.clientCa === undefined ? '' : (readChain(tls.clientCa, ['tls', 'clientCa'], faults)?.text ?? '');
  const settings = {
    identities: identitiesOf([...read, ...made]), protocols: tls.http2 ? PROTOCOLS : PROTOCOLS.slice(1), ciphers: tls.ciphers, onlyTls13: tls.minVersion === 'TLSv1.3',
    clientCa, clientCertificate: CLIENT_CERTIFICATES[tls.clientCertificate], ticketLifetimeS: Math.ceil(tls.ticketRotationMs / 1000),
  };
  return { settings, faults };
}

/** Every file that is read. */
export function filesOf({ certificates, clientCa }: ResolvedTls): readonly string[] {
  return [...certificates.flatMap(({ cert, key, ocsp }) => [cert, key, ...(ocsp === undefined ? [] : [ocsp])]), ...(clientCa === undefined ? [] : [clientCa])];
}

/** Those of the same names with keys of different kinds are one: the client says which kinds it takes. */
function identitiesOf(certificates: readonly ReadCertificate[]): NativeIdentity[] {
  const identities: { readonly names: readonly string[]; readonly keyTypes: Set<string>; readonly certificates: NativeCertificate[] }[] = [];
  for (const { names, keyType, chain, key, ocsp } of certificates) {
    const same = identities.find((one) => one.names.join() === names.join() && !one.keyTypes.has(keyType));
    const identity = same ?? { names, keyTypes: new Set<string>(), certificates: [] };
    identity.keyTypes.add(keyType);
    identity.certificates.push({ chain, key, ocsp });
    if (!same) identities.push(identity);
  }
  return identities.map(({ names, certificates: all }) => ({ names, certificates: all }));
}

function readCertificate({ cert, key, ocsp }: CertificateOptions, at: ConfigPath, nowMs: number, faults: Fault[]): ReadCertificate | undefined {
  const chain = readChain(cert, [...at, 'cert'], faults);
  const secret = readKey(key, [...at, 'key'], faults);
  const response = ocsp === undefined ? new Uint8Array(0) : readResponse(ocsp, [...at, 'ocsp'], faults);
  if (chain) timeFault(chain.own, cert, [...at, 'cert'], nowMs, faults);
  if (chain && secret && !chain.own.checkPrivateKey(secret.key)) faults.push({ path: [...at, 'key'], text: `: ${key} is not the key of ${cert}` });
  if (!chain || !secret || !response) return undefined;
  return { chain: chain.text, key: secret.text, ocsp: response, names: namesOf(chain.own), keyType: secret.key.asymmetricKeyType ?? '' };
}

function readChain(path: string, at: ConfigPath, faults: Fault[]): { readonly own: X509Certificate; readonly text: string } | undefined {
  const text = readFile(path, at, faults)?.toString('latin1');
  if (text === undefined) return undefined;
  const blocks = text.match(/-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^]+?-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) return void faults.push({ path: at, text: `: there is no certificate (PEM) in ${path}` });
  try {
    const [own] = blocks.map((block) => new X509Certificate(block));
    return { own: own!, text: `${blocks.join('\n')}\n` };
  } catch {
    return void faults.push({ path: at, text: `: a certificate in ${path} is malformed` });
  }
}

function readKey(path: string, at: ConfigPath, faults: Fault[]): { readonly key: KeyObject; readonly text: string } | undefined {
  const text = readFile(path, at, faults)?.toString('latin1');
  if (text === undefined) return undefined;
  const isEncrypted = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m.test(text);
  if (isEncrypted) return void faults.push({ path: at, text: `: the key in ${path} is encrypted, and nobody is there to ask for its password: openssl pkey decrypts it` });
  try {
    return { key: createPrivateKey(text), text };
  } catch {
    return void faults.push({ path: at, text: `: there is no private key (PEM) in ${path}` });
  }
}

/** RFC 6960 §4.2.1: OCSPResponse ::= SEQUENCE { responseStatus ENUMERATED, ... }; of a response with an answer it is 0. */
function readResponse(path: string, at: ConfigPath, faults: Fault[]): Uint8Array | undefined {
  const bytes = readFile(path, at, faults);
  if (bytes === undefined) return undefined;
  const lengthBytes = (bytes[1] ?? 0) < 0x80 ? 0 : bytes[1]! & 0x7f;
  const status = bytes.subarray(2 + lengthBytes, 5 + lengthBytes);
  if (bytes[0] === 0x30 && status.equals(Buffer.of(0x0a, 1, 0))) return bytes;
  return void faults.push({ path: at, text: `: ${path} is no OCSP response (DER) with an answer` });
}

function readFile(path: string, at: ConfigPath, faults: Fault[]): Buffer | undefined {
  try {
    const bytes = readFileSync(path);
    if (bytes.length <= FILE_BYTES_MAX) return bytes;
    return void faults.push({ path: at, text: `: ${path} is larger than 1 MiB` });
  } catch (error) {
    const { errno, code = '' } = error as NodeJS.ErrnoException;
    const [, words = code] = getSystemErrorMap().get(errno ?? 0) ?? [];
    return void faults.push({ path: at, text: `: ${path} cannot be read: ${words} (${code})` });
  }
}

function timeFault({ validFrom, validTo }: X509Certificate, path: string, at: ConfigPath, nowMs: number, faults: Fault[]): void {
  if (Date.parse(validTo) < nowMs) faults.push({ path: at, text: `: the certificate in ${path} has expired: it was valid until ${validTo}` });
  if (Date.parse(validFrom) > nowMs) faults.push({ path: at, text: `: the certificate in ${path} is not valid yet, but from ${validFrom} on` });
}

/** Of a certificate without alternative names its common name is the one (RFC 6125 §6.4.4). */
function namesOf({ subjectAltName, subject }: X509Certificate): string[] {
  const names = subjectAltName === undefined ? /^CN=(.*)$/m.exec(subject)?.slice(1) ?? [] : [...subjectAltName.matchAll(/(?:^|, )DNS:([^,"]+)/g)].map(([, name]) => name!);
  return [...new Set(names.map((name) => name.toLowerCase()))].sort();
}
