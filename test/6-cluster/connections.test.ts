// Redis where it is: by address, name, socket, password and TLS; and what is told of it.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { redisAddress } from '../../server/cluster/address.ts';
import { certificate, key as privateKey } from '../5-proxy/origin-certificate.ts';
import { freePort } from '../5-chain/program.ts';
import { shortFolder, until } from '../serving.ts';
import { badAddresses, goodAddresses } from './address-cases.ts';
import { caughtUp, node } from './nodes.ts';
import { Redis, withoutRedis } from './redis.ts';

t.setTimeout(180_000);

t.test('addresses', (t) => {
  for (const [text, expected] of goodAddresses) t.match(redisAddress(text), expected, text);
  for (const [text, why] of badAddresses) {
    const fault = redisAddress(text);
    t.match(fault, why, text);
    t.notMatch(fault, /s3cret/, 'nothing of it is repeated');
  }
  t.equal((redisAddress('redis://me:s3cret@a:1/2') as { where: string }).where, 'redis://a:1');
  t.equal((redisAddress('unix://me:s3cret@/a') as { where: string }).where, 'unix:/a');
  t.ok(goodAddresses.length > 8 && badAddresses.length > 15);
  t.end();
});

t.test('connections', { skip: withoutRedis(), timeout: 120_000 }, (t) => {
  t.test('a password, a user, a database, a stream of one’s own', async (t) => {
    const port = await freePort();
    const redis = await Redis.start(t, ['--bind', '127.0.0.1', '--port', String(port)]);
    await redis.ask('ACL', 'SETUSER', 'pagecast', 'on', '>p@ss/w:ord', '~purges', '+xadd', '+xrange', '+xread', '+xtrim', '+select');
    const [byName, bySocket] = [
      await node(t, { redis: `redis://pagecast:${encodeURIComponent('p@ss/w:ord')}@localhost:${port}/3`, stream: 'purges' }),
      await node(t, { redis: `unix://pagecast:${encodeURIComponent('p@ss/w:ord')}@${redis.path}?db=3`, stream: 'purges' }),
    ];
    await caughtUp(byName, bySocket);
    t.equal(await byName.cluster.publish({ by: 'everything' }, false), undefined);
    await until(() => bySocket.applied.length === 2, 'the purge');
    const elsewhere = await node(t, { redis: `unix:${redis.path}`, stream: 'purges' });
    await caughtUp(elsewhere);
    t.equal(await redis.ask('XLEN', 'purges'), 1, 'another database is another stream');

    for (const missing of ['xread', 'xrange', 'xtrim', 'xadd']) {
      await redis.ask('ACL', 'SETUSER', missing, 'on', '>p', '~*', '+xadd', '+xrange', '+xread', '+xtrim', `-${missing}`);
      const mute = await node(t, { redis: `redis://${missing}:p@127.0.0.1:${port}`, stream: missing });
      await until(() => mute.cluster.status().lagMs > 500 && mute.reports.length > 0, 'some attempts');
      t.match(mute.reports, [new RegExp(`NOPERM.*'${missing}'`)]);
      t.equal(await redis.ask('XLEN', missing), 0, 'an attempt that must fail leaves nothing');
      await mute.end();
    }
    const wrong = await node(t, { redis: `redis://pagecast:s3cret@127.0.0.1:${port}`, stream: 'purges' });
    await until(() => wrong.reports.length > 0, 'a report');
    t.match(wrong.reports, [/WRONGPASS/]);
    t.match(wrong.reports, [new RegExp(`"redis":"redis://127.0.0.1:${port}"`)]);
    t.notMatch(wrong.reports.join(), /s3cret/);
  });

  t.test('TLS, both sides known by their certificates', async (t) => {
    const folder = shortFolder(t);
    const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')];
    writeFileSync(cert, certificate);
    writeFileSync(key, privateKey);
    const port = await freePort();
    await Redis.start(t, ['--tls-port', String(port), '--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert]);
    const url = `rediss://127.0.0.1:${port}`;
    const good = await node(t, { redis: url, tls: { ca: certificate, certificate, privateKey } });
    await caughtUp(good);
    t.equal(await good.cluster.publish({ by: 'everything' }, true), undefined);
    const named = await node(t, { redis: url, tls: { ca: certificate, certificate, privateKey, servername: 'origin.test' } });
    await caughtUp(named);
    for (const [tls, why] of [
      [{ certificate, privateKey }, /self-signed|SELF_SIGNED/i], [{ ca: certificate }, /certificate required|closed|ECONNRESET|handshake/i],
      [{ ca: certificate, certificate, privateKey, servername: 'else.test' }, /altnames|ALTNAME/i],
    ] as const) {
      const bad = await node(t, { redis: url, tls });
      await until(() => bad.reports.length > 0, 'a report');
      t.match(bad.reports[0], why);
      t.notOk(bad.cluster.status().connected);
      await bad.end();
    }
  });

  t.test('who is no Redis', async (t) => {
    const says = ['HTTP/1.1 400 Bad Request\r\n\r\n', '+OK\r\n+OK\r\n+OK\r\n+OK\r\n', "-ERR unknown command 'AUTH', with args beginning with: 'me' 's3cret' \r\n", '*-1\r\n', ':1\r\n$3\r\nabc\r\n*1\r\n', '\0\xff'.repeat(5000), ''];
    for (const said of says) {
      const server = createServer((socket) => socket.on('error', () => undefined).on('data', () => socket.write(said, 'latin1'))).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const one = await node(t, { redis: `redis://me:s3cret@127.0.0.1:${(server.address() as AddressInfo).port}`, staleMaxMs: 100 });
      await until(() => one.reports.some((report) => report.startsWith('clusterFailed')), `a report of ${JSON.stringify(said.slice(0, 20))}`);
      t.notOk(one.cluster.status().connected);
      t.strictSame(one.applied, []);
      t.notMatch(one.reports.join('\n'), /s3cret/);
      await one.end();
      server.close();
    }
  });

  t.test('a folder, a name that nobody has: told once each', async (t) => {
    const folder = shortFolder(t);
    mkdirSync(join(folder, 'redis.sock'));
    const one = await node(t, { redis: `unix:${folder}/redis.sock` });
    const two = await node(t, { redis: 'redis://nobody.invalid' });
    await until(() => one.reports.length > 0 && two.reports.length > 0, 'reports');
    await until(() => one.cluster.status().lagMs > 1000, 'some attempts');
    t.match(one.reports, [/ECONNREFUSED/]);
    t.match(two.reports[0], /ENOTFOUND|EAI_AGAIN/);
    t.ok(two.reports.length <= 2);
  });

  t.end();
});
