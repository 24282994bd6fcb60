// Connections from proxies that say whose they are, on the wire: split at every byte, trusted and not, and what is made of the address.
import t from 'tap';
import { Client, requestText, type Place } from '../client.ts';
import { binaries, binary, INET, lines, others, type ProxyCase } from '../1-http/proxy-protocol-cases.ts';
import { pause, until } from '../serving.ts';
import { serveRoutes, type Routed } from './routing.ts';

const cases: readonly ProxyCase[] = [...lines, ...binaries];

/** Answers with the address of who asks. */
function serveAddresses(...args: [test: Parameters<typeof serveRoutes>[0], trusted: readonly string[]]): Routed {
  return serveRoutes(args[0], { proxyProtocol: [...args[1]], limits: { headTimeoutMs: 2000 }, routes: [{ handle: (request) => new Response(request.headers.get('x-forwarded-for')) }] });
}

/** The address in X-Forwarded-For, of an IPv4 address in either form that one; 400 where nobody is answered. */
function saidFor(address: ProxyCase['address']): string {
  if (address === null) return '400';
  return address === 'unix' ? 'unknown' : (address?.replace('::ffff:', '') ?? '127.0.0.1');
}

/** What comes back, and how the connection ends. */
async function talk(place: Place, ...pieces: readonly string[]): Promise<string> {
  const client = await Client.open(place);
  for (const [i, piece] of pieces.entries()) {
    if (i > 0) await pause(1);
    await client.send(piece);
  }
  const reply = await client.reply();
  if (reply.status === 400) await client.nothingMore();
  else client.destroy();
  return reply.status === 200 ? reply.body.toString() : String(reply.status);
}

t.test('whose connection it is', async (t) => {
  const { place, assembly } = serveAddresses(t, ['127.0.0.0/8']);
  for (const { name, header, address } of [...cases, ...others]) {
    t.equal(await talk(place, header + requestText('/')), saidFor(address), name);
  }
  const { refused } = assembly.loop.requests;
  t.equal(refused.reduce((sum, count) => sum + count, 0), [...cases, ...others].filter(({ address }) => address === null).length, 'each is counted');
});

t.test('split at every byte', async (t) => {
  const { place } = serveAddresses(t, ['127.0.0.1']);
  const samples = [lines, binaries].flatMap((all) => all.filter(({ address, header }) => address !== null && header.length < 80).slice(0, 6));
  t.equal(samples.length, 12);
  for (const { name, header, address } of samples) {
    const text = header + requestText('/');
    const expected = saidFor(address);
    await Promise.all(Array.from({ length: header.length + 4 }, async (_, at) => {
      if (at > 0) t.equal(await talk(place, text.slice(0, at), text.slice(at)), expected, `${name}: after ${at} bytes`);
    }));
    t.equal(await talk(place, ...Array.from(text)), expected, `${name}: byte by byte`);
  }
  t.equal(await talk(place, ...Array.from(binary(0x21, 0x11, INET).repeat(2))), '400', 'a second header is no request');
});

t.test('of a connection, once', async (t) => {
  const { place } = serveAddresses(t, ['127.0.0.1']);
  const client = await Client.open(place);
  await client.send(`PROXY TCP4 192.0.2.7 192.0.2.8 1 2\r\n${requestText('/').repeat(3)}`);
  for (let i = 0; i < 3; i++) t.equal((await client.reply()).body.toString(), '192.0.2.7');
  await client.send(requestText('/'));
  t.equal((await client.reply()).body.toString(), '192.0.2.7');
  await client.send('PROXY TCP4 192.0.2.9 192.0.2.8 1 2\r\n');
  t.equal((await client.reply()).status, 400);
  await client.nothingMore();
});

t.test('who is not trusted says nothing', async (t) => {
  for (const trusted of [['192.0.2.0/24'], []]) {
    const { place } = serveAddresses(t, trusted);
    t.equal(await talk(place, requestText('/')), '127.0.0.1');
    for (const { name, header } of cases.filter(({ address }) => address !== null)) t.equal(await talk(place, header + requestText('/')), '400', name);
  }
});

t.test('access and limits are the client\'s', async (t) => {
  const { place } = serveRoutes(t, {
    proxyProtocol: ['127.0.0.1'], access: { deny: ['192.0.2.0/24'] }, routes: [{ rateLimit: { perSecond: 0.001, burst: 1 }, respond: { body: 'in' } }],
  });
  const from = (address: string): Promise<string> => talk(place, `PROXY TCP4 ${address} 198.51.100.1 1 2\r\n${requestText('/')}`);
  t.strictSame([await from('192.0.2.1'), await from('203.0.113.1'), await from('203.0.113.1'), await from('203.0.113.2')], ['403', 'in', '429', 'in']);
});

t.test('one that does not come to its end', async (t) => {
  const { place, areas } = serveAddresses(t, ['127.0.0.1']);
  t.ok(areas);
  for (const piece of ['', 'PROXY', 'PROXY TCP4 192.0.2.1', binary(0x21, 0x11, INET).slice(0, 20), binary(0x21, 0x11, INET, 16_000)]) {
    const client = await Client.open(place);
    await client.send(piece);
    client.finish();
    await client.nothingMore();
    const silent = await Client.open(place);
    await silent.send(piece);
    t.equal(await silent.end(), 'closed', `${JSON.stringify(piece.slice(0, 20))}: closed after its time`);
    t.equal(silent.received, 0, 'without an answer');
    silent.destroy();
  }
  // A connection that a balancer opens to see whether anybody is there.
  const probe = await Client.open(place);
  await probe.send(binary(0x20, 0x00, ''));
  probe.finish();
  await probe.nothingMore();
  const dripping = await Client.open(place);
  const state = { ended: false };
  void dripping.end().then(() => (state.ended = true));
  for (const byte of `PROXY UNKNOWN ${'x'.repeat(80)}`) {
    if (state.ended) break;
    await dripping.send(byte);
    await pause(100);
  }
  await until(() => state.ended, 'the end of one that drips');
  t.equal(dripping.received, 0);
  dripping.destroy();
});
