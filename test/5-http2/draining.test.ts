// The end of a server, and another config, while HTTP/2 is spoken.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t, { type Test } from 'tap';
import { until } from '../serving.ts';
import { serveSecure, skip } from '../5-tls/serving.ts';
import { answer, ask, session } from './serving.ts';

/** An origin that answers when it is told to. */
async function slowOrigin(t: Test): Promise<{ readonly url: string; readonly asked: () => number; readonly answer: () => void }> {
  const waiting: (() => void)[] = [];
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    waiting.push(() => response.end('late'));
  });
  t.teardown(() => { server.close(); server.closeAllConnections(); });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked: () => asked, answer: () => { for (const one of waiting.splice(0)) one(); } };
}

t.test('close: GOAWAY, what was asked is answered, the end', { skip }, async (t) => {
  const origin = await slowOrigin(t);
  const { place, server } = await serveSecure(t, {}, { proxy: { urls: [origin.url] } });
  const [busy, idle] = [await session(t, place), await session(t, place)];
  await new Promise((resolve) => idle.ping(resolve));
  const late = ask(busy, { ':path': '/late' });
  await until(() => origin.asked() === 1, 'the request');
  const goaways = Promise.all([busy, idle].map((one) => once(one, 'goaway')));
  const closed = Promise.all([busy, idle].map((one) => once(one, 'close')));
  const ended = server.close();
  t.strictSame((await goaways).map(([code]) => code as number), [0, 0]);
  origin.answer();
  const { status, body, code } = await late;
  t.strictSame([status, body.toString(), code], [200, 'late', 0]);
  await closed;
  await ended;
  t.pass('it has ended');
});

t.test('forced: streams are cut off', { skip }, async (t) => {
  const origin = await slowOrigin(t);
  const { place, server } = await serveSecure(t, {}, { proxy: { urls: [origin.url] } });
  const over = await session(t, place);
  const stream = over.request({ ':path': '/late' });
  const late = answer(stream);
  await until(() => origin.asked() === 1, 'the request');
  await server.close({ force: true });
  t.equal((await late).status, 0);
});

t.test('reload: what has begun stays with its config, what comes is of the new one', { skip }, async (t) => {
  const origin = await slowOrigin(t);
  const { place, server, issued } = await serveSecure(t, {}, { proxy: { urls: [origin.url] }, headers: { 'X-Config': 'one' } });
  const over = await session(t, place);
  const late = ask(over, { ':path': '/late' });
  await until(() => origin.asked() === 1, 'the request');
  const { cert, key } = issued;
  await server.reload({ root: t.testdir({ 'a.txt': 'alpha\n' }), headers: { 'X-Config': 'two' }, workers: 1, tls: { certificates: [{ cert, key }], http2: false } });
  const next = await ask(over, { ':path': '/a.txt' });
  t.strictSame([next.status, next.headers['x-config'], next.body.toString()], [200, 'two', 'alpha\n'], 'on the same connection');
  origin.answer();
  const first = await late;
  t.strictSame([first.status, first.headers['x-config'], first.body.toString()], [200, 'one', 'late']);
  await t.rejects(session(t, place), 'HTTP/2 is not offered any more');
});
