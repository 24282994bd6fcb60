// What two caches tell of one answer: its age, its date, where it is from, which way it has come, and for whom it was asked.
import t, { type Test } from 'tap';
import { ask, type Place, type Reply } from '../client.ts';
import { pause, serve, until } from '../serving.ts';
import { cacheStatuses, urlOf } from './asking.ts';
import { haproxy, HAPROXY_CACHES } from './haproxy.ts';
import { nginx, nginxCache } from './nginx.ts';
import { orders } from './links.ts';
import { listen } from './origin.ts';
import { without } from './program.ts';
import { varnish } from './varnish.ts';

t.jobs = 4;

/** Starts a cache before a place. */
type Cache = (t: Test, behind: Place) => Promise<{ readonly place: Place }>;

const own: Cache = (t, behind) => serve(t, { proxy: urlOf(behind) });
const pairs: readonly { readonly name: string; readonly program?: string; readonly near: Cache; readonly far: Cache }[] = [
  { name: 'pagecast before pagecast', near: own, far: own },
  { name: 'pagecast before varnish', program: 'varnishd', near: own, far: varnish },
  { name: 'varnish before pagecast', program: 'varnishd', near: varnish, far: own },
  { name: 'pagecast before haproxy', program: 'haproxy', near: own, far: (t, behind) => haproxy(t, behind, HAPROXY_CACHES) },
  { name: 'haproxy before pagecast', program: 'haproxy', near: (t, behind) => haproxy(t, behind, HAPROXY_CACHES), far: own },
];

const ageOf = ({ fields }: Reply): number => Number(fields.get('age') ?? 0);

for (const { name, program, near, far } of pairs) {
  t.test(`Age adds up: ${name}`, { skip: program !== undefined && without(program), buffered: true }, async (t) => {
    const farther = (await far(t, (await listen(t)).place)).place;
    const nearer = (await near(t, farther)).place;
    const startMs = Date.now();
    let sinceMs = startMs;
    let before = 100; // the origin's
    let date: string | undefined;
    let aged = 0;
    for (const [place, what] of [[farther, 'the far one'], [farther, 'from the far one'], [nearer, 'the near one'], [nearer, 'from the near one']] as const) {
      // What it has lain somewhere since the last answer, at least. Each hop tells whole seconds.
      const lainS = Math.floor((Date.now() - sinceMs) / 1000);
      const reply = await ask(place, '/aged');
      t.equal(reply.body.toString(), 'aged');
      sinceMs = Date.now();
      if (!reply.fields.has('age')) continue;
      aged++;
      const age = ageOf(reply);
      t.ok(age >= before + lainS, `${what}: ${age}, which is ${before} and ${lainS}`);
      t.ok(age <= 100 + Math.ceil((sinceMs - startMs) / 1000) + 2, `${what}: ${age} after ${sinceMs - startMs} ms`);
      date ??= reply.fields.get('date');
      t.equal(reply.fields.get('date'), date, `${what}: Date is the origin's`);
      before = age;
      await pause(1050);
    }
    t.equal(aged, program === 'haproxy' ? 3 : 4, 'answers with an Age'); // HAProxy tells none of what it has just stored
  });
}

t.test('Age behind nginx, which tells none: by Date', { skip: without('nginx'), buffered: true }, async (t) => {
  const far = await nginx(t, (await listen(t)).place, nginxCache('proxy_pass_header Date;'));
  await ask(far.place, '/part.bin');
  await pause(1100);
  const { place } = await serve(t, { proxy: urlOf(far.place) });
  await ask(place, '/part.bin');
  t.ok(ageOf(await ask(place, '/part.bin')) >= 1);
});

t.test('Cache-Status of two', { buffered: true }, async (t) => {
  const far = await own(t, (await listen(t)).place);
  const { place } = await own(t, far.place);
  const told = async (at: Place): Promise<readonly string[]> => cacheStatuses(await ask(at, '/part.bin'));
  t.strictSame(await told(place), ['pagecast;fwd=uri-miss;stored', 'pagecast;fwd=uri-miss;stored'], 'nobody had it');
  const [first, second, ...more] = await told(place);
  t.equal(first, 'pagecast;fwd=uri-miss;stored', 'what the far one said is kept');
  t.match(second, /^pagecast;hit;ttl=\d+$/);
  t.strictSame(more, []);
  const another = await own(t, far.place);
  const [farther, nearer] = await told(another.place);
  t.match(farther, /^pagecast;hit;ttl=\d+$/, 'the far one had it');
  t.equal(nearer, 'pagecast;fwd=uri-miss;stored');
});

for (const { name, program, caches, build } of orders) {
  const options = { skip: program !== undefined && without(program), buffered: true };
  // What only passes on says the same as what stores besides.
  if (!caches || program === undefined) {
    t.test(`the way: ${name}`, options, async (t) => {
      const { place } = await build(t, ['127.0.0.1']);
      const told = await toldOrigin(place);
      t.match(told('via'), /^1\.1 before(, 1\.[01] [^,]+)*, 1\.[01] pagecast(,|$)/, 'Via');
      t.match(told('x-forwarded-for'), /^203\.0\.113\.9, 127\.0\.0\.1, 127\.0\.0\.1$/, 'every hop of it');
      t.match(told('forwarded'), /^for=203\.0\.113\.9, (for=127\.0\.0\.1;host=www\.example\.com;proto=http(, |$)){1,2}$/);
      t.equal(told('host'), 'www.example.com');
      t.equal(told('x-own'), 'a, b');
    });
  }
  // RFC 9111 §4.3.4. nginx gives what it has stored with the fields that it had; who stores nothing renews nothing.
  if (caches && program !== 'nginx') {
    t.test(`a 304 renews what both have: ${name}`, options, async (t) => {
      const { place, origin } = await build(t);
      t.equal((await ask(place, '/brief')).fields.get('cache-control'), 'public, max-age=1');
      await until(async () => {
        const { status, body, fields } = await ask(place, '/brief');
        if (status !== 200 || body.toString() !== 'brief' || fields.get('etag') !== '"brief"') throw new Error(`${status} ${body.toString()}`);
        await pause(100);
        return fields.get('cache-control') === 'public, max-age=1, again';
      }, 'what came with the 304');
      t.ok(origin.asked.some(({ fields }) => fields.get('if-none-match') === '"brief"'), 'the origin was asked with the tag');
    });
  }
}

t.test('whom nobody trusts is not believed', { skip: without('nginx'), buffered: true }, async (t) => {
  for (const order of orders.filter(({ name }) => name.includes('nginx, a pool') || name === 'pagecast, before pagecast')) {
    const told = await toldOrigin((await order.build(t)).place);
    t.match(told('x-forwarded-for'), /^127\.0\.0\.1(, 127\.0\.0\.1)?$/, order.name);
    t.match(told('forwarded'), /^for=127\.0\.0\.1;host=www\.example\.com;proto=http$/, order.name);
  }
});

/** Fields that the origin was sent, lines joined. */
async function toldOrigin(place: Place): Promise<(name: string) => string> {
  const fields = { 'X-Forwarded-For': '203.0.113.9', Forwarded: 'for=203.0.113.9', Host: 'www.example.com', Via: '1.1 before', 'X-Own': 'a, b' };
  const seen = JSON.parse((await ask(place, '/fields', { fields })).body.toString()) as Record<string, string[] | undefined>;
  return (name) => (seen[name] ?? []).join(', ');
}
