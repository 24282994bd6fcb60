// Config files: what they may be, and what is said of those that cannot be used.
import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ConfigError, loadConfig } from '../../server/index.ts';
import { shortFolder } from '../serving.ts';
import { jsonFault } from '../../server/config/json-text.ts';
import { badFiles } from './load-cases.ts';

async function loaded(t: Test, name: string, text: string, others: Readonly<Record<string, string>> = {}): Promise<unknown> {
  const folder = realpathSync(shortFolder(t));
  for (const [path, content] of Object.entries({ ...others, [name]: text })) {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  const { config } = await loadConfig(join(folder, name), { STAGE: 'test' });
  return JSON.parse(JSON.stringify(config ?? null).replaceAll(folder, 'FOLDER')) as unknown;
}

t.test('refused, with the place', async (t) => {
  for (const { name, text, says } of badFiles) {
    const folder = realpathSync(shortFolder(t));
    const file = join(folder, name);
    writeFileSync(file, text);
    writeFileSync(join(folder, 'broken.ts'), 'const a = 1;\nconst = 2;\n');
    writeFileSync(join(folder, 'throwing.ts'), '// one\n// two\nthrow new Error("at the third line");\n');
    writeFileSync(join(folder, 'broken.json'), '{');
    const error: unknown = await loadConfig(file).catch((fault: unknown) => fault);
    t.ok(error instanceof ConfigError, `${text.slice(0, 60)}: ${String(error)}`);
    const message = (error as Error).message.replaceAll(file, 'FILE').replaceAll(folder, 'FOLDER');
    t.match(message, says, text.slice(0, 60));
    t.notMatch(message, /\n/, 'one line');
  }
  await t.rejects(loadConfig('/nowhere/pagecast.config.ts'), { name: 'ConfigError', message: 'there is no file /nowhere/pagecast.config.ts' });
  await t.rejects(loadConfig(shortFolder(t)), { name: 'ConfigError', message: /must end in/ });
});

t.test('TypeScript', async (t) => {
  t.same(await loaded(t, 'pagecast.config.ts', `
    import { defineConfig, type ServerOptions } from 'pagecast';
    enum Ports { http = 8080 }
    const options = { listen: Ports.http, workers: await Promise.resolve(2) } satisfies ServerOptions;
    export default defineConfig({ ...options, root: '.' as string });
  `), { listen: 8080, workers: 2, root: 'FOLDER' });
  t.same(await loaded(t, 'pagecast.config.mts', 'export default ({ env }: { env: Record<string, string> }) => ({ index: env.STAGE });'), { index: 'test' }, 'a function of the environment');
});

t.test('JavaScript', async (t) => {
  t.same(await loaded(t, 'pagecast.config.mjs', 'import { join } from "node:path";\nexport default { index: join("a", "b") };'), { index: 'a/b' });
  t.same(await loaded(t, 'pagecast.config.js', 'export default { index: "esm" };'), { index: 'esm' }, 'ES module, whatever package.json says');
  t.same(await loaded(t, 'pagecast.config.js', 'const { join } = require("path");\nmodule.exports = { index: join("a", "b") };'), { index: 'a/b' }, 'CommonJS');
  t.same(await loaded(t, 'pagecast.config.cjs', 'exports.index = "cjs";'), { index: 'cjs' });
  t.same(await loaded(t, 'pagecast.config.mjs', '#!/usr/bin/env node\nexport default {};'), {});
});

t.test('JSON', async (t) => {
  t.same(await loaded(t, 'pagecast.config.json', '{ "root": "dist", "workers": 2, "sites": [] }'), { root: 'FOLDER/dist', workers: 2, sites: [] });
  t.same(await loaded(t, 'pagecast.config.json', '\ufeff {\r\n\t"a": [1, -2.5e3, true, null, "\\u00e9\\n", {}, []] } '), { a: [1, -2500, true, null, 'é\n', {}, []] });
  for (const text of ['1', '"a"', '[]', '[[],[{}]]', '{"a":{"b":[1,2,{"c":null}]}}', '-0', '1E+2', '""']) {
    t.equal(jsonFault(text), undefined, text);
    t.doesNotThrow(() => void JSON.parse(text));
  }
  const deep = '['.repeat(100_000) + ']'.repeat(100_000);
  t.equal(jsonFault(deep), undefined, 'as deep as can be');
});

t.test('what it imports', async (t) => {
  t.same(await loaded(t, 'pagecast.config.ts', `
    import named, { value, nothing } from './lib/module';
    import * as all from './lib/module.js';
    import data from './lib/data.json' with { type: 'json' };
    import common from './lib/common.cjs';
    import { readFileSync } from 'node:fs';
    import 'pagecast';
    const lazy = await import('./lib/lazy.ts');
    export default { headers: { named, value, nothing: typeof nothing, all: Object.keys(all).sort().join(), data: data.key, common: common.key, lazy: lazy.default, fs: typeof readFileSync, url: import.meta.url, dirname: import.meta.dirname } };
  `, {
    'lib/module.ts': 'export default "default"; export const value: string = "value"; export let nothing: undefined;',
    'lib/data.json': '{ "key": "json" }',
    'lib/common.cjs': 'const { inner } = require("./inner"); module.exports = { key: inner };',
    'lib/inner.js': 'exports.inner = "required";',
    'lib/lazy.ts': 'export default "lazy" as string;',
  }), { headers: { named: 'default', value: 'value', nothing: 'undefined', all: 'default,nothing,value', data: 'json', common: 'required', lazy: 'lazy', fs: 'function', url: 'file://FOLDER/pagecast.config.ts', dirname: 'FOLDER' } });
  t.same(await loaded(t, 'pagecast.config.ts', 'import { a } from "./a.ts";\nexport default { index: a() };', {
    'a.ts': 'import { b } from "./b.ts";\nexport const a = (): string => `a${b()}`;', 'b.ts': 'import { a } from "./a.ts";\nexport const b = (): string => typeof a;',
  }), { index: 'afunction' }, 'in a circle');
  t.same(await loaded(t, 'pagecast.config.ts', 'const [a, b] = await Promise.all([import("./a.ts"), import("./b.ts")]);\nexport default { index: a.x + b.x };', {
    'a.ts': 'import { x as y } from "./shared.ts"; export const x = y;', 'b.ts': 'import { x as y } from "./shared.ts"; export const x = y;', 'shared.ts': 'await new Promise((done) => setTimeout(done, 20)); export const x = "x";',
  }), { index: 'xx' }, 'at the same time');
  t.same(await loaded(t, 'pagecast.config.ts', 'import { count } from "./a.ts";\nimport { count as again } from "./b.ts";\nexport default { workers: count + again };', {
    'counter.ts': 'export const seen = { count: 0 }; seen.count += 1;', 'a.ts': 'import { seen } from "./counter.ts"; export const { count } = seen;', 'b.ts': 'import { seen } from "./counter"; export const { count } = seen;',
  }), { workers: 2 }, 'each module runs once');
});

t.test('packages, from where they are installed', async (t) => {
  t.same(await loaded(t, 'pagecast.config.ts', 'import { name } from "a-package";\nimport common from "common-package";\nexport default { index: `${name} ${common.name}` };', {
    'node_modules/a-package/package.json': '{ "type": "module", "exports": "./main.js" }', 'node_modules/a-package/main.js': 'export const name = "a";',
    'node_modules/common-package/package.json': '{ "main": "main.js" }', 'node_modules/common-package/main.js': 'module.exports = { name: "common" };',
  }), { index: 'a common' });
});

t.test('a folder with an odd name', async (t) => {
  const odd = 'a b%20#?é';
  t.same(await loaded(t, `${odd}/pagecast.config.js`, 'const { name } = require("a-package");\nconst { x } = require("./x.js");\nmodule.exports = { index: name + x };', {
    [`${odd}/node_modules/a-package/index.js`]: 'exports.name = "a";', [`${odd}/x.js`]: 'exports.x = "x";',
  }), { index: 'ax' });
  t.same(await loaded(t, `${odd}/pagecast.config.ts`, 'import { x } from "./x.ts";\nimport { name } from "a-package";\nexport default { index: name + x };', {
    [`${odd}/node_modules/a-package/index.js`]: 'exports.name = "a";', [`${odd}/x.ts`]: 'export const x = "x";',
  }), { index: 'ax' });
});

t.test('paths are from the folder of the file, wherever it is run', async (t) => {
  const config = { root: 'dist', logFile: '../log', guard: { snapshotDir: './snap' }, proxy: { urls: ['http://h'], hooks: './hooks.ts', sendfileRoot: '/abs' }, headers: { root: 'dist' }, sites: [{ root: '.', routes: [{ root: 'a/../b', respond: { body: 'root' } }] }] };
  t.same(await loaded(t, 'pagecast.config.json', JSON.stringify(config)), {
    root: 'FOLDER/dist', logFile: '/tmp/log', guard: { snapshotDir: 'FOLDER/snap' }, proxy: { urls: ['http://h'], hooks: 'FOLDER/hooks.ts', sendfileRoot: '/abs' }, headers: { root: 'dist' },
    sites: [{ root: 'FOLDER', routes: [{ root: 'FOLDER/b', respond: { body: 'root' } }] }],
  });
  const folder = realpathSync(shortFolder(t));
  mkdirSync(join(folder, 'real'));
  writeFileSync(join(folder, 'real/pagecast.config.json'), '{ "root": "dist" }');
  symlinkSync('real/pagecast.config.json', join(folder, 'link.json'));
  t.match(await loadConfig(join(folder, 'link.json')), { config: { root: join(folder, 'real/dist') } }, 'a link is followed');
});

t.test('each load begins anew', async (t) => {
  const folder = shortFolder(t);
  const file = join(folder, 'pagecast.config.ts');
  for (const workers of [1, 2, 3]) {
    writeFileSync(join(folder, 'number.ts'), `export const workers = ${workers};`);
    writeFileSync(file, 'import { workers } from "./number.ts";\nexport default { workers };');
    t.match(await loadConfig(file), { config: { workers } });
  }
});
