// From a request to its site: names, names below, the site of all others; on the wire.
import t from 'tap';
import { Client } from '../client.ts';
import { HostTable } from '../../server/routes/host-table.ts';
import { hostCases, sites } from './host-cases.ts';
import { askRaw, serveRoutes } from './routing.ts';

const named = Object.entries(sites).map(([site, hosts]) => ({ ...(hosts.length > 0 && { hosts: [...hosts] }), routes: [{ respond: { body: site } }] }));

t.test('each host gets its site', async (t) => {
  const { place } = serveRoutes(t, { sites: named });
  for (const { name, head, site } of hostCases) {
    const reply = await askRaw(place, `${head}\r\n\r\n`);
    t.strictSame([reply.status, reply.body.toString()], [200, site], name);
  }
});

t.test('the order of sites does not matter', async (t) => {
  const { place } = serveRoutes(t, { sites: [...named].reverse() });
  for (const { name, head, site } of hostCases) t.equal((await askRaw(place, `${head}\r\n\r\n`)).body.toString(), site, name);
});

t.test('no site for a host: misdirected', async (t) => {
  const { place } = serveRoutes(t, { sites: named.filter((site) => 'hosts' in site) });
  for (const { name, head, site } of hostCases) {
    const reply = await askRaw(place, `${head}\r\n\r\n`);
    t.equal(reply.status, site === 'others' ? 421 : 200, name);
  }
});

t.test('requests of one connection go to different sites', async (t) => {
  const { place } = serveRoutes(t, { sites: named });
  const text = ['example.com', 'a.example.com', 'nobody', 'example.com'].map((host) => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`).join('');
  const client = await Client.open(place);
  await client.send(text);
  for (const site of ['example.com', 'below example.com', 'others', 'example.com']) t.equal((await client.reply()).body.toString(), site);
  client.destroy();
});

t.test('spellings are remembered, and not without bound', (t) => {
  const table = new HostTable([{ hosts: ['a.example'], site: 'a' }, { hosts: [], site: 'others' }]);
  for (let i = 0; i < 5000; i++) if (table.of(`host-${i}.example:${i}`) !== 'others') t.fail(`host ${i}`);
  for (const spelling of ['A.example', 'a.EXAMPLE:1', 'a.example.']) {
    t.equal(table.of(spelling), 'a');
    t.equal(table.of(spelling), 'a', 'from memory');
  }
  t.end();
});
