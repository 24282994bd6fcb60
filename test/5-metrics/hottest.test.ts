// What is asked for most: exact where there is little, right about what is hot where there is much, and bounded where every URL is another.
import t, { type Test } from 'tap';
import { RequestHead } from '../../http/head.ts';
import { RESULT_HIT, RESULT_MISS } from '../../server/metrics/cache-results.ts';
import { Hottest, hottestOf, type Hot } from '../../server/metrics/hottest.ts';
import { bytesPlan, Plan } from '../../server/plan.ts';
import { serve } from '../serving.ts';
import { ask } from '../client.ts';


function requestOf(target: string, host = 'a'): RequestHead {
  const bytes = Buffer.from(`GET ${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`, 'latin1');
  const head = new RequestHead();
  head.parse(bytes, 0, bytes.length);
  return head;
}

function planOf(result: number, bytes: number): Plan {
  const plan = bytesPlan(200, [], new Uint8Array(bytes));
  plan.result = result;
  return plan;
}

function close(t: Test, found: number | undefined, wanted: number, what: string): void {
  t.ok(found !== undefined && Math.abs(found - wanted) <= wanted * 1e-9, `${what}: ${found} is ${wanted}`);
}

t.test('few are counted one by one', (t) => {
  const hottest = new Hottest();
  hottest.count(requestOf('/before'), planOf(RESULT_HIT, 10));
  t.strictSame(hottest.tell(1000), [], 'nobody had looked');
  for (let i = 0; i < 3; ++i) hottest.count(requestOf('/a?b'), planOf(i === 0 ? RESULT_MISS : RESULT_HIT, 100));
  hottest.count(requestOf('/', 'other'), planOf(RESULT_MISS, 7));
  const [first, second, ...none] = hottest.tell(2000);
  t.strictSame(none, []);
  t.match(first, { url: 'a/a?b', storedShare: 2 / 3 });
  close(t, first?.perS, 3, 'answers');
  close(t, first?.bytesPerS, 300, 'bytes');
  t.match(second, { url: 'other/', storedShare: 0 });
  const [later] = hottest.tell(5000);
  close(t, later?.perS, 3 / (1 + 3 * 2 ** (1 / 15)), 'less when it is over');
  t.strictSame(hottest.tell(11_000), [], 'who looks again after a pause sees what is from then on');
  t.end();
});

t.test('a steady rate is that rate', (t) => {
  const hottest = new Hottest();
  hottest.tell(0);
  const [request, plan] = [requestOf('/a'), planOf(RESULT_HIT, 1)];
  for (let second = 1; second <= 300; ++second) {
    for (let i = 0; i < 5000; ++i) hottest.count(request, plan);
    hottest.tell(second * 1000);
  }
  const perS = hottest.tell(300_000)[0]!.perS;
  t.ok(perS > 4500 && perS < 5500, `${perS} a second, of a sample`);
  t.end();
});

t.test('among many that come once', (t) => {
  const hottest = new Hottest();
  hottest.tell(0);
  const plan = planOf(RESULT_HIT, 1);
  const hot = requestOf('/hot');
  for (let second = 1; second <= 5; ++second) {
    for (let i = 0; i < 500; ++i) hottest.count(i % 10 === 0 ? hot : requestOf(`/${second}-${i}-${'x'.repeat(1000)}`), plan);
    hottest.tell(second * 1000);
  }
  const told = hottest.tell(5000);
  t.equal(told[0]?.url, 'a/hot');
  t.ok(told.length <= 20, `${told.length} are told`);
  t.ok(told.every(({ url }) => url.length <= 256), 'and are not long');
  t.ok(told.slice(1).every(({ perS }) => perS < told[0]!.perS / 10), 'what came once is not taken for what came before it');
  t.ok(told.every(({ storedShare }) => storedShare >= 0 && storedShare <= 1));
  t.end();
});

t.test('of all workers together', (t) => {
  const hot = (url: string, perS: number, storedShare: number): Hot => ({ url, perS, bytesPerS: perS * 10, storedShare });
  t.strictSame(hottestOf([hot('a', 1, 0), hot('b', 3, 1), hot('a', 3, 1)]), [hot('a', 4, 0.75), hot('b', 3, 1)]);
  t.strictSame(hottestOf([]), []);
  t.end();
});

t.test('of a server', async (t) => {
  const { place, server } = await serve(t, { root: t.testdir({ 'a.txt': 'twelve bytes' }) });
  await server.metricsSnapshot();
  for (let i = 0; i < 4; ++i) await ask(place, '/a.txt', { fields: { Host: 'h' } });
  await ask(place, 'http://x/missing', { fields: { Host: 'x' } });
  const { hottest, connections } = await server.metricsSnapshot();
  t.strictSame(hottest.map(({ url }) => url), ['h/a.txt', 'http://x/missing']);
  t.equal(connections.length, 1);
});
