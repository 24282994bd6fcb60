// When an origin is left out, and when it is asked again.
import fc from 'fast-check';
import t from 'tap';
import { Health, type HealthChange } from '../../server/proxy/origin/health.ts';
import { ask, begin, originsOf, until } from './origin-asking.ts';
import { answer, FIN, RawOrigin } from './raw-origin.ts';

const LIMITS = { failuresMax: 3, backoffMs: 1_000, backoffMsMax: 30_000 };

function failTimes(health: Health, times: number, nowMs: number): HealthChange[] {
  return Array.from({ length: times }, () => health.failed(nowMs));
}

t.test('failures in a row', (t) => {
  const health = new Health(LIMITS);
  t.same(failTimes(health, 2, 0), [undefined, undefined]);
  t.ok(health.isOpen(0));
  t.equal(health.answered(), undefined);
  t.same(failTimes(health, 3, 0), [undefined, undefined, 'out'], 'an answer begins the row anew');
  t.notOk(health.well);
  t.notOk(health.isOpen(999));
  t.ok(health.isOpen(1_000), 'due for its trial');
  health.asked();
  t.notOk(health.isOpen(1_000), 'one trial at a time');
  t.equal(health.answered(), 'back');
  t.ok(health.well && health.isOpen(0));
  t.end();
});

t.test('each failed trial doubles the time, up to the most', (t) => {
  const health = new Health(LIMITS);
  let nowMs = 0;
  failTimes(health, 3, nowMs);
  const times: number[] = [];
  for (let i = 0; i < 8; i++) {
    times.push(health.dueMs - nowMs);
    nowMs = health.dueMs;
    health.asked();
    t.equal(health.failed(nowMs), undefined, 'it is out already');
  }
  t.same(times, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
  health.asked();
  health.answered();
  failTimes(health, 3, nowMs);
  t.equal(health.dueMs - nowMs, 1_000, 'after an answer from the beginning');
  t.end();
});

t.test('what was under way when it went out changes nothing', (t) => {
  const health = new Health(LIMITS);
  failTimes(health, 50, 0);
  t.equal(health.dueMs, 1_000);
  t.end();
});

t.test('a trial that says nothing is followed by another', (t) => {
  const health = new Health(LIMITS);
  failTimes(health, 3, 0);
  health.asked();
  health.unknown();
  t.ok(health.isOpen(1_000));
  t.end();
});

t.test('probes judge apart from requests', (t) => {
  const health = new Health(LIMITS);
  t.same([false, false, false].map((good) => health.probed(good)), [undefined, undefined, 'out']);
  t.equal(health.answered(), undefined, 'requests that succeed do not bring it back');
  t.notOk(health.isOpen(1e9));
  t.equal(health.probed(true), 'back');
  failTimes(health, 3, 0);
  t.equal(health.probed(true), undefined, 'a probe that succeeds does not either');
  t.notOk(health.isOpen(0));
  t.end();
});

t.test('whatever happens: out and back by turns, and open again in time', (t) => {
  fc.assert(fc.property(fc.array(fc.tuple(fc.constantFrom('asked', 'answered', 'failed', 'unknown', 'good', 'bad'), fc.nat(5_000)), { maxLength: 200 }), (events) => {
    const health = new Health(LIMITS);
    let nowMs = 0;
    let out = false;
    for (const [event, ms] of events) {
      nowMs += ms;
      const change = event === 'failed' ? health.failed(nowMs) : event === 'answered' ? health.answered() : event === 'good' || event === 'bad' ? health.probed(event === 'good') : undefined;
      if (event === 'asked') health.asked();
      if (event === 'unknown') health.unknown();
      if (change !== undefined && (change === 'out') === out) return false;
      if (change !== undefined) out = change === 'out';
      if (out === health.well || health.dueMs > nowMs + 30_000) return false;
    }
    health.probed(true);
    health.unknown();
    return health.isOpen(nowMs + 30_000);
  }));
  t.end();
});

t.test('over sockets: out, left alone, on trial, back', async (t) => {
  const bad = await RawOrigin.listen([[FIN]]);
  const good = await RawOrigin.listen([[answer('good')]]);
  const reports: string[] = [];
  const origins = originsOf({ urls: [bad.url, good.url], health: { failuresMax: 2, backoffMs: 300 } }, (name, _message, facts) => {
    if (name !== 'originFailed') reports.push(`${name} ${facts?.['origin'] ?? ''}`);
  });
  const bodies = [];
  for (let i = 0; i < 12; i++) bodies.push((await ask(origins)).body);
  t.same(bodies, Array(12).fill('good'), 'each request is answered');
  t.equal(bad.requests, 2, 'the bad one is asked twice');
  t.same(reports, [`originOut ${bad.url}`]);
  t.same(origins.states().map(({ well }) => well), [false, true]);
  bad.script([answer('back')]);
  await until(() => {
    if (origins.counts()['active'] === 0) begin(origins);
    return origins.states().every(({ well }) => well);
  });
  t.same(reports, [`originOut ${bad.url}`, `originBack ${bad.url}`]);
  await origins.close();
  await bad.close();
  await good.close();
});

t.test('all out: asked all the same', async (t) => {
  const origin = await RawOrigin.listen([[FIN]]);
  const origins = originsOf({ urls: [origin.url], retriesMax: 0, health: { failuresMax: 1, backoffMs: 30_000 } });
  for (let i = 0; i < 3; i++) t.equal((await ask(origins)).story, 'closed before head');
  t.equal(origin.requests, 3);
  origin.script([answer('hi')]);
  t.equal((await ask(origins)).body, 'hi', 'at once, when it is back');
  t.ok(origins.states()[0]?.well);
  await origins.close();
  await origin.close();
});

t.test('what does not count: answers of any status, broken ones, clients that go', async (t) => {
  const origin = await RawOrigin.listen([['HTTP/1.1 503 S\r\nContent-Length: 0\r\n\r\n'], ['garbage\r\n\r\n'], ['HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi', FIN], []]);
  const origins = originsOf({ urls: [origin.url], retriesMax: 0, health: { failuresMax: 1 } });
  for (let i = 0; i < 3; i++) await ask(origins);
  const recorder = begin(origins);
  await until(() => origin.requests === 4);
  recorder.call.cancel('gone');
  t.ok(origins.states()[0]?.well);
  await origins.close();
  await origin.close();
});

t.test('probes', async (t) => {
  const origin = await RawOrigin.listen([['HTTP/1.1 503 S\r\nContent-Length: 0\r\n\r\n']]);
  const other = await RawOrigin.listen([['HTTP/1.1 302 F\r\nContent-Length: 0\r\n\r\n']]);
  const origins = originsOf({ urls: [origin.url, other.url], health: { failuresMax: 2, active: { path: '/well?', intervalMs: 20, timeoutMs: 5_000 } } });
  await until(() => origins.states()[0]?.well === false);
  t.match(origin.received[0], /^GET \/well\? HTTP\/1\.1\r\nhost: 127\.0\.0\.1:\d+\r\nconnection: \S+\r\nUser-Agent: pagecast\r\n\r\n$/);
  t.ok(origins.states()[1]?.well, '302 is good unless told otherwise');
  other.script([answer('other')]);
  for (let i = 0; i < 3; i++) t.equal((await ask(origins)).body, 'other');
  origin.script([answer('hi')]);
  await until(() => origins.states().every(({ well }) => well));
  await origins.close();
  const { length } = origin.sockets;
  await new Promise((resolve) => setTimeout(resolve, 60));
  t.equal(origin.sockets.length, length, 'closed: none any more');
  await until(() => [...origin.sockets, ...other.sockets].every(({ closed }) => closed));

  origin.script([answer('hi')]);
  const picky = originsOf({ urls: [origin.url], health: { failuresMax: 1, active: { path: '/', intervalMs: 20, expectStatus: 204 } } });
  await until(() => picky.states()[0]?.well === false);
  await picky.close();
  origin.script([]);
  const hasty = originsOf({ urls: [origin.url], health: { failuresMax: 1, active: { path: '/', intervalMs: 20, timeoutMs: 30 } } });
  await until(() => hasty.states()[0]?.well === false);
  await hasty.close();
  await origin.close();
  await other.close();
});
