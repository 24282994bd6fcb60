// Every request that the parser must accept gets its answer on the wire, and the connection goes on where it may.
import t from 'tap';
import { acceptedRequests, type AcceptedFacts } from '../1-http/accepted-requests.ts';
import { Client, requestText, type Place } from '../client.ts';
import { serveSite, together } from './site.ts';

function expectedStatus({ method, path }: AcceptedFacts): number {
  if (method === 'OPTIONS') return 204;
  if (method !== 'GET' && method !== 'HEAD') return ['POST', 'DELETE', 'PUT', 'PATCH', 'TRACE', 'CONNECT'].includes(method) ? 405 : 501;
  if (path === '/') return 200;
  return path.includes('%zz') ? 400 : 404;
}

async function fault(place: Place, head: string, facts: AcceptedFacts): Promise<string> {
  const client = await Client.open(place);
  try {
    const keep = (facts.keepAlive ?? true) && !(facts.expectContinue ?? false) && expectedStatus(facts) !== 400;
    await client.send(head + (facts.body ?? ''));
    const reply = await client.reply(facts.method);
    const expected = expectedStatus(facts);
    // "Range: bytes=0-" is honoured.
    if (reply.status !== expected && !(reply.status === 206 && facts.fields?.['range'] !== undefined)) return `${reply.status} in place of ${expected}`;
    const connection = keep ? (facts.versionMinor === 0 ? 'keep-alive' : undefined) : 'close';
    if (reply.fields.get('connection') !== connection) return `Connection: ${String(reply.fields.get('connection'))}`;
    if (keep) {
      await client.send(requestText('/b.txt', { fields: { Connection: 'close' } }));
      const next = await client.reply();
      if (next.body.toString() !== 'beta\n') return `not kept in step: ${next.status}`;
    }
    await client.nothingMore();
    return '';
  } catch (error) {
    return String(error);
  } finally {
    client.destroy();
  }
}

t.test('accepted requests', async (t) => {
  t.ok(acceptedRequests.length >= 40, `${acceptedRequests.length} rows`);
  const { place, server } = await serveSite(t);
  const faults: string[] = [];
  await together(acceptedRequests, 8, async ([name, head, facts]) => {
    const wrong = await fault(place, head, facts);
    if (wrong) faults.push(`${name}: ${wrong}`);
  });
  t.strictSame(faults, []);
  const counts = await server.counts();
  t.notOk(Object.keys(counts).some((name) => name.startsWith('refused.')), 'nothing was refused');
});
