// Sessions that go on: on whatever worker, and for as long as the keys of tickets are known.
import { once } from 'node:events';
import type { ConnectionOptions } from 'node:tls';
import t from 'tap';
import { native } from '../../native/index.ts';
import { Client, requestText, type Place } from '../client.ts';
import { serveSecure, skip, tlsOf } from './serving.ts';

/** A session: of TLS 1.2 it comes with the handshake, of TLS 1.3 behind it. */
async function sessionOf(place: Place, options: ConnectionOptions): Promise<Buffer> {
  const client = await Client.openSecure(place, options);
  const given = options.maxVersion === 'TLSv1.2' ? Promise.resolve([tlsOf(client).getSession()]) : once(tlsOf(client), 'session');
  await client.send(requestText('/a.txt'));
  await client.reply();
  const [session] = (await given) as [Buffer];
  client.destroy();
  return session;
}

async function goesOn(place: Place, session: Buffer, options: ConnectionOptions): Promise<boolean> {
  const client = await Client.openSecure(place, { ...options, session });
  await client.send(requestText('/a.txt'));
  t.equal((await client.reply()).body.toString(), 'alpha\n');
  const reused = tlsOf(client).isSessionReused();
  client.destroy();
  return reused;
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  const options: ConnectionOptions = { minVersion: version, maxVersion: version, servername: 'a.test' };
  t.test(`${version}: on every worker`, { skip }, async (t) => {
    const { place, server } = await serveSecure(t, {}, { workers: 3 });
    const session = await sessionOf(place, options);
    for (let i = 0; i < 12; ++i) t.ok(await goesOn(place, session, options), `connection ${i}`);
    const { handshakes, handshakesResumed } = await server.counts();
    t.same([handshakes, handshakesResumed], [13, 12]);
  });

  t.test(`${version}: keys become others`, { skip }, async (t) => {
    const { place } = await serveSecure(t, {});
    const session = await sessionOf(place, options);
    for (const expected of [true, true, false]) {
      t.ok(native.rotateTicketKeys());
      t.equal(await goesOn(place, session, options), expected);
    }
  });

  t.test(`${version}: no tickets`, { skip }, async (t) => {
    const { place, server } = await serveSecure(t, { ticketRotationMs: 0 });
    const client = await Client.openSecure(place, options);
    const session = tlsOf(client).getSession()!;
    client.destroy();
    t.equal(await goesOn(place, session, options), false);
    t.equal((await server.counts())['handshakesResumed'], 0);
  });
}
