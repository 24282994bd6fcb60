// What is counted is what was asked: of a folder, as the access log tells it; of an origin, by what the cache had to do with it.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ask, Client, requestText } from '../client.ts';
import { proxied, settled } from '../5-cache/through.ts';
import { converse } from '../5-cache/talking.ts';
import type { Says } from '../5-cache/told-origin.ts';
import { serve, until } from '../serving.ts';
import { seriesOf, valueIn, type Families } from './exposition-text.ts';
import { counted, scrape } from './scrape.ts';

const DURATION = 'pagecast_answer_duration_seconds';

t.test('answers of a folder', async (t) => {
  const root = t.testdir({ 'a.txt': 'twelve bytes', 'b.html': 'b', folder: { 'index.html': 'i' } });
  const { place, server, lines } = await serve(t, { root, workers: 2, accessLog: 'json' });
  const etag = (await ask(place, '/a.txt')).fields.get('etag')!;
  const asked: readonly (readonly [target: string, status: number, asked?: Parameters<typeof ask>[2]])[] = [
    ['/a.txt', 200, { method: 'HEAD' }], ['/folder/', 200], ['/folder', 301], ['/nothing', 404], ['/nothing', 404],
    ['/a.txt', 304, { fields: { 'If-None-Match': etag } }], ['/a.txt', 206, { fields: { Range: 'bytes=0-1' } }],
    ['/a.txt', 416, { fields: { Range: 'bytes=100-' } }], ['/a.txt', 412, { fields: { 'If-Match': '"x"' } }], ['/a.txt', 405, { method: 'DELETE' }],
  ];
  for (const [target, status, how] of asked) t.equal((await ask(place, target, how)).status, status, `${how?.method ?? 'GET'} ${target}`);
  const bad = await Client.open(place);
  await bad.send('GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n');
  t.equal((await bad.reply()).status, 400);
  bad.destroy();
  // The line of an answer is written when it is sent, and handed on within 100 ms.
  await until(() => lines().length === asked.length + 2, 'its access log');

  const families = await scrape(server);
  const logged: Record<string, number> = {};
  for (const line of lines()) {
    const key = `{cache="none",status="${(JSON.parse(line) as { status: number }).status}"}`;
    logged[key] = (logged[key] ?? 0) + 1;
  }
  t.strictSame(counted(families, 'pagecast_answers_total'), logged, 'each line of the log is counted once');
  t.equal(valueIn(families, DURATION, '_count{cache="none"}'), asked.length + 2, 'all were sent');
  t.equal(valueIn(families, 'pagecast_requests_total'), asked.length + 1);
  t.strictSame(counted(families, 'pagecast_requests_refused_total'), { '{reason="host-doubled"}': 1 });
  t.equal(valueIn(families, 'pagecast_connections_accepted_total'), asked.length + 2);
  t.equal(valueIn(families, 'pagecast_workers'), 2);
  t.equal(valueIn(families, 'pagecast_sent_bytes_total', '{how="arena"}'), 'twelve bytes'.length + 'i'.length + 'tw'.length);
  t.strictSame(counted(families, 'pagecast_answers_incomplete_total'), {});
  t.notOk(families.has('pagecast_store_objects'), 'nothing is told of a store that is not there');
});

t.test('pipelined answers are counted one by one', async (t) => {
  const { place, server } = await serve(t, { root: t.testdir({ 'a.txt': 'a' }) });
  const client = await Client.open(place);
  await client.send(requestText('/a.txt').repeat(50));
  for (let answer = 0; answer < 50; ++answer) await client.reply();
  client.destroy();
  const families = await scrape(server);
  t.strictSame(counted(families, 'pagecast_answers_total'), { '{cache="none",status="200"}': 50 });
  t.equal(valueIn(families, DURATION, '_count{cache="none"}'), 50);
});

t.test('answers that go on later, and those whose client goes', async (t) => {
  const root = t.testdir({});
  const large = randomBytes(16 << 20);
  writeFileSync(join(root, 'large.bin'), large);
  const { place, server } = await serve(t, { root });
  const slow = await Client.open(place);
  slow.socket.pause();
  await slow.send(requestText('/large.bin'));
  await until(async () => valueIn(await scrape(server), 'pagecast_sends_blocked_total') > 0, 'a socket that is full');
  const before = await scrape(server);
  t.equal(valueIn(before, DURATION, '_count{cache="none"}'), 0, 'it is counted when it is sent');
  t.strictSame(counted(before, 'pagecast_answers_total'), { '{cache="none",status="200"}': 1 }, 'and when it was decided on');
  slow.socket.resume();
  t.ok((await slow.reply()).body.equals(large));
  t.equal(valueIn(await scrape(server), DURATION, '_count{cache="none"}'), 1);
  const gone = await Client.open(place);
  gone.socket.pause();
  await gone.send(requestText('/large.bin'));
  await until(async () => valueIn(await scrape(server), 'pagecast_answers_total', '{cache="none",status="200"}') === 2, 'the next answer');
  gone.reset();
  await until(async () => valueIn(await scrape(server), 'pagecast_answers_incomplete_total', '{reason="aborted"}') === 1, 'its end');
  const after = await scrape(server);
  t.equal(valueIn(after, DURATION, '_count{cache="none"}'), 1, 'what was not sent has no duration');
  const bytes = ['sendfile', 'copied'].reduce((sum, how) => sum + valueIn(after, 'pagecast_sent_bytes_total', `{how="${how}"}`), 0);
  t.ok(bytes >= large.length, `${bytes} bytes of it were sent`);
  slow.destroy();
});

t.test('what the cache had to do with it', async (t) => {
  const { origin, serving } = await proxied(t);
  const { server, place } = serving;
  const results = async (): Promise<Record<string, number>> => {
    await settled(serving);
    return counted(await scrape(server), 'pagecast_answers_total');
  };
  const get = (target: string, lines: readonly string[] = [], method = 'GET'): ReturnType<typeof converse> => converse(place, { method, target, lines });
  const steps: readonly (readonly [what: string, path: string, says: readonly Says[], asked: () => Promise<unknown>, expected: Record<string, number>])[] = [
    ['a miss', '/a', [{ fields: ['Cache-Control: max-age=60'], body: 'a' }], () => get('/a'), { miss: 1 }],
    ['a hit', '', [], () => get('/a'), { hit: 1 }],
    ['a part of a hit', '', [], () => get('/a', ['Range: bytes=0-0']), { hit: 1 }],
    ['a HEAD from a hit', '', [], () => get('/a', [], 'HEAD'), { hit: 1 }],
    ['what is not to be stored', '/p', [{ fields: ['Cache-Control: no-store'], body: 'p' }], () => get('/p'), { pass: 1 }],
    ['an unsafe method', '/u', [{ status: 204 }], () => get('/u', [], 'DELETE'), { pass: 1 }],
    ['nothing stored, and nothing else wanted', '', [], () => get('/o', ['Cache-Control: only-if-cached']), { failed: 1 }],
    ['validated', '/v', [{ fields: ['Cache-Control: no-cache', 'ETag: "v"'], body: 'v' }, { status: 304, fields: ['ETag: "v"'] }], async () => (await get('/v'), get('/v')), { miss: 1, revalidated: 1 }],
    ['stale, because of an error', '/s', [{ fields: ['Cache-Control: max-age=0, stale-if-error=60', 'ETag: "s"'], body: 's' }, { status: 503 }], async () => (await get('/s'), get('/s')), { miss: 1, stale: 1 }],
    ['stale, as the origin allows', '/w', [{ fields: ['Cache-Control: max-age=0, stale-while-revalidate=60', 'ETag: "w"'], body: 'w' }, { status: 304, fields: ['ETag: "w"'] }], async () => (await get('/w'), get('/w')), { miss: 1, stale: 1 }],
    ['the origin says nothing', '/f', [{ how: 'silent' }], () => get('/f'), { failed: 1 }],
    ['an answer of our own', '', [], () => get('/t', ['Max-Forwards: 0'], 'TRACE'), { none: 1 }],
  ];
  let before: Record<string, number> = {};
  for (const [what, path, says, asked, expected] of steps) {
    if (path !== '') origin.tell(path, says);
    await asked();
    const after = await results();
    const found: Record<string, number> = {};
    for (const [key, value] of Object.entries(after)) {
      const result = /cache="(\w+)"/.exec(key)![1]!;
      const more = value - (before[key] ?? 0);
      if (more > 0) found[result] = (found[result] ?? 0) + more;
    }
    t.strictSame(found, expected, what);
    before = after;
  }

  let release = (): void => undefined;
  origin.tell('/c', [{ fields: ['Cache-Control: max-age=60'], body: 'c', wait: new Promise((resolve) => (release = resolve)) }]);
  const crowd = Array.from({ length: 5 }, () => get('/c'));
  await until(async () => valueIn(await scrape(server), 'pagecast_flight_waiters') === 4, 'four who wait');
  release();
  await Promise.all(crowd);
  await settled(serving);
  const families = await scrape(server);
  t.equal(valueIn(families, 'pagecast_flight_joins_total', '{how="collapsed"}'), 4);
  const ofCrowd = ['hit', 'collapsed', 'miss'].map((result) => valueIn(families, 'pagecast_answers_total', `{cache="${result}",status="200"}`) - (before[`{cache="${result}",status="200"}`] ?? 0));
  t.equal(ofCrowd[2], 1, 'one asked the origin');
  t.equal(ofCrowd[0]! + ofCrowd[1]!, 4, 'the others have its answer');
  agreesWithItself(t, families);
  t.equal(valueIn(families, 'pagecast_origin_well_workers', `{origin="${origin.url}"}`), 1);
  t.equal(valueIn(families, 'pagecast_origin_failures_total', '{reason="closed"}'), 1);
  t.ok(valueIn(families, 'pagecast_store_objects') >= 4);
});

/** Each answer has one duration. */
function agreesWithItself(t: Test, families: Families): void {
  const answers = Object.values(counted(families, 'pagecast_answers_total')).reduce((sum, value) => sum + value, 0);
  const durations = [...seriesOf(families)].filter((name) => name.startsWith(`${DURATION}_count`)).map((name) => valueIn(families, DURATION, name.slice(DURATION.length)));
  const incomplete = Object.values(counted(families, 'pagecast_answers_incomplete_total')).reduce((sum, value) => sum + value, 0);
  t.equal(durations.reduce((sum, value) => sum + value, 0) + incomplete, answers, 'each answer was sent, or broken off');
}

t.test('bodies from the origin', async (t) => {
  const { origin, serving } = await proxied(t);
  const { server, place } = serving;
  origin.tell('/chunked', [{ fields: ['Cache-Control: no-store'], body: 'x'.repeat(100_000), how: 'chunked' }]);
  t.equal((await converse(place, { method: 'GET', target: '/chunked', lines: [] })).body.length, 100_000);
  origin.tell('/cut', [{ fields: ['Cache-Control: no-store'], body: 'y'.repeat(1000), how: 'cut-off' }]);
  t.notOk((await converse(place, { method: 'GET', target: '/cut', lines: [] })).complete);
  await until(async () => valueIn(await scrape(server), 'pagecast_answers_incomplete_total', '{reason="aborted"}') === 1, 'the end of it');
  const families = await scrape(server);
  t.strictSame(counted(families, 'pagecast_answers_total'), { '{cache="pass",status="200"}': 2 });
  t.equal(valueIn(families, DURATION, '_count{cache="pass"}'), 1, 'one of them was sent');
});

t.test('the wait for the origin is a part of it, in metrics and log', async (t) => {
  const { origin, serving } = await proxied(t, { accessLog: 'json' });
  origin.tell('/late', [{ fields: ['Cache-Control: max-age=60'], body: 'late', delayMs: 120 }]);
  await converse(serving.place, { method: 'GET', target: '/late', lines: [] });
  await until(() => serving.lines().length === 1, 'its line');
  const { ms } = JSON.parse(serving.lines()[0]!) as { ms: number };
  t.ok(ms >= 100, `${ms} ms`);
  const families = await scrape(serving.server);
  t.equal(valueIn(families, DURATION, '_bucket{cache="miss",le="0.1"}'), 0);
  t.equal(valueIn(families, DURATION, '_count{cache="miss"}'), 1);
});
