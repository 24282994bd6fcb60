// What is wrong with a config: every fault at once, each with its place, what was given and what is wanted; and what is right.
import { mkdtempSync, rmSync } from 'node:fs';
import { inspect } from 'node:util';
import t from 'tap';
import { faultsOf, faultText } from '../../server/config/faults.ts';
import { configSchema } from '../../server/config/schema.ts';
import { resolveOptions, type ServerOptions } from '../../server/options.ts';
import { badConfigs } from './bad-config-cases.ts';

const DIR = mkdtempSync('/tmp/pagecast-config-');
t.teardown(() => rmSync(DIR, { recursive: true }));

/** DIR in its place, functions and the like as they are. */
function placed(value: unknown): unknown {
  if (value === 'DIR') return DIR;
  if (Array.isArray(value)) return value.map(placed);
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, placed(member)]));
}

const told = (config: unknown): string[] => faultsOf(configSchema, config).map(faultText);

t.test('refused', (t) => {
  t.ok(badConfigs.length >= 100, `${badConfigs.length} rows`);
  for (const [config, says] of badConfigs) {
    const faults = told(placed(config));
    const name = inspect(config, { depth: 6, breakLength: Infinity }).slice(0, 100);
    t.equal(faults.length, says.length, `${name}: ${faults.join(' | ')}`);
    for (const [i, text] of says.entries()) t.match(faults[i], text, name);
    t.notMatch(faults.join(''), /[\x00-\x1f\x7f-\x9f]/, 'one line, and no control characters');
  }
  t.end();
});

t.test('no password is told', (t) => {
  for (const config of [{ access: { users: ['alice:hunter2', 7] } }, { access: { users: 'alice:hunter2' } }, { access: { users: ['hunter2'] } }, { cluster: { redis: 'redis//:hunter2@h' } }, { control: { listen: 'auto', token: 'hunter2 x' } }]) {
    t.ok(told(config).length > 0, JSON.stringify(config));
    t.notMatch(told(config).join(), /hunter2/, JSON.stringify(config));
  }
  t.end();
});

t.test('odd and large values end soon', (t) => {
  const circle: Record<string, unknown> = {};
  circle['limits'] = circle;
  t.match(told(circle), [/unknown option "limits\.limits"/]);
  t.equal(told({ sites: Array.from({ length: 1001 }, (_, i) => ({ hosts: [`h${i}`] })) }).length, 1, 'more sites than there may be');
  t.same(told({ sites: Array.from({ length: 1000 }, (_, i) => ({ hosts: [`h${i}`] })) }), [], 'as many as there may be');
  t.equal(told({ routes: Array.from({ length: 10_000 }, () => ({})) }).length, 10_000, 'each of them');
  t.match(told({ index: '/'.repeat(10_000_000) }), [/^index must be a file name/]);
  t.match(told(new Proxy({}, { ownKeys: () => ['a'], getOwnPropertyDescriptor: () => ({ value: 1, enumerable: true, configurable: true }) })), [/unknown option "a"/]);
  t.end();
});

const good: readonly (readonly [name: string, config: ServerOptions])[] = [
  ['nothing', {}],
  ['options of today', { root: DIR, index: 'home.html', workers: 1, site: { spa: true, headers: { 'X-A': ['a', 'b'] } }, access: { users: ['a:b'] }, limits: { headTimeoutMs: 1000 } }],
  ['the same without the group', { root: DIR, spa: 'app.html', headers: { 'X-A': 'a' }, cors: true }],
  ['origins in each form', { sites: [{ hosts: ['a'], proxy: 'http://h' }, { hosts: ['b'], proxy: ['http://h', { url: 'http://i', weight: 2 }] }, { hosts: ['c'], proxy: { urls: ['unix:/a.sock'], health: { active: { path: '/h' } } } }] }],
  ['hosts', { sites: [{ hosts: ['example.com', '*.example.com', '192.0.2.1', '[::1]', 'bücher.example', 'a_b.example'] }, {}] }],
  ['routes', { root: DIR, routes: [{ path: '/a', method: ['GET', 'POST'], requestHeaders: { 'X-Key': /^k/i, Accept: true, 'X-B': 'b' }, handle: () => new Response('x') }, { redirect: { to: 'https://h/:splat', status: 308 } }, { root: DIR, listing: true }, { proxy: 'http://h', cache: { ttlS: 60, bypass: false } }] }],
  ['everything else', { proxy: 'http://h', listen: ['127.0.0.1:0', 'unix:/s', 0], proxyProtocol: ['10.0.0.0/8'], cluster: { redis: 'rediss://u:p@h:6379/1' }, tracing: { endpoint: 'http://c:4318/v1/traces', headers: { Authorization: 'x' } }, rateLimit: { perSecond: 0.5, by: { header: 'X-Api-Key' } }, logFile: '/tmp/log', cache: { ageMaxS: Infinity } }],
];

t.test('accepted', (t) => {
  for (const [name, config] of good) {
    t.same(told(config), [], name);
    t.doesNotThrow(() => structuredClone(resolveOptions(config, 1024)), `${name}: it can go to workers`);
  }
  t.end();
});
