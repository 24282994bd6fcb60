// Options of TLS: what a config says, and what that comes to.
import { resolve } from 'node:path';

export interface TlsOptions {
  /** Files of certificates with their keys. The first is shown to clients that ask for a name that none has, or for none. */
  readonly certificates?: readonly CertificateOptions[];
  /** A certificate for localhost and this host's name is made at each start, and no client trusts it: for development. Default false. */
  readonly selfSigned?: boolean;
  /** Whether HTTP/2 is spoken, to clients that offer it in the handshake (ALPN). Default true. */
  readonly http2?: boolean;
  /** The least that is spoken. Default `TLSv1.2`. */
  readonly minVersion?: 'TLSv1.2' | 'TLSv1.3';
  /** Cipher suites of TLS 1.2, as OpenSSL lists them. Default: ECDHE with AES-GCM or ChaCha20-Poly1305. */
  readonly ciphers?: string;
  /** A file of certificates (PEM) that clients' certificates must come from. Default: clients are asked for none. */
  readonly clientCa?: string;
  /** With `clientCa`: whether a client must show a certificate (`required`, the default), or may (`optional`). One that is not valid is refused either way. */
  readonly clientCertificate?: 'required' | 'optional';
  /** How often the key of session tickets becomes another, in milliseconds; a session may go on for as long. 0: no tickets. Default 3,600,000. */
  readonly ticketRotationMs?: number;
  /** Places to listen besides `listen`, where plain HTTP is spoken and every answer leads to https://. Default none. */
  readonly redirectFrom?: readonly (string | number)[];
  /** What browsers are told by Strict-Transport-Security (RFC 6797). Default: nothing. */
  readonly hsts?: HstsOptions;
}

export interface CertificateOptions {
  /** The path of a file: the server's own certificate (PEM), then those between it and the root. */
  readonly cert: string;
  /** The path of a file: its private key (PEM), not encrypted. */
  readonly key: string;
  /** The path of a file: an OCSP response (DER) that is sent along. Default none. */
  readonly ocsp?: string;
}

export interface HstsOptions {
  /** For so long a browser asks by https:// alone, in seconds. */
  readonly maxAgeS: number;
  /** Also of all names below. Default false. */
  readonly includeSubDomains?: boolean;
  /** It may be put on browsers' own lists. Default false. */
  readonly preload?: boolean;
}

export interface ResolvedTls {
  /** Absolute paths. */
  readonly certificates: readonly CertificateOptions[];
  readonly selfSigned: boolean;
  readonly http2: boolean;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  /** '': the default. */
  readonly ciphers: string;
  readonly clientCa: string | undefined;
  readonly clientCertificate: 'none' | 'optional' | 'required';
  readonly ticketRotationMs: number;
  readonly redirectFrom: readonly (string | number)[];
  readonly hsts: Required<HstsOptions> | undefined;
}

export const tlsDefaults = { selfSigned: false, http2: true, minVersion: 'TLSv1.2', ticketRotationMs: 3_600_000 } as const;

export function resolveTls({ certificates = [], clientCa, clientCertificate = 'required', hsts, ...rest }: TlsOptions): ResolvedTls {
  return {
    ciphers: '', redirectFrom: [], ...tlsDefaults, ...rest,
    certificates: certificates.map(({ cert, key, ocsp }) => ({ cert: resolve(cert), key: resolve(key), ...(ocsp !== undefined && { ocsp: resolve(ocsp) }) })),
    clientCa: clientCa === undefined ? undefined : resolve(clientCa),
    clientCertificate: clientCa === undefined ? 'none' : clientCertificate,
    hsts: hsts && { includeSubDomains: false, preload: false, ...hsts },
  };
}
