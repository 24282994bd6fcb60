// The library: options, listening, closing, several servers in one process, and declarations that TypeScript can use.
import { execFile, spawnSync } from 'node:child_process';
import { readdirSync, rmSync, mkdtempSync, mkdirSync, readFileSync, symlinkSync, writeFileSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { native } from '../../native/index.ts';
import { createServer, OptionsError, type ServerOptions } from '../../server/index.ts';
import { ask, Client, requestText } from '../client.ts';
import { command, running } from '../command.ts';
import { serve, shortFolder, until } from '../serving.ts';
import { optionCases } from './option-cases.ts';

const hasSs = spawnSync('ss', ['-V']).status === 0;

t.test('options that are refused', (t) => {
  const root = t.testdir({});
  t.ok(optionCases.length >= 45, `${optionCases.length} rows`);
  for (const [options, says] of optionCases) {
    const wrong = { root, ...options } as ServerOptions;
    let message = 'accepted';
    try {
      createServer(wrong);
    } catch (error) {
      message = error instanceof OptionsError ? error.message : `${String(error)}, which is no OptionsError`;
    }
    t.match(message, says, JSON.stringify(options));
    t.notMatch(message, /\n/, 'one line');
  }
  t.throws(() => createServer({ root: '/nowhere', workers: 0, index: '' }), /workers.*index.*nowhere/, 'every fault at once');
  t.end();
});

t.test('undefined is as good as absent', async (t) => {
  const root = t.testdir({ 'a.txt': 'a' });
  // Callers in JavaScript, and those without exactOptionalPropertyTypes, pass it.
  const options = { root, workers: undefined, index: undefined, accessLog: undefined, limits: { headTimeoutMs: undefined }, files: { openMax: undefined }, arena: { bytesMax: undefined }, guard: undefined };
  const server = createServer(options as unknown as ServerOptions);
  const [place] = await server.listen('127.0.0.1:0');
  t.equal((await ask(place!, '/a.txt')).body.toString(), 'a');
  await server.close();
});

t.test('congestion control', { skip: hasSs ? false : 'needs ss(8), to ask a connection for it' }, async (t) => {
  const root = t.testdir({ 'a.txt': 'a' });
  const systemDefault = readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8').trim();
  for (const [where, congestionControl, expected] of [['127.0.0.1:0', undefined, 'reno'], ['[::1]:0', undefined, 'reno'], ['0.0.0.0:0', undefined, systemDefault], ['127.0.0.1:0', systemDefault, systemDefault]] as const) {
    const server = createServer({ root, ...(congestionControl && { congestionControl }) });
    const [place] = await server.listen(where);
    const client = await Client.open(place!);
    await client.send(requestText('/a.txt'));
    await client.reply();
    const { stdout } = await promisify(execFile)('ss', ['-tinH', `sport = :${place!.port}`]);
    t.match(stdout, new RegExp(`\\b${expected}\\b`), `${where} ${congestionControl ?? 'by default'}: ${expected}`);
    client.destroy();
    await server.close();
  }
  await t.rejects(createServer({ root, congestionControl: 'nonesuch' }).listen('127.0.0.1:0'), /no such congestion control \(ENOENT\)/);
});

t.test('listening and closing', async (t) => {
  const root = t.testdir({ 'a.txt': 'a' });
  const server = createServer({ root, workers: 2 });
  t.equal(server.address(), null, 'no address yet');
  t.strictSame(await server.counts(), {}, 'no counts yet');
  const [place] = await server.listen('127.0.0.1:0');
  t.strictSame(server.address(), place);
  t.strictSame(server.addresses(), [place]);
  await t.rejects(server.listen('127.0.0.1:0'), /listens once/, 'a second listen()');
  t.equal((await ask(place!, '/a.txt')).body.toString(), 'a', 'which harms nothing');
  const closing = [server.close(), server.close(), server.close({ force: true }), server.close()];
  await Promise.all(closing);
  await server.close();
  await server.close({ force: true });
  t.equal(server.address(), null);
  t.strictSame(await server.counts(), {});
  await t.rejects(server.listen('127.0.0.1:0'), /closed/, 'listen() after close()');
  await t.rejects(Client.open(place!), { code: 'ECONNREFUSED' });
  const never = createServer({ root });
  await never.close();
  t.pass('close() without listen()');
});

t.test('addresses that cannot be had leave nothing open', async (t) => {
  const root = shortFolder(t);
  writeFileSync(join(root, 'file'), 'x');
  const first = await serve(t, { root });
  const before = readdirSync('/proc/self/fd').length;
  const rows: [string[], RegExp][] = [
    [[`127.0.0.1:${first.place.port}`], /EADDRINUSE/], [['127.0.0.1:0', `127.0.0.1:${first.place.port}`], /EADDRINUSE/], [['203.0.113.9:0'], /EADDRNOTAVAIL/],
    [[`unix:${root}/file`], /EEXIST/], [['127.0.0.1:0', 'fd:9999'], /EBADF/], [['nowhere.invalid:0'], /no such host/],
  ];
  for (const [where, says] of rows) {
    for (const workers of [1, 2]) {
      const server = createServer({ root, workers });
      await t.rejects(server.listen(...where), { name: 'ListenError', message: says }, where.join());
      t.equal(server.address(), null);
    }
  }
  await t.rejects(createServer({ root }).listen('nonsense'), { name: 'OptionsError' });
  t.equal(readdirSync('/proc/self/fd').length, before, 'no descriptor is left');
  const again = createServer({ root, workers: 1 });
  await t.rejects(again.listen(`127.0.0.1:${first.place.port}`), { name: 'ListenError' });
  const [place] = await again.listen('127.0.0.1:0');
  t.ok(place!.port > 0, 'the same server may try another address');
  await again.close();
});

t.test('several servers in one process', async (t) => {
  const root = t.testdir({ one: { 'a.txt': 'one' }, two: { 'a.txt': 'two' }, three: { 'a.txt': 'three' } });
  const servers = await Promise.all(['one', 'two', 'three'].map((name) => serve(t, { root: join(root, name), workers: name === 'two' ? 2 : 1 })));
  for (let i = 0; i < 10; ++i) {
    t.strictSame(await Promise.all(servers.map(async ({ place }) => (await ask(place, '/a.txt')).body.toString())), ['one', 'two', 'three']);
  }
  await servers[1]!.server.close();
  t.equal((await ask(servers[0]!.place, '/a.txt')).body.toString(), 'one', 'one goes, the others stay');
  t.match(await servers[2]!.server.counts(), { requests: 10 }, 'each counts its own');
});

t.test('opened and closed many times, nothing is left', async (t) => {
  const root = t.testdir({ 'a.txt': 'a', 'b.bin': Buffer.alloc(200_000) });
  const once = async (): Promise<void> => {
    const server = createServer({ root, workers: 2 });
    const [place] = await server.listen('127.0.0.1:0');
    const kept = await Client.open(place!);
    await kept.send(requestText('/a.txt') + requestText('/b.bin'));
    await kept.reply();
    await kept.reply();
    await server.close();
    kept.destroy();
  };
  for (let i = 0; i < 2; ++i) await once();
  const settled = (): number => readdirSync('/proc/self/fd').length;
  const before = settled();
  for (let i = 0; i < 5; ++i) await once();
  await until(() => settled() <= before + 2, `descriptors: ${before} before, ${settled()} after`);
  t.pass(`${before} descriptors before, ${settled()} after`);
});

t.test('unix sockets', async (t) => {
  const dir = shortFolder(t);
  writeFileSync(join(dir, 'a.txt'), 'a');
  const path = join(dir, 's');
  const first = await serve(t, { root: dir, socketMode: 0o600, workers: 2 }, `unix:${path}`);
  t.strictSame(first.place, { host: path, port: -1 });
  t.equal((statSync(path).mode & 0o777).toString(8), '600');
  t.equal((await ask(first.place, '/a.txt')).body.toString(), 'a');
  await t.rejects(createServer({ root: dir }).listen(`unix:${path}`), { code: 'EADDRINUSE' }, 'one that is alive is not replaced');
  t.equal((await ask(first.place, '/a.txt')).body.toString(), 'a', 'nor harmed');
  await first.server.close();
  t.notOk(existsSync(path), 'the name is gone');

  const killed = await running(t, [dir, '-l', `unix:${path}`, '--workers', '1']);
  killed.child.kill('SIGKILL');
  await killed.ended;
  t.ok(existsSync(path), 'one that was killed leaves its name');
  const next = await serve(t, { root: dir }, `unix:${path}`);
  t.equal((await ask(next.place, '/a.txt')).body.toString(), 'a', 'and it is replaced');
});

t.test('an inherited descriptor', async (t) => {
  const dir = t.testdir({ 'a.txt': 'a' });
  const fd = native.listenTcp('127.0.0.1', 0, { reusePort: false, v6Only: true, backlog: 16, congestionControl: '' });
  t.teardown(() => native.closeDescriptor(fd));
  const { port } = native.localAddress(fd);
  const early = await Client.open({ host: '127.0.0.1', port });
  await early.send(requestText('/a.txt'));
  const server = await running(t, [dir, '-l', 'fd:3', '--workers', '2'], { stdio: ['ignore', 'pipe', 'pipe', fd] });
  t.equal(server.place.port, port, 'it tells the port');
  t.equal((await early.reply()).body.toString(), 'a', 'who came before it is served');
  for (let i = 0; i < 20; ++i) t.equal((await ask(server.place, '/a.txt')).body.toString(), 'a');
  process.kill(server.pid, 'SIGTERM');
  t.match(await server.ended, { code: 0 });
  const late = await Client.open({ host: '127.0.0.1', port });
  await late.send(requestText('/a.txt'));
  const next = command(t, [dir, '-l', 'fd:3', '--workers', '1'], { stdio: ['ignore', 'pipe', 'pipe', fd] });
  t.equal((await late.reply()).body.toString(), 'a', 'the descriptor outlives it: the next one serves who came in between');
  next.child.kill('SIGTERM');
});

const CONSUMER = `
declare const console: { log(...all: unknown[]): void };
declare function fetch(url: string): Promise<{ readonly status: number }>;
import { createServer, OptionsError, type Address, type Counts, type Server, type ServerOptions, type ServerReport } from 'pagecast';
const options: ServerOptions = { root: '.', workers: 1, accessLog: 'json', limits: { headTimeoutMs: 1000 }, guard: { privateMaxBytes: 1 << 20 } };
const server: Server = createServer(options, { onReport: (report: ServerReport) => void report.name, onAccessLog: (block: string) => void block });
const addresses: readonly Address[] = await server.listen('127.0.0.1:0');
const port: number = server.address()!.port;
const counts: Counts = await server.counts();
const response = await fetch(\`http://127.0.0.1:\${port}/package.json\`);
await server.close({ force: true });
console.log(addresses.length, response.status, counts['accepted'] !== undefined, new OptionsError('x').name);
// @ts-expect-error there is no such option
createServer({ rot: '.' });
`;

t.test('declarations are usable, and the package by its name', async (t) => {
  const folder = mkdtempSync('/tmp/pagecast-consumer-');
  t.teardown(() => rmSync(folder, { recursive: true }));
  const root = fileURLToPath(new URL('../../../', import.meta.url));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(root, join(folder, 'node_modules/pagecast'));
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(join(folder, 'consumer.ts'), CONSUMER);
  const run = promisify(execFile);
  // The declarations are checked, too; without @types beside it, or in a folder above, they can lean on nobody else's.
  const flags = ['--typeRoots', 'none', '--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess', '--verbatimModuleSyntax', '--target', 'es2023', '--lib', 'es2023', '--module', 'nodenext', '--preserveSymlinks'];
  const compiled = await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...flags, 'consumer.ts'], { cwd: folder }).then(({ stdout }) => stdout, (error: unknown) => (error as { stdout: string }).stdout);
  t.equal(compiled, '');
  // The mistake that TypeScript sees is seen at run time, too.
  const { stdout, stderr } = await run(process.execPath, ['consumer.js'], { cwd: folder }).catch((error: unknown) => error as { stdout: string; stderr: string });
  t.equal(stdout, '1 200 true OptionsError\n');
  t.match(stderr, /OptionsError: unknown option "rot"/);
});
