// What a proxy calls itself: in Via to origins (RFC 9110 §7.6.3), in Cache-Status to clients (RFC 9211), and in what it takes for a loop.
import t from 'tap';
import { ToldOrigin } from '../5-cache/told-origin.ts';
import { converse } from '../5-cache/talking.ts';
import { settled } from '../5-cache/through.ts';
import { serveRoutes } from '../5-routes/routing.ts';
import { serve } from '../serving.ts';

const STORED = { fields: ['Cache-Control: max-age=60'], body: 'a' };

t.test('the default, another one, and one that is no token of Cache-Status', async (t) => {
  for (const [name, status] of [[undefined, 'pagecast'], ['edge-1.example', 'edge-1.example'], ['2nd', '"2nd"'], ["a'b|c", "a'b|c"]] as const) {
    const origin = await ToldOrigin.listen();
    t.teardown(() => origin.close());
    const serving = await serve(t, { proxy: { urls: [origin.url], retriesMax: 0, ...(name !== undefined && { name }) } });
    const seen = origin.tell('/a', [STORED]);
    const told = async (target: string, method = 'GET'): Promise<string | undefined> => {
      const { fields } = await converse(serving.place, { method, target, lines: ['Via: 1.0 fred'] });
      await settled(serving);
      return fields.get('cache-status');
    };
    t.equal(await told('/a'), `${status};fwd=uri-miss;stored`);
    t.match(await told('/a'), new RegExp(`^${status.replaceAll(/[.|]/g, '\\$&')};hit;ttl=`));
    t.equal(seen[0]!.fields.get('via'), `1.0 fred, 1.1 ${name ?? 'pagecast'}`);
    origin.tell('/b', [{ how: 'silent' }]);
    t.equal(await told('/b', 'POST'), `${status};fwd=method`, 'where there is no answer, too');
  }
});

t.test('it goes round in a circle where its own name is there again and again', async (t) => {
  const origin = await ToldOrigin.listen();
  t.teardown(() => origin.close());
  const { place } = await serve(t, { proxy: { urls: [origin.url], name: 'edge' } });
  const seen = origin.tell('/a', [STORED, STORED]);
  const times = (name: string): string => Array.from({ length: 8 }, () => `1.1 ${name}`).join(', ');
  t.equal((await converse(place, { method: 'POST', target: '/a', lines: [`Via: ${times('EDGE')}`] })).status, 502);
  t.equal((await converse(place, { method: 'POST', target: '/a', lines: [`Via: ${times('pagecast')}`] })).status, 200);
  t.equal(seen.length, 1);
});

t.test('what several proxies of one server have stored is told under the name of each', async (t) => {
  const origin = await ToldOrigin.listen();
  t.teardown(() => origin.close());
  const routes = ['a', 'b'].map((name) => ({ requestHeaders: { 'X-By': name }, proxy: { urls: [origin.url], name } }));
  const { place } = serveRoutes(t, { routes });
  origin.tell('/x', [STORED, STORED]);
  for (const by of ['a', 'b', 'a', 'b', 'b', 'a']) {
    const { fields } = await converse(place, { method: 'GET', target: '/x', lines: [`X-By: ${by}`] });
    t.equal(fields.get('cache-status')?.split(';')[0], by);
  }
});
