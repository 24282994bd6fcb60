// A small site over TLS, and clients of it.
import { TLSSocket } from 'node:tls';
import type { Test } from 'tap';
import type { ServerOptions, TlsOptions } from '../../server/index.ts';
import { Client, type Place } from '../client.ts';
import { serve, type Serving } from '../serving.ts';
import { Authority, hasOpenssl, type Issued } from './authority.ts';

export interface SecureSite extends Serving {
  readonly authority: Authority;
  readonly issued: Issued;
}

/** Why a test cannot run, for its options: certificates are made by openssl(1). */
export const skip = hasOpenssl() ? false : 'openssl(1) is not installed';

export async function serveSecure(t: Test, tls: Partial<TlsOptions> = {}, options: Partial<ServerOptions> = {}): Promise<SecureSite> {
  const authority = new Authority(t);
  const issued = authority.issue({ names: ['a.test', '127.0.0.1'] });
  const root = options.root ?? t.testdir({ 'index.html': 'home\n', 'a.txt': 'alpha\n' });
  const { cert, key } = issued;
  const serving = await serve(t, { root, ...options, tls: { certificates: [{ cert, key }], ...tls } });
  return { ...serving, authority, issued };
}

export function tlsOf(client: Client): TLSSocket {
  if (!(client.socket instanceof TLSSocket)) throw new Error('it is a client without TLS');
  return client.socket;
}

/** What comes of a client's handshake and its first request. */
export async function asked(place: Place, options: Parameters<typeof Client.openSecure>[1], path = '/a.txt'): Promise<{ readonly client: Client; readonly status: number; readonly body: string }> {
  const client = await Client.openSecure(place, options);
  await client.send(`GET ${path} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
  const { status, body } = await client.reply();
  return { client, status, body: body.toString() };
}
