// Certificates of clients, and what is stapled to the server's.
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { connect, type ConnectionOptions } from 'node:tls';
import t from 'tap';
import { Client, requestText, type Place } from '../client.ts';
import { until } from '../serving.ts';
import { Authority } from './authority.ts';
import { asked, serveSecure, skip, tlsOf } from './serving.ts';

/** In TLS 1.3 a client hears only behind its handshake that its certificate is not good. */
async function refusal(place: Place, options: ConnectionOptions): Promise<string> {
  try {
    const client = await Client.openSecure(place, options);
    const failed = new Promise<string>((resolve) => client.socket.once('error', (error) => resolve(error.message)));
    const answered = client.send(requestText('/a.txt')).then(() => client.reply()).then(() => 'answered', () => failed);
    return await Promise.race([failed, answered]);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`certificates of clients, ${version}`, { skip }, async (t) => {
    const authority = new Authority(t, 'Clients');
    const good = authority.issue({ names: ['alice.test'], commonName: 'Alice', usage: 'clientAuth' });
    const expired = authority.issue({ names: ['late.test'], usage: 'clientAuth', days: -1 });
    const ofServers = authority.issue({ names: ['server.test'] });
    const foreign = new Authority(t, 'Others').issue({ names: ['mallory.test'], usage: 'clientAuth' });
    const shows = ({ certText, keyText }: { certText: string; keyText: string }): ConnectionOptions => ({ cert: certText, key: keyText, maxVersion: version });
    for (const clientCertificate of ['required', 'optional'] as const) {
      const site = await serveSecure(t, { clientCa: authority.cert, clientCertificate }, { accessLog: 'json' });
      const { client, status } = await asked(site.place, shows(good));
      t.equal(status, 200, `${clientCertificate}: a good one`);
      client.destroy();
      await until(() => site.lines().length > 0, 'a line of the log');
      t.equal((JSON.parse(site.lines()[0]!) as { client?: string }).client, 'CN=Alice', 'the log has its subject');
      for (const [name, one] of [['expired', expired], ['of a server', ofServers], ['of another authority', foreign]] as const) {
        t.match(await refusal(site.place, shows(one)), /alert|closed|reset|ECONN/i, `${clientCertificate}: ${name}`);
      }
      const none = await refusal(site.place, { maxVersion: version });
      if (clientCertificate === 'required') t.match(none, /alert|closed|reset|ECONN/i, 'required: none');
      else t.equal(none, 'answered', 'optional: none');
    }
  });
}

t.test('a session of one that asks no certificate is none of one that does', { skip }, async (t) => {
  const authority = new Authority(t, 'Clients');
  const open = await serveSecure(t);
  const closed = await serveSecure(t, { clientCa: authority.cert });
  const options: ConnectionOptions = { maxVersion: 'TLSv1.2', servername: 'a.test' };
  const client = await Client.openSecure(open.place, options);
  const session = tlsOf(client).getSession()!;
  client.destroy();
  t.match(await refusal(closed.place, { ...options, session }), /alert|closed|reset|ECONN/i);
});

t.test('a stapled response', { skip }, async (t) => {
  const authority = new Authority(t);
  const issued = authority.issue({ names: ['a.test'] });
  const ocsp = authority.ocspOf(issued, 1001);
  const { cert, key } = issued;
  const { place } = await serveSecure(t, { certificates: [{ cert, key, ocsp }] });
  for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
    const asking: object = { requestOCSP: true }; // which its types do not know of
    const socket = connect({ host: place.host, port: place.port, rejectUnauthorized: false, servername: 'a.test', maxVersion, ...asking });
    const [response] = (await once(socket, 'OCSPResponse')) as [Buffer];
    t.ok(response.equals(readFileSync(ocsp)), maxVersion);
    socket.destroy();
  }
});
