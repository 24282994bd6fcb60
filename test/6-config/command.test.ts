// `pagecast check`, `pagecast config`, and a server that is told by a config file, as commands.
import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ask } from '../client.ts';
import { result, running } from '../command.ts';
import { shortFolder } from '../serving.ts';

function folderWith(t: Test, files: Readonly<Record<string, string>>): string {
  const folder = realpathSync(shortFolder(t));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const CONFIG = 'import { defineConfig } from "pagecast";\nexport default defineConfig({ listen: "127.0.0.1:0", workers: 1, control: undefined, routes: [{ path: "/hi", handle: () => new Response("hi") }, { root: "dist" }] });\n';

t.test('check: nothing is wrong', async (t) => {
  const cwd = folderWith(t, { 'pagecast.config.ts': CONFIG, 'dist/index.html': 'index', 'other.json': '{ "root": "dist", "proxy": "http://127.0.0.1:3000" }' });
  t.match(await result(t, ['check'], { cwd }), { code: 0, stdout: 'ok: pagecast.config.ts: 1 site, 2 routes, 1 function\n', stderr: '' });
  t.match(await result(t, ['check', 'other.json'], { cwd }), { code: 0, stdout: `ok: other.json: ${cwd}/dist, then http://127.0.0.1:3000\n`, stderr: '' });
  t.match(await result(t, ['check', '-c', 'other.json'], { cwd }), { code: 0 });
});

t.test('check: all that is wrong', async (t) => {
  const cwd = folderWith(t, {
    'pagecast.config.ts': 'export default { wrokers: 2, graceMs: -1, sites: [{ hosts: ["a"], routes: [{}, { proxy: { urls: ["ftp://x"] } }] }, { hosts: ["a"] }] };',
    'syntax.ts': 'export default {', 'hooks.ts': 'export default { requests() {} };', 'hooked.json': '{ "proxy": { "urls": ["http://h"], "hooks": "hooks.ts" } }',
    'two/pagecast.config.ts': CONFIG, 'two/pagecast.config.json': '{}',
  });
  const { code, stdout, stderr } = await result(t, ['check'], { cwd });
  t.equal(code, 2);
  t.equal(stdout, '');
  t.same(stderr.split('\n'), [
    'pagecast.config.ts: graceMs must be a whole number from 0 to 3600000, not -1',
    'pagecast.config.ts: sites[0].routes[0]: it answers with nothing: one of root, proxy, redirect, respond, handle is missing',
    'pagecast.config.ts: sites[0].routes[1].proxy.urls[0]: "ftp://x": it is not http://host, https://host or unix:/path',
    'pagecast.config.ts: unknown option "wrokers"; did you mean workers?',
    'pagecast.config.ts: sites[1].hosts[0]: "a" is a host of sites[0] already',
    '5 errors', '',
  ]);
  t.match(await result(t, ['check', 'syntax.ts'], { cwd }), { code: 2, stdout: '', stderr: /^pagecast: \S+syntax\.ts:1:\d+: Unexpected token\n$/ });
  t.match(await result(t, ['check', 'hooked.json'], { cwd }), { code: 2, stderr: /^hooked\.json: \S+hooks\.ts exports an unknown hook "requests"[^\n]*\n1 error\n$/ });
  t.match(await result(t, ['check', 'none.ts'], { cwd }), { code: 2, stderr: /^pagecast: there is no file \S+none\.ts\n$/ });
  t.match(await result(t, ['check', 'a.json', 'b.json'], { cwd }), { code: 2, stderr: /one config is checked at a time/ });
  t.match(await result(t, ['check'], { cwd: join(cwd, 'two') }), { code: 2, stderr: /^pagecast: there are pagecast\.config\.ts and pagecast\.config\.json: -c FILE says which of them is meant\n$/ });
  t.match(await result(t, ['check'], { cwd: '/' }), { code: 2, stderr: /^pagecast: there is no pagecast\.config\.ts here/ });
});

t.test('config', async (t) => {
  const cwd = folderWith(t, { 'pagecast.config.ts': CONFIG, 'dist/index.html': 'index', 'secrets.json': '{ "root": "dist", "access": { "users": ["alice:hunter2"] } }' });
  const json = await result(t, ['config', '--json', '--workers', '3'], { cwd, env: { PAGECAST_GRACE_PERIOD: '2' } });
  t.equal(json.code, 0, json.stderr);
  const members = new Map((JSON.parse(json.stdout) as { path: string; value: unknown; source: string }[]).map(({ path, value, source }) => [path, { value, source }]));
  t.same(members.get('workers'), { value: 3, source: '--workers' });
  t.same(members.get('graceMs'), { value: 2000, source: 'PAGECAST_GRACE_PERIOD' });
  t.same(members.get('listen'), { value: '127.0.0.1:0', source: join(cwd, 'pagecast.config.ts') });
  t.same(members.get('routes[1].root'), { value: join(cwd, 'dist'), source: join(cwd, 'pagecast.config.ts') });
  t.same(members.get('routes[0].handle'), { value: 'function handle', source: join(cwd, 'pagecast.config.ts') });
  t.same(members.get('limits.headBytesMax'), { value: 16_384, source: 'default' });
  const text = await result(t, ['config', '-c', 'secrets.json'], { cwd });
  t.match(text.stdout, /^access\.users +\["alice:\*\*\*"\] +\S+secrets\.json$/m);
  t.match(text.stdout, /^index +"index\.html" +default$/m);
  t.notMatch(text.stdout, /hunter2/);
  t.match(await result(t, ['config'], { cwd: '/' }), { code: 0, stdout: /^workers +\d+ +default$/m }, 'also where there is none');
  t.match(await result(t, ['config', '--workers', '0'], { cwd }), { code: 2, stdout: '', stderr: 'pagecast: --workers must be a whole number from 1 to 256, not 0\n' });
});

t.test('serving', async (t) => {
  const cwd = folderWith(t, { 'pagecast.config.ts': CONFIG, 'dist/index.html': 'index', 'sites.json': '{ "workers": 1, "sites": [{ "hosts": ["a.example", "*.b.example"], "root": "dist" }] }', 'broken.ts': 'export default {' });
  const found = await running(t, [], { cwd });
  t.match(found.told, { config: join(cwd, 'pagecast.config.ts'), workers: 1 }, 'it is looked for where nothing is named');
  t.equal((await ask(found.place, '/hi')).body.toString(), 'hi');
  t.equal((await ask(found.place, '/')).body.toString(), 'index');
  const named = await running(t, ['-c', 'sites.json', '-l', '127.0.0.1:0', '--header', 'X-A: a'], { cwd });
  t.match(named.told, { config: join(cwd, 'sites.json'), sites: ['a.example *.b.example'] });
  t.match(await ask(named.place, '/', { fields: { Host: 'x.b.example' } }), { status: 200, fields: new Map([['x-a', 'a']]) });
  t.equal((await ask(named.place, '/', { fields: { Host: 'c.example' } })).status, 421);
  const folder = await running(t, ['dist', '-p', '0', '-H', '127.0.0.1', '--workers', '1'], { cwd });
  t.match(folder.told, { root: 'dist' }, 'who names a folder means no config');
  t.notOk('config' in folder.told);
  const variable = await running(t, [], { cwd: '/', env: { PAGECAST_CONFIG: join(cwd, 'pagecast.config.ts') } });
  t.equal((await ask(variable.place, '/hi')).body.toString(), 'hi');
  t.match(await result(t, ['-c', 'broken.ts'], { cwd }), { code: 2, stdout: '', stderr: /^pagecast: \S+broken\.ts:1:\d+: Unexpected token\n$/ });
  t.match(await result(t, ['dist', '-c', 'sites.json'], { cwd }), { code: 2, stderr: /^pagecast: \[DIR\]: it is of one site/ });
});
