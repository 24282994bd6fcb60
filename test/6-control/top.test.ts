// `pagecast top`: as text and JSON, and in a terminal of a real size (tmux), where it redraws, resizes, and leaves nothing behind.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { ask } from '../client.ts';
import { result, running, type Running } from '../command.ts';
import { shortFolder, until } from '../serving.ts';
import { origin } from './controlling.ts';
import type { AddressInfo } from 'node:net';

const MAIN = fileURLToPath(new URL('../../server/cli/main.js', import.meta.url));
const noTmux = existsSync('/usr/bin/tmux') ? false : 'needs tmux';

interface Watchable {
  readonly server: Running;
  readonly where: string;
}

async function watchable(t: Test): Promise<Watchable> {
  const from = await origin(t, (_, response) => response.setHeader('Cache-Control', 'max-age=3600').end('x'));
  const where = `unix:${join(shortFolder(t), 's')}`;
  const server = await running(t, ['--proxy', from, '-p', '0', '-H', '127.0.0.1', '--workers', '2', '--control', where]);
  return { server, where };
}

t.test('once, where no terminal is', async (t) => {
  const { server, where } = await watchable(t);
  const { code, stdout, stderr } = await result(t, ['top', '--control', where]);
  t.equal(stderr, '');
  t.equal(code, 0);
  t.match(stdout, new RegExp(`^pagecast \\S+ {2}ready {2}up .* process ${server.pid} {2}http://127\\.0\\.0\\.1:${server.place.port}\\n`));
  t.match(stdout, /\nrequests +0\/s\n[^]*\nstore +0 objects [^]*\norigin +http[^]*\nworkers +0: 0 connections[^]*1: 0 connections/);
  t.match(stdout, /\nmemory +sealed \S+ \S+(?: of \S+ \S+)? {3}bounds in use \S+ %\nconfig +generation 1\n/);
  t.match(stdout, /\n +replaced 0 {3}hung 0 {3}main/);
  t.notMatch(stdout, '\x1b', 'no codes for a terminal');
  t.ok(stdout.split('\n').every((line) => line.length <= 100));
  t.match(await result(t, ['reload', '--control', where]), { code: 0 });
  t.match((await result(t, ['top', '--control', where])).stdout, /\nconfig +generation 2\n/, 'a reload');
  const told = JSON.parse((await result(t, ['top', '--control', where, '--json'])).stdout) as Record<string, unknown>;
  t.match(told, { status: { pid: server.pid }, figures: { answersPerS: 0, hitRatio: null }, snapshot: { phase: 'ready', metrics: { connections: [0, 0] } } });
});

t.test('told in one line why not', async (t) => {
  const silent = createServer(({ url }, response) => response.writeHead(200, { 'content-type': url === '/api/v1/events' ? 'text/event-stream' : 'application/json' }).end(url === '/api/v1/events' ? '' : '{}'));
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.teardown(() => silent.close());
  const cases: readonly (readonly [args: readonly string[], code: number, says: RegExp])[] = [
    [['top', '--control', 'unix:/nowhere/s'], 1, /there is no such socket/],
    [['top', '--control', '127.0.0.1:1'], 1, /nothing listens there/],
    [['top', '--control', `127.0.0.1:${(silent.address() as AddressInfo).port}`], 1, /ended before it told anything/],
    [['top', 'http://a/', '--control', '1'], 2, /takes no URL/],
    [['top', '--soft', '--control', '1'], 2, /takes no URL/],
  ];
  for (const [args, code, says] of cases) {
    const ended = await result(t, args);
    t.equal(ended.code, code, args.join(' '));
    t.match(ended.stderr, says, args.join(' '));
    t.match(ended.stderr, /^pagecast: [^\n]+\n$/);
  }
});

/** A terminal of its own, that is gone with its test. */
function terminal(t: Test, columns: number, rows: number, command: string): { readonly screen: (codes?: boolean) => string; readonly tmux: (...words: string[]) => string } {
  const socket = join(shortFolder(t), 't');
  const tmux = (...words: string[]): string => execFileSync('tmux', ['-S', socket, ...words], { encoding: 'utf8', env: { ...process.env, TMUX: '', LC_ALL: 'C.UTF-8' } });
  tmux('-f', '/dev/null', 'new-session', '-d', '-x', String(columns), '-y', String(rows), 'env -u NODE_OPTIONS -u NO_COLOR PS1=: sh');
  t.teardown(() => tmux('kill-server'));
  tmux('send-keys', command, 'Enter');
  return { tmux, screen: (codes = false) => tmux('capture-pane', '-p', ...(codes ? ['-e'] : [])) };
}

t.test('in a terminal of 80 by 24', { skip: noTmux }, async (t) => {
  const { server, where } = await watchable(t);
  const { screen, tmux } = terminal(t, 80, 24, `${process.execPath} ${MAIN} top --control ${where}; echo ended with $?`);
  await until(() => screen().includes('requests   0/s'), 'its first screen');
  for (let i = 0; i < 10; ++i) await ask(server.place, '/a', { fields: { Host: `\xe9${'long'.repeat(30)}` } }).catch(() => undefined);
  for (let i = 0; i < 10; ++i) await ask(server.place, '/a', { fields: { Host: 'h.example' } });
  await until(() => /\nh\.example\/a +\S+\/s +\S+ \S+\/s +9\d\.\d %/.test(screen()), 'what is asked for most');
  const lines = screen().replace(/\n$/, '').split('\n');
  t.equal(lines.length, 24);
  t.ok(lines.every((line) => line.length <= 80));
  t.match(lines[0], /^pagecast \S+ {2}ready/, 'the first line is the first: nothing has scrolled');
  t.match(screen(), /store +1 objects/);
  t.match(screen(true), '\x1b[1m', 'with codes, as there is no NO_COLOR');
  tmux('resize-window', '-x', '50', '-y', '12');
  await until(() => screen().split('\n').length <= 13 && screen().startsWith('pagecast'), 'the smaller screen');
  t.ok(screen().split('\n').every((line) => line.length <= 50));
  tmux('resize-window', '-x', '120', '-y', '40');
  await until(() => /^asked for most {60}/m.test(screen()), 'the larger one');
  process.kill(server.pid, 'SIGKILL');
  await until(() => screen().includes('cut off, asked again every 2 s'), 'that it is cut off');
  tmux('send-keys', 'q');
  await until(() => screen().includes('ended with 0'), 'its end');
  t.notMatch(screen(), 'asked for most', 'the terminal is as it was');
  t.equal(tmux('display-message', '-p', '#{cursor_flag}#{alternate_on}').trim(), '10', 'with its cursor');
  tmux('send-keys', "echo a''b", 'Enter');
  await until(() => screen().includes('\nab\n'), 'and takes what is typed');
});

t.test('without colours, and ended from outside', { skip: noTmux }, async (t) => {
  const { where } = await watchable(t);
  const { screen, tmux } = terminal(t, 80, 24, `NO_COLOR=1 ${process.execPath} ${MAIN} top --control ${where}; echo ended with $?`);
  await until(() => screen().includes('requests   0/s'), 'its first screen');
  t.notMatch(screen(true), /\x1b\[/, 'not one code');
  tmux('send-keys', 'C-c');
  await until(() => screen().includes('ended with 0'), 'its end');
  t.equal(tmux('display-message', '-p', '#{cursor_flag}#{alternate_on}').trim(), '10');
});
