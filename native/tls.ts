// TLS contexts of the process, as the addon makes them (native/tls_context.h), and what is told of a connection.

export interface NativeCertificate {
  /** PEM: the server's own, then those between it and the root. */
  readonly chain: string;
  /** PEM, not encrypted. */
  readonly key: string;
  /** DER of an OCSP response (RFC 6960) that is stapled; empty: none. */
  readonly ocsp: Uint8Array;
}

/** Certificates of the same names, each with a key of another kind. */
export interface NativeIdentity {
  /** Lower case, `*.example.com` among them. */
  readonly names: readonly string[];
  readonly certificates: readonly NativeCertificate[];
}

/** Whether clients are asked for a certificate: TlsContext's ClientCertificate. */
export const CLIENT_CERTIFICATES = { none: 0, optional: 1, required: 2 } as const;

export interface NativeTlsSettings {
  /** The first is shown to who asks for a name that no one has, or for none. */
  readonly identities: readonly NativeIdentity[];
  /** ALPN, most wanted first. */
  readonly protocols: readonly string[];
  /** Of TLS 1.2, as SSL_CTX_set_cipher_list(3) takes them; '': what is good. */
  readonly ciphers: string;
  readonly onlyTls13: boolean;
  /** PEM; '' with `none`. */
  readonly clientCa: string;
  readonly clientCertificate: number;
  /** Of session tickets, in seconds; 0: there are none. */
  readonly ticketLifetimeS: number;
}

/** Of a connection whose handshake is complete. */
export interface Security {
  /** `TLSv1.2` or `TLSv1.3`. */
  readonly protocol: string;
  readonly cipher: string;
  /** That the client has asked for (SNI), or ''. */
  readonly serverName: string;
  /** ALPN, or ''. */
  readonly application: string;
  /** Of the client's certificate, which was verified (RFC 2253); '' without one. */
  readonly subject: string;
  readonly resumed: boolean;
}

export interface Tls {
  /** `number` < 0: what is wrong is in `fault`. */
  openTlsContext(settings: NativeTlsSettings): { readonly number: number; readonly fault: string };
  /** For connections that come from now on. What is wrong, and then nothing has changed; else ''. */
  replaceTlsContext(context: number, settings: NativeTlsSettings): string;
  closeTlsContext(context: number): void;
  /** A new key for session tickets, of all contexts; those of the last two are still taken. False: nothing has changed. */
  rotateTicketKeys(): boolean;
}
