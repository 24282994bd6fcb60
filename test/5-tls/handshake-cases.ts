// Who comes to a handshake with whom, and what of.
import type { ConnectionOptions } from 'node:tls';
import type { TlsOptions } from '../../server/index.ts';

export interface HandshakeCase {
  readonly name: string;
  readonly server?: Partial<TlsOptions>;
  readonly client: ConnectionOptions;
  /** Protocol, ALPN ('' for none), and cipher where it matters; or the code of the client's error. */
  readonly comes: readonly [protocol: string, application: string, cipher?: string] | { readonly refused: RegExp };
}

export const handshakeCases: readonly HandshakeCase[] = [
  { name: 'TLS 1.3 where both can', client: {}, comes: ['TLSv1.3', ''] },
  { name: 'TLS 1.2 where the client has no more', client: { maxVersion: 'TLSv1.2' }, comes: ['TLSv1.2', ''] },
  { name: 'TLS 1.1 is refused', client: { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }, comes: { refused: /alert (protocol version|internal error)|PROTOCOL_VERSION/i } },
  { name: 'TLS 1.2 is refused where 1.3 is wanted', server: { minVersion: 'TLSv1.3' }, client: { maxVersion: 'TLSv1.2' }, comes: { refused: /protocol version|PROTOCOL_VERSION/i } },
  { name: 'TLS 1.3 where it is wanted', server: { minVersion: 'TLSv1.3' }, client: {}, comes: ['TLSv1.3', ''] },
  { name: 'ALPN: http/1.1', client: { ALPNProtocols: ['http/1.1'] }, comes: ['TLSv1.3', 'http/1.1'] },
  { name: 'ALPN: h2 before http/1.1, which is off', server: { http2: false }, client: { ALPNProtocols: ['h2', 'http/1.1'] }, comes: ['TLSv1.3', 'http/1.1'] },
  { name: 'ALPN in TLS 1.2', client: { ALPNProtocols: ['spdy/3', 'http/1.1'], maxVersion: 'TLSv1.2' }, comes: ['TLSv1.2', 'http/1.1'] },
  { name: 'ALPN: nothing in common', server: { http2: false }, client: { ALPNProtocols: ['h2'] }, comes: { refused: /no application protocol|NO_APPLICATION_PROTOCOL/i } },
  { name: 'a suite of TLS 1.2 that is good', client: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-CHACHA20-POLY1305' }, comes: ['TLSv1.2', '', 'ECDHE-ECDSA-CHACHA20-POLY1305'] },
  { name: 'no forward secrecy', client: { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' }, comes: { refused: /handshake failure|HANDSHAKE_FAILURE/i } },
  { name: 'CBC', client: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA' }, comes: { refused: /handshake failure|HANDSHAKE_FAILURE/i } },
  { name: 'a suite that the operator wants', server: { ciphers: 'ECDHE-ECDSA-AES128-SHA256' }, client: { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' }, comes: ['TLSv1.2', '', 'ECDHE-ECDSA-AES128-SHA256'] },
  { name: 'each suite of TLS 1.3: AES-128', client: { ciphers: 'TLS_AES_128_GCM_SHA256' }, comes: ['TLSv1.3', '', 'TLS_AES_128_GCM_SHA256'] },
  { name: 'each suite of TLS 1.3: ChaCha20', client: { ciphers: 'TLS_CHACHA20_POLY1305_SHA256' }, comes: ['TLSv1.3', '', 'TLS_CHACHA20_POLY1305_SHA256'] },
];
