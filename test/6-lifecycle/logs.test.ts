// Access logs: every format, one line an answer, and nothing that a client sends can forge a line or reach a terminal.
import t, { type Test } from 'tap';
import type { LogFormat } from '../../server/index.ts';
import { ask, Client, requestText } from '../client.ts';
import { command, running } from '../command.ts';
import { pause, serve, shortFolder, until } from '../serving.ts';

const FORGED = 'x" 200 1 "-" "-"\t127.0.0.1 - - [22/Nov/2026:00:00:00 +0000] "GET /admin HTTP/1.1"';
const EVIL: readonly string[] = [
  FORGED, '{"time":"now","status":200}', '\\', '\\"', '\\x0a', '\x80\x85\x90\x9b31m\x9d', '\xa0\xff\xfe', 'caf\xc3\xa9', '"', "'", '\t\t', '%0d%0a', '${jndi:ldap://x}', '<script>', '-', ' ',
];

/** As a field value is (RFC 9110 §5.5). */
function trimmed(text: string): string {
  return text.replaceAll(/^[ \t]+|[ \t]+$/g, '');
}

async function logged(t: Test, accessLog: LogFormat): Promise<string[]> {
  const { place, lines } = await serve(t, { root: t.testdir({ 'a.txt': 'alpha' }), accessLog });
  for (const text of EVIL) await ask(place, '/a.txt', { fields: { 'User-Agent': text, Referer: text } });
  const targets = ['/%0a127.0.0.1%20-%20-', '/"x"', '/a\\"x', '/?"},{"', '/%1b[2J', '/\'', '//x', '/a.txt?q=<b>'];
  for (const target of targets) await ask(place, target);
  const bad = await Client.open(place);
  await bad.send('GET /\x1b[2J HTTP/1.1\r\nHost: h\r\n\r\n');
  await bad.reply();
  bad.destroy();
  const total = EVIL.length + targets.length + 1;
  await until(() => lines().length >= total, `${total} lines`);
  await pause(150); // a block later nothing else has come
  t.equal(lines().length, total, 'one line an answer');
  for (const line of lines()) {
    // ESC and SGR are the pretty format's own.
    const plain = accessLog === 'pretty' ? line.replaceAll(/\x1b\[\d+m/g, '') : line;
    t.match(plain, /^[\x20-\x7e\xa0-\uffff]*$/, JSON.stringify(plain.slice(0, 70)));
  }
  return lines();
}

t.test('json', async (t) => {
  const records = (await logged(t, 'json')).map((line) => JSON.parse(line) as Record<string, unknown>);
  for (const [index, text] of EVIL.entries()) {
    const { time, peer, method, target, version, status, bytes, ms, agent, referrer } = records[index]!;
    t.strictSame({ peer, method, target, version, status, bytes }, { peer: '127.0.0.1', method: 'GET', target: '/a.txt', version: '1.1', status: 200, bytes: 5 });
    t.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    t.ok(typeof ms === 'number' && ms >= 0);
    t.equal(agent ?? '', trimmed(text), 'what was sent comes back');
    t.equal(referrer ?? '', trimmed(text));
  }
  t.match(records.at(-1), { status: 400, method: '', target: '' }, 'a head that was refused');
});

t.test('combined', async (t) => {
  const form = /^127\.0\.0\.1 - - \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "([^"]*)" (\d{3}) (\d+) "([^"]*)" "([^"]*)"$/;
  const lines = await logged(t, 'combined');
  for (const line of lines) t.match(line, form);
  t.equal(form.exec(lines[0]!)![1], 'GET /a.txt HTTP/1.1');
  t.equal(form.exec(lines.at(-1)!)![1], '-');
  t.notMatch(lines[0], /" 200 1 "/, 'the forged status is escaped');
});

t.test('pretty', async (t) => {
  const lines = await logged(t, 'pretty');
  t.match(lines[0], /200.*GET \/a\.txt.*5 B/);
  t.match(lines.at(-1), /400.*\(no request\)/);
});

t.test('peers', async (t) => {
  const root = t.testdir({ 'a.txt': 'a' });
  const folder = shortFolder(t);
  for (const [where, to, peer] of [['127.0.0.1:0', '127.0.0.1', '127.0.0.1'], ['[::1]:0', '::1', '::1'], ['0', '127.0.0.1', '127.0.0.1'], ['0', '::1', '::1'], [`unix:${folder}/s`, `${folder}/s`, 'unix']] as const) {
    const { place, lines } = await serve(t, { root, accessLog: 'json' }, where);
    await ask({ host: to, port: place.port }, '/a.txt');
    await until(() => lines().length === 1, 'the line');
    t.equal((JSON.parse(lines()[0]!) as { peer: string }).peer, peer, `${where} asked from ${to}`);
  }
});

t.test('off makes none', async (t) => {
  const dir = t.testdir({ 'a.txt': 'a' });
  const { place, lines } = await serve(t, { root: dir });
  await ask(place, '/a.txt');
  await pause(200);
  t.strictSame(lines(), []);
  const server = await running(t, [dir, '-p', '0', '-H', '127.0.0.1', '--log-format', 'combined']);
  await ask(server.place, '/a.txt');
  await until(() => server.stdout().includes('"GET /a.txt HTTP/1.1" 200'), 'combined on standard output');
});

t.test('--quiet says nothing, not even where it listens', async (t) => {
  const dir = t.testdir({ 'a.txt': 'a' });
  const other = await running(t, [dir, '-p', '0', '-H', '127.0.0.1']);
  other.child.kill('SIGTERM');
  await other.ended;
  const { port } = other.place; // free again
  const quiet = command(t, [dir, '-p', String(port), '-H', '127.0.0.1', '-q']);
  await until(() => ask(other.place, '/a.txt').then(() => true, () => false), 'it serves');
  quiet.child.kill('SIGTERM');
  t.match(await quiet.ended, { code: 0 });
  t.equal(quiet.stdout() + quiet.stderr(), '');
});

t.test('a pipe that nobody reads, and one that is closed, do not stop the server', async (t) => {
  const dir = t.testdir({ 'a.txt': 'a' });
  const server = await running(t, [dir, '-p', '0', '-H', '127.0.0.1', '--workers', '1']);
  server.child.stdout!.pause();
  const client = await Client.open(server.place);
  const long = 'x'.repeat(6000);
  for (let i = 0; i < 10; ++i) {
    void client.send(requestText(`/a.txt?${long}`).repeat(100));
    for (let k = 0; k < 100; ++k) if ((await client.reply()).status !== 200) t.fail('not answered');
  }
  server.child.stdout!.destroy();
  for (let i = 0; i < 5; ++i) {
    await client.send(requestText('/a.txt'));
    t.equal((await client.reply()).status, 200, 'standard output is closed');
    await pause(120);
  }
  client.destroy();
  process.kill(server.pid, 'SIGTERM');
  await until(() => server.child.exitCode !== null, 'it ends');
  t.equal(server.child.exitCode, 0);
});
