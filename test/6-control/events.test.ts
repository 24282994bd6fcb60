// Server-sent events: snapshots, what happens, and clients that go, do not read, or are too many.
import { writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { upset, workersOf } from '../6-lifecycle/workers.ts';
import { Client, type Place } from '../client.ts';
import { shortFolder, until } from '../serving.ts';
import { controlled, put } from './controlling.ts';

interface Told {
  readonly event: string;
  readonly data: Readonly<Record<string, unknown>>;
}

interface Listening {
  readonly client: Client;
  /** All events so far. */
  readonly told: () => readonly Told[];
}

/** The stream's parser, HTML Living Standard §9.2.6, as far as these events go. */
function eventsOf(text: string): readonly Told[] {
  return text.split('\n\n').slice(0, -1).flatMap((block) => {
    const fields = new Map(block.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 2)]));
    const data = fields.get('data');
    return data === undefined ? [] : [{ event: fields.get('event') ?? 'message', data: JSON.parse(data) as Told['data'] }];
  });
}

async function listening(t: Test, place: Place): Promise<Listening> {
  const client = await Client.open(place);
  t.teardown(() => client.destroy());
  await client.send('GET /api/v1/events HTTP/1.0\r\nHost: localhost\r\n\r\n');
  const { status, fields, end } = await client.head();
  t.equal(status, 200);
  t.equal(fields.get('content-type'), 'text/event-stream');
  t.equal(fields.get('cache-control'), 'no-store');
  return { client, told: () => eventsOf(client.unread.toString('utf8', end)) };
}

t.test('a snapshot each second', async (t) => {
  const { control } = await controlled(t, { root: t.testdir({}) });
  const { told } = await listening(t, control);
  await until(() => told().length >= 3, 'three events');
  const [first, second] = told();
  t.match(first, { event: 'snapshot', data: { phase: 'ready', workers: { configured: 1, ready: 1 }, metrics: { values: { pagecast_requests_total: [{ value: 0 }] } } } });
  const apartMs = Date.parse(String(second!.data['time'])) - Date.parse(String(first!.data['time']));
  t.ok(apartMs >= 500, `${apartMs} ms apart`);
});

t.test('a worker dies, and a writer comes', async (t) => {
  const root = shortFolder(t);
  writeFileSync(join(root, 'large.bin'), Buffer.alloc(12 << 20));
  const { control, site } = await controlled(t, { root });
  const { told } = await listening(t, control);
  await until(() => told().length > 0, 'the first event');
  const reports = (name: string): readonly Told[] => told().filter(({ event, data }) => event === 'report' && data['name'] === name);
  const reader = await Client.open(site);
  t.teardown(() => reader.destroy());
  reader.socket.pause();
  await reader.send('GET /large.bin HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await t.test('a lease is broken', async (t) => {
    const leases = (): boolean => JSON.stringify(told().at(-1)?.data['metrics']).includes('"pagecast_leases":[{"labels":{},"value":1}]');
    try {
      await until(leases, 'the lease', 5000);
    } catch {
      return void t.pass('no lease', { skip: 'no lease is granted here' });
    }
    const file = await open(join(root, 'large.bin'), 'r+');
    await file.write('x');
    await file.close();
    await until(() => reports('leaseBroken').length > 0, 'the report');
    t.match(reports('leaseBroken')[0], { data: { message: /\w/, facts: { path: 'large.bin' } } });
  });
  upset(workersOf(root)[0]!);
  await until(() => reports('workerDied').length > 0, 'its death');
  t.match(reports('workerDied')[0], { data: { message: /died/, facts: { worker: 0 } } });
  await until(() => told().some(({ data }) => (data['workers'] as { readonly replaced?: number } | undefined)?.replaced === 1), 'and the next snapshot has it');
});

t.test('too many, and room again', async (t) => {
  const { control } = await controlled(t, { root: t.testdir({}) });
  const clients = await Promise.all(Array.from({ length: 16 }, () => listening(t, control)));
  const refused = await put(control, '/api/v1/events');
  t.match(refused, { status: 503, json: { status: 503 } });
  t.match(refused.fields.get('retry-after'), /^\d+$/);
  t.equal((await put(control, '/api/v1/status')).status, 200, 'all else is answered');
  clients[0]!.client.reset();
  await until(async () => {
    const client = await Client.open(control);
    t.teardown(() => client.destroy());
    await client.send('GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    return (await client.head()).status === 200;
  }, 'room');
});

t.test('rubbish in the middle of a stream ends it', async (t) => {
  const { control } = await controlled(t, { root: t.testdir({}) });
  const { client, told } = await listening(t, control);
  await until(() => told().length > 0, 'the first event');
  await client.send('rubbish\r\n\r\n');
  await client.end();
  t.notMatch(client.unread.toString(), 'application/problem', 'nothing is said in the middle of it');
});
