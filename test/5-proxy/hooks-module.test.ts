// The module of hooks: what is refused when a server is made, and when its workers load it; each with the name of the file.
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import t from 'tap';
import { createServer, defineHooks, HooksError, type CacheOptions, type ProxyOptions } from '../../server/index.ts';
import { loadHooks } from '../../server/proxy/hook-module.ts';
import { result } from '../command.ts';
import { shortFolder } from '../serving.ts';
import { hooked, moduleOf } from './hooking.ts';

const ORIGIN = 'http://127.0.0.1:1';

t.test('options', (t) => {
  const folder = shortFolder(t);
  for (const name of ['hooks.json', 'hooks', 'good.mjs']) writeFileSync(join(folder, name), 'export default {};');
  const faults: readonly (readonly [hooks: unknown, says: RegExp])[] = [
    [join(folder, 'none.mjs'), /proxy.hooks: there is no file .*none\.mjs/],
    [folder, /must end in/],
    [join(folder, 'hooks.json'), /hooks\.json must end in \.js, \.mjs/],
    [join(folder, 'hooks'), /must end in/],
    ['', /must be the path of a module, not ""/],
    [7, /must be the path of a module, or an object of hooks, not 7/],
    [{}, /proxy\.hooks: a function cannot go to the workers/],
    [new URL('http://h/hooks.mjs'), /must be the path of a module, not http:/],
    ['file://elsewhere/hooks.mjs', /must be the path of a module/],
    ['a\0b.mjs', /must be the path/],
    [[], /must be the path of a module, or an object of hooks, not an empty list/],
    [{ requests() {} }, /proxy\.hooks: there is no hook "requests": there are request, key, response/],
    [{ request: 1 }, /proxy\.hooks: the hook "request" must be a function/],
  ];
  for (const [hooks, says] of faults) t.throws(() => createServer({ proxy: { urls: [ORIGIN], hooks } as ProxyOptions }), { name: 'OptionsError', message: says }, String(hooks));
  const good = join(folder, 'good.mjs');
  for (const hooks of [good, pathToFileURL(good), pathToFileURL(good).href]) t.equal(createServer({ proxy: { urls: [ORIGIN], hooks } }).options.proxy?.hooks, good);
  const queries: readonly (readonly [query: unknown, says: RegExp])[] = [
    [{ order: true }, /unknown option "cache.query.order"/], [{ sort: 1 }, /cache.query.sort must be true or false, not 1/],
    [{ drop: 'utm_*' }, /cache.query.drop must be a list of at most 256 names, not "utm_\*"/], [{ keep: [1] }, /cache.query.keep\[0\] must be a name, not 1/], [[], /cache.query must be an object/], [true, /cache.query must be an object/],
  ];
  for (const [query, says] of queries) t.throws(() => createServer({ proxy: ORIGIN, cache: { query } as CacheOptions }), { name: 'OptionsError', message: says });
  t.throws(() => createServer({ proxy: { urls: [{ url: ORIGIN, name: 'a' }, { url: `${ORIGIN}1`, name: 'a' }] } }), { message: /proxy\.urls: two origins have the name "a"/ });
  t.end();
});

const modules: readonly (readonly [text: string, says: RegExp])[] = [
  ['export const request = () => undefined;', /has? no default export|have no default export/],
  ['export default function () {}', /must be an object of hooks, not function/],
  ['export default null;', /not null/],
  ['export default { requests() {} };', /exports an unknown hook "requests": there are request, key, response/],
  ['export default { request: {} };', /the hook "request" of .* must be a function, not object/],
  ['export default { response: null };', /must be a function, not null/],
  ['export default {', /cannot be loaded: \S+hooks\.mjs:1:\d+: Unexpected token/],
  ["throw new RangeError('at the top');", /cannot be loaded: \S+hooks\.mjs:1:\d+: RangeError: at the top/],
  ["throw undefined;", /cannot be loaded: \S+hooks\.mjs throws undefined/],
  ["import 'no-such-package-at-all';", /cannot be loaded: \S+hooks\.mjs: there is no "no-such-package-at-all"/],
];

t.test('modules', async (t) => {
  for (const [text, says] of modules) {
    const file = moduleOf(t, text);
    await t.rejects(loadHooks(file), { name: 'HooksError', message: says }, text);
    const error: unknown = await loadHooks(file).catch((fault: unknown) => fault);
    t.ok(error instanceof HooksError && error.message.includes(file), 'it names the file');
  }
  t.same(Object.keys(await loadHooks(moduleOf(t, 'module.exports = { request() {}, key: undefined };', 'hooks.cjs'))), ['request', 'key']);
  const hooks = defineHooks({ key: ({ query }) => query.sort() });
  t.equal(defineHooks(hooks), hooks);
});

t.test('a server whose workers cannot load it does not start', async (t) => {
  const file = moduleOf(t, 'export default { requests() {} };');
  const server = createServer({ workers: 2, proxy: { urls: [ORIGIN], hooks: file } });
  await t.rejects(server.listen('127.0.0.1:0'), { name: 'HooksError', message: file });
  t.equal(server.address(), null);
});

t.test('the command', async (t) => {
  const file = moduleOf(t, 'export default { requests() {} };');
  const ended = await result(t, ['--proxy', ORIGIN, '--hooks', file, '--port', '0']);
  t.equal(ended.code, 2);
  t.match(ended.stderr, new RegExp(`^pagecast: \\S*${basename(file)} exports an unknown hook "requests"[^\\n]*\\n$`));
  t.match(await result(t, ['--hooks', file]), { code: 2, stderr: /--proxy is missing/ });
});

t.test('TypeScript, on every Node.js', async (t) => {
  const file = moduleOf(t, 'type Path = { path: string };\nexport default { request: ({ path }: Path) => ({ respond: { status: 200, body: path as string } }) };\n', 'hooks.ts');
  const site = await hooked(t, { proxy: { hooks: file } });
  t.equal(await site.text('/typed'), '/typed');
});
