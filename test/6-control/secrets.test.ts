// Nothing that is secret is shown, whoever asks.
import t from 'tap';
import { masked } from '../../server/control/masked.ts';
import { controlled, origin, put } from './controlling.ts';

t.test('masked', (t) => {
  const cases: readonly (readonly [value: unknown, shown: unknown])[] = [
    [{ token: 'x', tokenFile: '/run/token', nested: [{ password: 'x', Secret: { a: 1 }, apiToken: 7 }] }, { token: '***', tokenFile: '/run/token', nested: [{ password: '***', Secret: '***', apiToken: '***' }] }],
    [{ users: ['ann:pass:word', 'bob'] }, { users: ['ann:***', 'bob:***'] }],
    [{ headers: { Authorization: 'x', 'X-Api-Key': 'y', Accept: 'z' }, setCookie: 'keep' }, { headers: { Authorization: '***', 'X-Api-Key': '***', Accept: 'z' }, setCookie: 'keep' }],
    ['redis://user:pass@host:6379/0', 'redis://***@host:6379/0'], ['rediss://:p@ss@host', 'rediss://***@host'], ['http://host/a@b', 'http://host/a@b'],
    ['unix:/run/redis.sock?password=x&db=1', 'unix:/run/redis.sock?password=***&db=1'], [['a://b:c@d', 'a://b:c@e'], ['a://***@d', 'a://***@e']],
    [{ tracing: { endpoint: 'https://u:p@host/', headers: { 'X-Team': 'x' } } }, { tracing: { endpoint: 'https://***@host/', headers: { 'X-Team': '***' } } }], [{ tracing: 1 }, { tracing: 1 }],
    [new URL('https://u:p@host/'), 'https://***@host/'], [/a\/b/, '/a\\/b/'], [{ f: function named() { return 1; } }, { f: 'function named' }],
    [{ token: undefined, password: null, needsToken: true }, { password: null, needsToken: true }], [{ bytes: new Uint8Array(4), shared: new SharedArrayBuffer(4) }, {}], [[undefined, NaN, Infinity], [null, 'NaN', 'Infinity']],
  ];
  for (const [value, shown] of cases) t.strictSame(masked(value), shown);
  const ring: Record<string, unknown> = {};
  ring['ring'] = ring;
  t.doesNotThrow(() => masked(ring), 'a ring ends');
  t.end();
});

t.test('in no answer', async (t) => {
  const from = await origin(t, (_, response) => response.setHeader('Cache-Control', 'public, max-age=60').setHeader('Set-Cookie', 'id=hidden-cookie').setHeader('Vary', 'Authorization').end('x'));
  const control = { listen: '127.0.0.1:0', token: 'hidden-token' };
  const { control: place, site } = await controlled(t, { proxy: from, control, access: { users: ['ann:hidden-password'] }, cache: { setCookie: 'keep' } });
  const authorization = `Basic ${Buffer.from('ann:hidden-password').toString('base64')}`;
  const stored = await put(site, '/', { lines: ['Host: localhost', `Authorization: ${authorization}`] });
  t.match(stored.fields.get('cache-status'), /stored/);
  const lines = ['Host: localhost', 'Authorization: Bearer hidden-token'];
  for (const [path, wanted] of [['status', 200], ['config', 200], ['objects', 200], ['objects/lookup?url=http://localhost/', 200], ['openapi.json', 200], ['nothing', 404]] as const) {
    const { status, text, fields } = await put(place, `/api/v1/${path}`, { lines });
    t.equal(status, wanted, path);
    t.notMatch(text + JSON.stringify([...fields]), /hidden|YW5uO/, path);
    t.notMatch(text, authorization.slice(6), path);
  }
  t.match((await put(place, '/api/v1/config', { lines })).json, { access: { users: ['ann:***'] }, control: { token: '***' } });
});
