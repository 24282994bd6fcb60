// Questions that the cache in front makes up itself, and connections that it keeps: what pagecast says to them as the server of a folder and as a cache.
import t, { type Test } from 'tap';
import type { ServerOptions } from '../../server/index.ts';
import { ask, type Place } from '../client.ts';
import { pause, serve, until } from '../serving.ts';
import { urlOf } from './asking.ts';
import { haproxy, HAPROXY_REUSES } from './haproxy.ts';
import { nginx, nginxCache, NGINX_POOL } from './nginx.ts';
import { listen, type Origin } from './origin.ts';
import { without } from './program.ts';
import { digest, HASHED, resourceFolder, resources } from './resources.ts';
import { varnish } from './varnish.ts';

t.jobs = 4;

const SLICES = 'slice 1m; proxy_cache_key $uri$slice_range; proxy_set_header Range $slice_range; proxy_cache_valid 200 206 1h;';

interface Behind {
  readonly place: Place;
  readonly origin: Origin | undefined;
}

const behind: Readonly<Record<string, (t: Test, limits?: ServerOptions['limits']) => Promise<Behind>>> = {
  'a folder': async (t, limits = {}) => ({ place: (await serve(t, { root: resourceFolder(t), site: { maxAgeS: 1 }, guard: HASHED, limits })).place, origin: undefined }),
  'a cache': async (t, limits = {}) => {
    const origin = await listen(t);
    return { place: (await serve(t, { proxy: urlOf(origin.place), limits })).place, origin };
  },
};

for (const [what, build] of Object.entries(behind)) {
  t.test(`slices of nginx before ${what}`, { skip: without('nginx'), buffered: true }, async (t) => {
    const { place, origin } = await build(t);
    const front = await nginx(t, place, nginxCache(SLICES));
    const { bytes } = resources['/big.bin'];
    const part = await ask(front.place, '/big.bin', { fields: { Range: 'bytes=3000000-5000000' } });
    t.strictSame([part.status, digest(part.body)], [206, digest(bytes.subarray(3_000_000, 5_000_001))]);
    const end = await ask(front.place, '/big.bin', { fields: { Range: 'bytes=-10' } });
    t.strictSame([end.status, digest(end.body)], [206, digest(bytes.subarray(-10))]);
    const whole = await ask(front.place, '/big.bin');
    t.strictSame([whole.status, digest(whole.body)], [200, digest(bytes)]);
    if (origin) t.equal(origin.countOf('/big.bin'), 1, 'all slices are of one answer');
  });

  t.test(`nginx validates what ${what} gave`, { skip: without('nginx'), buffered: true }, async (t) => {
    const { place, origin } = await build(t);
    const path = origin ? '/brief' : '/part.bin';
    const front = await nginx(t, place, nginxCache('proxy_cache_revalidate on;'));
    const first = await ask(front.place, path);
    t.equal(first.fields.get('x-from'), 'MISS');
    await until(async () => {
      const { status, fields, body } = await ask(front.place, path);
      if (status !== 200 || !body.equals(first.body)) throw new Error(`${status}, ${body.length} bytes`);
      if (fields.get('x-from') === 'EXPIRED') throw new Error('it was given all of it again');
      await pause(100);
      return fields.get('x-from') === 'REVALIDATED';
    }, 'a 304');
  });

  t.test(`varnish fetches what ${what} gave in the background`, { skip: without('varnishd'), buffered: true }, async (t) => {
    const { place, origin } = await build(t);
    const path = origin ? '/brief' : '/part.bin';
    // 304 or not is told by what it was before the two were made one.
    const front = await varnish(t, place, 'sub vcl_backend_response { set beresp.http.X-Validated = beresp.was_304; }');
    const first = await ask(front.place, path);
    t.equal(first.fields.get('x-validated'), 'false');
    await until(async () => {
      const { status, fields, body } = await ask(front.place, path);
      if (status !== 200 || !body.equals(first.body)) throw new Error(`${status}, ${body.length} bytes`);
      await pause(100);
      return fields.get('x-validated') === 'true';
    }, 'a 304');
  });

  const pools = {
    nginx: (t: Test, place: Place) => nginx(t, place, NGINX_POOL),
    varnishd: (t: Test, place: Place) => varnish(t, place, 'sub vcl_recv { return (pass); }'),
    haproxy: (t: Test, place: Place) => haproxy(t, place, HAPROXY_REUSES),
  };
  const { place } = await build(t, { idleTimeoutMs: 100 });
  for (const [program, start] of Object.entries(pools)) {
    t.test(`connections of ${program} that ${what} closes when they lie idle`, { skip: without(program), buffered: true }, async (t) => {
      const front = await start(t, place);
      const wrong: string[] = [];
      for (let i = 0; i < 16; ++i) {
        const { status, body } = await ask(front.place, '/part.bin');
        if (status !== 200 || !body.equals(resources['/part.bin'].bytes)) wrong.push(`${i}: ${status}, ${body.length} bytes`);
        await pause(80 + 5 * (i % 8)); // around the moment when it is closed
      }
      t.strictSame(wrong, []);
    });
  }
}

t.test('haproxy looks whether a folder is well', { skip: without('haproxy'), buffered: true }, async (t) => {
  const { place, lines } = await serve(t, { root: resourceFolder(t), accessLog: 'combined' });
  const front = await haproxy(t, place, ['option httpchk', 'default-server check inter 50ms fall 1']);
  await until(() => lines().filter((line) => line.includes('"OPTIONS / HTTP/1.0" 204')).length >= 3, 'three looks');
  t.equal((await ask(front.place, '/part.bin')).status, 200);
});
