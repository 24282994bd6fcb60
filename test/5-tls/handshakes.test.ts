// Versions, suites, application protocols and names: what a client comes to, and what it is shown.
import t from 'tap';
import type { TlsOptions } from '../../server/index.ts';
import { Client } from '../client.ts';
import { serve } from '../serving.ts';
import { Authority } from './authority.ts';
import { handshakeCases } from './handshake-cases.ts';
import { asked, serveSecure, skip, tlsOf, type SecureSite } from './serving.ts';

t.test('versions, suites and application protocols', { skip }, async (t) => {
  const sites = new Map<string, SecureSite>();
  for (const { name, server = {}, client, comes } of handshakeCases) {
    const known = JSON.stringify(server);
    const site = sites.get(known) ?? (await serveSecure(t, server));
    sites.set(known, site);
    if ('refused' in comes) {
      await t.rejects(Client.openSecure(site.place, client), { message: comes.refused }, name);
      continue;
    }
    const { client: connected, status, body } = await asked(site.place, client);
    const socket = tlsOf(connected);
    t.same([status, body, socket.getProtocol(), socket.alpnProtocol || ''], [200, 'alpha\n', ...comes.slice(0, 2)], name);
    if (comes[2] !== undefined) t.equal(socket.getCipher().standardName === comes[2] ? comes[2] : socket.getCipher().name, comes[2], name);
    connected.destroy();
  }
});

t.test('names', { skip }, async (t) => {
  const authority = new Authority(t);
  const certificates = [
    authority.issue({ names: ['first.test'] }), authority.issue({ names: ['a.test', 'www.a.test'] }), authority.issue({ names: ['*.a.test'] }),
    authority.issue({ names: ['both.test'], kind: 'ec' }), authority.issue({ names: ['both.test'], kind: 'rsa' }), authority.issue({ names: [], commonName: 'common.test' }),
  ];
  const tls: TlsOptions = { certificates: certificates.map(({ cert, key }) => ({ cert, key })) };
  const { place } = await serve(t, { root: t.testdir({ 'a.txt': 'alpha\n' }), tls });
  const shown = async (servername: string, options: Parameters<typeof Client.openSecure>[1] = {}): Promise<string> => {
    const client = await Client.openSecure(place, { servername, ...options });
    const { raw } = tlsOf(client).getPeerCertificate();
    client.destroy();
    const found = certificates.findIndex(({ certText }) => certText.replace(/-----[^-]+-----|\s/g, '') === raw.toString('base64'));
    return String(found);
  };
  for (const [name, expected] of [
    ['a.test', 1], ['www.a.test', 1], ['WWW.A.TEST', 1], ['x.a.test', 2], ['X.a.Test', 2], ['x.y.a.test', 0], ['test', 0], ['unknown.test', 0], ['', 0],
    ['common.test', 5], ['first.test', 0], [`${'l'.repeat(63)}.a.test`, 2], [`${'long.'.repeat(45)}a.test`, 0],
  ] as const) {
    t.equal(await shown(name), String(expected), name || 'no name');
    t.equal(await shown(name, { maxVersion: 'TLSv1.2' }), String(expected), `${name || 'no name'} in TLS 1.2`);
  }
  t.equal(await shown('both.test', { sigalgs: 'ecdsa_secp256r1_sha256' }), '3', 'ECDSA where the client takes it');
  t.equal(await shown('both.test', { sigalgs: 'rsa_pss_rsae_sha256' }), '4', 'RSA where it takes that alone');
});
