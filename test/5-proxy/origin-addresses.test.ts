// Where origins are: URLs, unix sockets, TLS, names; and what is wrong with options.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import t from 'tap';
import { type OriginAddress, originAddress } from '../../server/proxy/origin/address.ts';
import { LOOKUP_KEPT_MS, RememberedLookup } from '../../server/proxy/origin/lookup.ts';
import { faultsOf, faultText } from '../../server/config/faults.ts';
import { originsSchema } from '../../server/config/schema-proxy.ts';
import { resolveOrigins, type OriginsOptions } from '../../server/proxy/origin/options.ts';
import { ask, get, originsOf } from './origin-asking.ts';
import { certificate, key } from './origin-certificate.ts';
import { faultCases, wrongAddresses } from './origin-option-cases.ts';
import { answer, RawOrigin } from './raw-origin.ts';

const addressCases: readonly (readonly [url: string, address: Omit<OriginAddress, 'url'>])[] = [
  ['http://app:3000', { secure: false, host: 'app', port: 3000, socketPath: undefined, authority: 'app:3000' }],
  ['http://app/', { secure: false, host: 'app', port: 80, socketPath: undefined, authority: 'app' }],
  ['HTTPS://App.Example:443', { secure: true, host: 'app.example', port: 443, socketPath: undefined, authority: 'app.example' }],
  ['http://[::1]:8080', { secure: false, host: '::1', port: 8080, socketPath: undefined, authority: '[::1]:8080' }],
  ['http://127.1', { secure: false, host: '127.0.0.1', port: 80, socketPath: undefined, authority: '127.0.0.1' }],
  ['unix:/run/app.sock', { secure: false, host: 'localhost', port: 80, socketPath: '/run/app.sock', authority: 'localhost' }],
  ['unix:/run/a:b.sock:http://app:81', { secure: false, host: 'app', port: 81, socketPath: '/run/a:b.sock', authority: 'app:81' }],
  ['unix:/run/app.sock:https://app', { secure: true, host: 'app', port: 443, socketPath: '/run/app.sock', authority: 'app' }],
];

t.test('addresses', (t) => {
  for (const [url, address] of addressCases) t.same(originAddress(url), { url, ...address }, url);
  for (const url of wrongAddresses) t.type(originAddress(url), 'string', JSON.stringify(url).slice(0, 60));
  t.end();
});

t.test('defaults', (t) => {
  const resolved = resolveOrigins({ urls: ['http://app'] });
  t.match(resolved, { balance: 'round-robin', connectTimeoutMs: 5_000, headTimeoutMs: 60_000, bodyTimeoutMs: 60_000, headBytesMax: 65_536, retriesMax: 2, failuresMax: 3, backoffMs: 1_000, backoffMsMax: 30_000 });
  t.equal(resolved.probe, undefined);
  t.same(structuredClone(resolved), resolved, 'it can go to a worker');
  t.end();
});

t.test('faults: each is told, all of them', (t) => {
  for (const [options, expected] of faultCases) {
    const faults = faultsOf(originsSchema, { urls: ['http://app'], ...options }, ['origins']).map(faultText);
    t.equal(faults.length, expected.length, faults.join(' | '));
    for (const text of expected) t.ok(faults.some((fault) => text.test(fault)), `${String(text)} in ${faults.join(' | ')}`);
  }
  t.end();
});

t.test('a unix socket', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'origin-'));
  const path = join(folder, 'a.sock');
  const origin = await RawOrigin.listen([[answer('hi')]], path);
  const origins = originsOf({ urls: [`unix:${path}:http://app.example`] });
  t.equal((await ask(origins)).body, 'hi');
  t.equal((await ask(origins, get('/', { fields: [] }))).body, 'hi');
  t.match(origin.received[0], /host: example\.com\r\n[^]*host: app\.example\r\n/, 'Host is the request\'s; where it has none, the address\'s');
  await origins.close();
  await origin.close();
  const nobody = originsOf({ urls: [`unix:${path}`] });
  t.match((await ask(nobody)).failure, { kind: 'connect', detail: /ENOENT/ });
  await nobody.close();
  rmSync(folder, { recursive: true });
});

async function listenSecurely(onSocket: (socket: TLSSocket) => void): Promise<{ server: Server; url: string }> {
  const server = createServer({ key, cert: certificate, ALPNProtocols: ['h2', 'http/1.1'] }, (socket) => {
    socket.on('error', () => undefined);
    onSocket(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return { server, url: `https://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}` };
}

t.test('TLS', async (t) => {
  const seen: string[] = [];
  const { server, url } = await listenSecurely((socket) => {
    seen.push(`${String(socket.servername)} ${String(socket.alpnProtocol)}${socket.isSessionReused() ? ' resumed' : ''}`);
    socket.on('data', () => socket.write(answer('hi')));
  });
  const trusting = originsOf({ urls: [url], tls: { ca: certificate } });
  t.equal((await ask(trusting)).body, 'hi', 'an address in the certificate');
  t.equal((await ask(trusting, get('/', { fields: [['Host', 'other.example']] }))).body, 'hi');
  t.same(seen, ['false http/1.1'], 'one connection, whatever Host says; no name is asked for by address');
  await trusting.close();
  const named = originsOf({ urls: [url], tls: { ca: [certificate], servername: 'origin.test' }, connectionLifetimeMs: 1 });
  await ask(named);
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.equal((await ask(named)).body, 'hi');
  t.same(seen.slice(1), ['origin.test http/1.1', 'origin.test http/1.1 resumed']);
  await named.close();
  const cases: readonly (readonly [OriginsOptions['tls'], RegExp])[] = [
    [{}, /self-signed certificate/],
    [{ ca: certificate, servername: 'other.test' }, /does not match certificate/],
  ];
  for (const [tls, detail] of cases) {
    const origins = originsOf({ urls: [url], tls: tls ?? {} });
    t.match((await ask(origins)).failure, { kind: 'connect', status: 502, detail });
    await origins.close();
  }
  const careless = originsOf({ urls: [url], tls: { rejectUnauthorized: false } });
  t.equal((await ask(careless)).body, 'hi');
  await careless.close();
  server.close();
});

t.test('TLS where there is none, and the other way round', async (t) => {
  const plain = await RawOrigin.listen([['HTTP/1.1 400 B\r\n\r\n']]);
  const { server, url } = await listenSecurely(() => undefined);
  const origins = originsOf({ urls: [`https://127.0.0.1:${plain.port}`], connectTimeoutMs: 100, retriesMax: 0 });
  t.match((await ask(origins)).story, /^(timeout-)?connect before head$/);
  await origins.close();
  const reverse = originsOf({ urls: [url.replace('https', 'http')], retriesMax: 0 });
  t.match((await ask(reverse)).story, /^(closed|malformed) before head$/);
  await reverse.close();
  await plain.close();
  server.close();
});

interface Found {
  readonly error: string | undefined;
  readonly addresses: string;
}

function find(lookup: RememberedLookup): Promise<Found> {
  return new Promise((resolve) => {
    lookup.lookup('app', { all: true }, (error, addresses) => {
      resolve({ error: error?.code, addresses: Array.isArray(addresses) ? addresses.map(({ address }) => address).join(' ') : addresses });
    });
  });
}

t.test('names: one lookup for a while, for all who ask', async (t) => {
  let nowMs = 0;
  let lookups = 0;
  let addresses = ['192.0.2.1', '192.0.2.2', '2001:db8::3'];
  const lookup = new RememberedLookup((_name, _options, done) => {
    lookups++;
    setImmediate(() => {
      if (addresses.length > 0) done(null, addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));
      else done(Object.assign(new Error('no'), { code: 'EAI_AGAIN' }), []);
    });
  }, () => nowMs);
  const found = await Promise.all([find(lookup), find(lookup), find(lookup), find(lookup)]);
  t.equal(lookups, 1);
  t.same(found.map((each) => each.addresses.split(' ')[0]), ['192.0.2.1', '192.0.2.2', '2001:db8::3', '192.0.2.1'], 'each begins with another');
  nowMs = LOOKUP_KEPT_MS - 1;
  await find(lookup);
  t.equal(lookups, 1);
  addresses = ['192.0.2.9'];
  nowMs = LOOKUP_KEPT_MS;
  t.same(await find(lookup), { error: undefined, addresses: '192.0.2.9' });
  t.equal(lookups, 2);
  lookup.forget();
  addresses = [];
  t.same(await find(lookup), { error: undefined, addresses: '192.0.2.9' }, 'no name server: what was known');
  t.equal(lookups, 3);
  await find(lookup);
  t.equal(lookups, 4, 'and is asked for again');
});

t.test('names that were never found, and one address', async (t) => {
  const never = new RememberedLookup((_name, _options, done) => done(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), []));
  t.same((await find(never)).error, 'ENOTFOUND');
  const empty = new RememberedLookup((_name, _options, done) => done(null, []));
  t.same((await find(empty)).error, 'ENOTFOUND');
  const one = new RememberedLookup((_name, _options, done) => done(null, [{ address: '192.0.2.1', family: 4 }]));
  const single = await new Promise((resolve) => one.lookup('app', {}, (_error, address, family) => resolve([address, family])));
  t.same(single, ['192.0.2.1', 4]);
});

t.test('a name over sockets', async (t) => {
  const origin = await RawOrigin.listen([[answer('hi')]]);
  const origins = originsOf({ urls: [`http://localhost:${origin.port}`] });
  t.equal((await ask(origins)).body, 'hi');
  await origins.close();
  await origin.close();
});
