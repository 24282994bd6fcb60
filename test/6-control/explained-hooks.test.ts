// Hooks of sites and routes, written in TypeScript in a config and beside it: which of them changed what, before a server runs and in one
// that does; and that what they name is found, and purged, by its URL.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { createServer, loadConfig, type ServerOptions } from '../../server/index.ts';
import { ask } from '../client.ts';
import { result } from '../command.ts';
import { shortFolder } from '../serving.ts';
import { origin, placeOf, put } from './controlling.ts';

type Sections = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

const API_HOOKS = `
import type { HookResponse } from 'pagecast';
let runs = 0;
globalThis.apiHooksRun = (globalThis.apiHooksRun ?? 0) + 1;
export default {
  response(response: HookResponse): void {
    runs += 1;
    response.ttlS = 60;
    response.staleIfErrorS = 5;
    response.tags = [...response.tags, 'api'];
    response.set('X-Runs', 'yes');
    response.set('X-Api-Key', 'hidden');
    response.delete('Set-Cookie');
    if (response.request.path === '/api/never') response.store = false;
  },
};
`;

function configText(from: string): string {
  return `
import type { HookRequest } from 'pagecast';
const hooks = {
  request: ({ path }: HookRequest) => {
    if (path === '/admin') return { bypass: true };
    if (path === '/gone') return { respond: { status: 410 } };
    return path === '/old' ? { path: '/new', fields: { Cookie: null, 'X-Asked': 'a', 'X-Api-Key': 's3cret' }, origin: 'main' } : undefined;
  },
  key: ({ host, path }: HookRequest) => host + '|' + path,
};
export default {
  sites: [
    { hosts: ['one.example'], proxy: { urls: [{ url: '${from}', name: 'main' }], hooks }, routes: [{ path: '/api/*', proxy: { urls: ['${from}'], hooks: './api.ts' } }] },
    { hosts: ['two.example'], proxy: '${from}' },
  ],
};
`;
}

async function written(t: Test): Promise<string> {
  const folder = shortFolder(t);
  const from = await origin(t, (_, response) => response.setHeader('Cache-Control', 'max-age=3600').end('x'));
  writeFileSync(join(folder, 'api.ts'), API_HOOKS);
  writeFileSync(join(folder, 'pagecast.config.ts'), configText(from));
  return join(folder, 'pagecast.config.ts');
}

t.test('before a server runs', async (t) => {
  const file = await written(t);
  const explain = async (url: string, ...words: string[]): Promise<Sections> => {
    const ended = await result(t, ['explain', url, '-c', file, '--json', ...words]);
    t.match(ended, { code: 0, stderr: '' }, url);
    return JSON.parse(ended.stdout) as Sections;
  };
  const old = await explain('http://one.example/old', '-H', 'Cookie: a=1', '-H', 'Connection: keep-alive');
  t.match(old['hooks'], { from: 'sites[0].proxy.hooks', has: ['request()', 'key()'], rewritten: '/new', origin: /^http:/, key: /^one\.example\|\/new#/ });
  t.strictSame(old['hooks']?.['fields'], ['cookie: taken away', 'x-asked: a', 'x-api-key: ***']);
  t.match(old['cache'], { key: old['hooks']?.['key'] });
  t.match(await explain('http://one.example/admin'), { hooks: { rewritten: false, bypass: true }, cache: { fromCache: /bypassed by a hook/ } });
  t.match(await explain('http://one.example/gone'), { hooks: { from: 'sites[0].proxy.hooks', answer: /^410/ } });
  const api = await explain('http://one.example/api/x', '--response', 'Set-Cookie: a=1', '--response', 'Cache-Tag: page');
  t.match(api['hooks'], { from: /\/api\.ts$/, has: ['response()'], rewritten: false });
  t.strictSame(api['response']?.['byHook'], ['ttlS: 60', 'staleIfErrorS: 5', 'tags: page,api', 'set-cookie: taken away', 'x-runs: yes', 'x-api-key: ***']);
  t.match(api['response'], { stored: /^yes/, freshForS: 60, tags: ['page', 'api'] });
  t.match(await explain('http://one.example/api/never', '--status', '200'), { response: { stored: /^no: hook/, byHook: /./ } });
  const plain = await explain('http://two.example/old', '--status', '200');
  t.equal(plain['hooks'], undefined, 'a site without hooks');
  t.equal(plain['response']?.['byHook'], undefined);
});

t.test('in a server that runs', async (t) => {
  const { config, module } = await loadConfig(await written(t));
  const server = createServer({ ...(config as ServerOptions), workers: 1, control: '127.0.0.1:0' }, {}, module);
  const [site] = await server.listen('127.0.0.1:0');
  t.teardown(() => server.close({ force: true }));
  const control = placeOf(server.controlAddress!);
  const explain = async (url: string): Promise<Sections> => (await put(control, '/api/v1/explain', { method: 'POST', content: { url } })).json as Sections;
  for (const path of ['/old', '/api/x']) t.match((await ask(site!, path, { fields: { Host: 'one.example' } })).fields.get('cache-status'), /stored/);
  t.match(await explain('http://one.example/old'), { hooks: { rewritten: '/new', key: /^one\.example\|\/new#/ }, stored: { variants: 1, use: /^fresh/ } }, 'what the key names is found');
  t.match(await explain('http://one.example/api/x'), { hooks: { has: ['response()'] }, stored: { variants: 1 } });
  for (let times = 0; times < 3; ++times) await explain('http://one.example/api/y');
  t.equal((globalThis as { readonly apiHooksRun?: number }).apiHooksRun, 1, 'modules are run once for all explanations');
  t.match(await put(control, '/api/v1/purge', { method: 'POST', content: { url: 'http://one.example/old' } }), { status: 200, json: { purged: 1 } });
  t.match(await explain('http://one.example/old'), { stored: { variants: 0 } });
});
