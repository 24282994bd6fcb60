// A server that is ended by force: what is under way is cut off by a reset, and has its line in the log; nobody is waited for who does not hear of it.
import { existsSync } from 'node:fs';
import t from 'tap';
import { Client, requestText } from '../client.ts';
import { serve, until } from '../serving.ts';
import { RawOrigin } from '../5-proxy/raw-origin.ts';

interface Line {
  readonly target: string;
  readonly status: number;
  readonly incomplete?: string;
}

for (const force of [true, false]) {
  const how = force ? 'at once' : 'when the time of grace is over';
  const options = { accessLog: 'json', graceMs: 100 } as const;

  t.test(`${how}: answers of files`, async (t) => {
    const through = await serve(t, { root: t.testdir({ 'large.txt': 'x'.repeat(30_000_000), 'a.txt': 'a' }), ...options });
    const [busy, done] = await Promise.all([Client.open(through.place), Client.open(through.place)]);
    busy.socket.pause();
    await busy.send(requestText('/large.txt'));
    await done.send(requestText('/a.txt'));
    await done.reply();
    await until(async () => (await through.server.counts())['requests'] === 2, 'both requests');
    await through.server.close({ force });
    busy.socket.resume();
    t.equal(await busy.end(), 'reset');
    t.equal(await done.end(), 'closed', 'who was answered is not');
    const lines = through.lines().map((line) => JSON.parse(line) as Line);
    t.same(lines.map(({ target, status, incomplete }) => [target, status, incomplete]), [['/a.txt', 200, undefined], ['/large.txt', 200, 'aborted']]);
    for (const client of [busy, done]) client.destroy();
  });

  t.test(`${how}: an answer that an origin does not end, and one that it does not begin`, async (t) => {
    const origin = await RawOrigin.listen([(head) => (head.includes('/begun') ? ['HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: 10\r\n\r\nhello'] : [])]);
    t.teardown(() => origin.close());
    const through = await serve(t, { proxy: [origin.url], ...options });
    const [begun, silent] = await Promise.all([Client.open(through.place), Client.open(through.place)]);
    await begun.send(requestText('/begun'));
    await begun.head();
    await silent.send(requestText('/silent', { method: 'POST', fields: { 'Content-Length': '0' } }));
    await until(() => origin.requests === 2, 'both questions');
    await through.server.close({ force });
    t.equal(await begun.end(), 'reset');
    t.equal(await silent.end(), 'reset');
    const lines = through.lines().map((line) => JSON.parse(line) as Line);
    t.same(lines.map(({ target, incomplete }) => [target, incomplete]).sort(), [['/begun', 'aborted'], ['/silent', 'aborted']]);
    for (const client of [begun, silent]) client.destroy();
  });
}

t.test('a worker that hears nothing is stopped', async (t) => {
  const origin = await RawOrigin.listen([]);
  t.teardown(() => origin.close());
  const folder = t.testdir({ 'hooks.mjs': `
    import { writeFileSync } from 'node:fs';
    export default { request() { writeFileSync(new URL('asked', import.meta.url), ''); for (;;) ; } };
  ` });
  const through = await serve(t, { proxy: { urls: [origin.url], hooks: `${folder}/hooks.mjs` } });
  const client = await Client.open(through.place);
  await client.send(requestText('/'));
  await until(() => existsSync(`${folder}/asked`), 'the request');
  await through.server.close({ force: true });
  t.equal(await client.end(), 'reset');
  client.destroy();
});
