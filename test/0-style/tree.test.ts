// The tree is the architecture: who may import whom, no cycles, no orphans, small rooms, and system calls behind the
// table. Each gate counts what it saw, and fails when it saw nothing.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  native: ['native'],
  http: ['http'],
  cache: ['cache', 'http', 'native'],
  server: ['server', 'cache', 'http', 'native'],
  bench: ['bench'],
};
const ENTRIES = new Set(['server/index.ts', 'server/cli/main.ts', 'server/worker.ts', 'server/doors/sendfile.ts', 'server/doors/node.ts', 'server/doors/fastify.ts', 'server/doors/uws.ts', 'server/doors/cache.ts']);
const LINES_MAX = 300;
const SHAPELESS = /(^|[/-])(utils?|helpers?|common|misc|manager)(\.|\/|$)/i;

function filesBelow(folder: string, extension: RegExp): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((name) => extension.test(name));
}

const sources = ['native', 'http', 'cache', 'server', 'bench'].flatMap((folder) => filesBelow(folder, /\.ts$/));

function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const found = [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map((match) => match[1]!);
  return found.map((specifier) => relative(ROOT, normalize(join(ROOT, dirname(file), specifier))));
}

const graph = new Map(sources.map((file) => [file, importsOf(file)]));

t.test('imports go one way', (t) => {
  let seen = 0;
  for (const [file, imports] of graph) {
    const folder = file.split('/')[0]!;
    for (const imported of imports) {
      ++seen;
      t.ok(MAY_IMPORT[folder]!.includes(imported.split('/')[0]!), `${file} may import ${imported}`);
      t.ok(graph.has(imported), `${imported}, imported by ${file}, is there`);
    }
  }
  t.ok(seen > 50, `${seen} imports were looked at`);
  t.end();
});

t.test('http is pure', (t) => {
  const files = sources.filter((file) => file.startsWith('http/'));
  for (const file of files) t.notMatch(readFileSync(join(ROOT, file), 'utf8'), /from 'node:|Date\.now|performance\./, file);
  t.ok(files.length > 10, `${files.length} files were looked at`);
  t.end();
});

t.test('no cycle between files', (t) => {
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) return void t.fail(`cycle: ${[...path.slice(path.indexOf(file)), file].join(' -> ')}`);
    if (done.has(file) || !graph.has(file)) return;
    for (const imported of graph.get(file) ?? []) if (!isTypeOnly(file, imported)) visit(imported, [...path, file]);
    done.add(file);
  };
  for (const file of sources) visit(file, []);
  t.equal(done.size, sources.length, `${done.size} files were walked`);
  t.end();
});

/** A type is no dependency at run time. */
function isTypeOnly(file: string, imported: string): boolean {
  const name = imported.split('/').at(-1)!;
  const lines = readFileSync(join(ROOT, file), 'utf8').split('\n').filter((line) => line.includes(`/${name}'`));
  return lines.every((line) => line.startsWith('import type') || line.startsWith('export type'));
}

t.test('no file is an orphan', (t) => {
  const imported = new Set([...graph.values()].flat());
  const product = sources.filter((file) => !file.startsWith('bench/'));
  for (const file of product) t.ok(imported.has(file) || ENTRIES.has(file), `${file} is used`);
  t.ok(product.length > 40, `${product.length} files were looked at`);
  t.end();
});

t.test('small rooms with names of their own', (t) => {
  const all = [...sources, ...filesBelow('native', /\.(cc|h)$/), ...filesBelow('test', /\.(ts|cc|h)$/)];
  for (const file of all) {
    const lines = readFileSync(join(ROOT, file), 'utf8').split('\n').filter((line) => line.trim() !== '' && !/^\s*(\/\/|\*|\/\*)/.test(line)).length;
    // Tables of cases are data.
    if (!/test\/.*(requests|table|cases|transcripts)\.ts$/.test(file)) t.ok(lines <= LINES_MAX, `${file} has ${lines} lines`);
    t.notMatch(file, SHAPELESS, file);
  }
  t.ok(all.length > 80, `${all.length} files were looked at`);
  t.end();
});

t.test('system calls stand behind the table', (t) => {
  const engine = ['accepting', 'answer', 'arena', 'binding_engine', 'engine', 'files', 'jobs', 'lookups', 'pool', 'resolve', 'sending'].map((name) => `native/${name}.cc`);
  const calls = /(?<![\w>])::(open|openat|read|pread|write|pwrite|sendmsg|sendfile|recv|accept4?|close|fstat|stat|mmap|munmap|epoll_\w+|syscall|fcntl|shutdown|setsockopt)\(/;
  for (const file of engine) t.notMatch(readFileSync(join(ROOT, file), 'utf8'), calls, file);
  t.end();
});
