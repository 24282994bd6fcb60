// The operator's walk of docs/OPERATIONS.md, as it is typed: one shell for all of its blocks, in a network of its own, where the ports
// that it names are free.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { MAIN } from '../command.ts';
import { ROOT, textOf, without } from './places.ts';

interface Step {
  readonly title: string;
  readonly commands: string;
}

interface Shell {
  /** Runs a block. @returns the status of its last command that failed, 0 where none did, and what it said. */
  run(commands: string): Promise<{ readonly status: number; readonly text: string }>;
}

const TITLE = "## The operator's walk";
/** Of a namespace of one's own, where a user may make one. */
const ALONE = ['unshare', '--user', '--map-root-user', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
const STEP_WITHIN_MS = 60_000;

function steps(): Step[] {
  const page = textOf('docs/OPERATIONS.md');
  const section = page.slice(page.indexOf(TITLE) + TITLE.length).split(/^## /m)[0]!;
  return section.split(/^### /m).slice(1).map((part) => ({
    title: part.split('\n')[0]!,
    commands: [...part.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block]) => block!).join(''),
  }));
}

const obstacle = without('curl', 'unshare') || (spawnSync(ALONE[0]!, [...ALONE.slice(1), 'true']).status !== 0 && 'no network of its own can be made here (unshare)');

t.test('the walk', { skip: obstacle }, async (t) => {
  const walk = steps();
  t.ok(walk.length >= 6, `${walk.length} steps`);
  const shell = open(t);
  t.match(await shell.run('ip link set lo up'), { status: 0 });
  for (const { title, commands } of walk) {
    const { status, text } = await shell.run(commands);
    t.equal(status, 0, `${title}: ${text}`);
  }
});

function open(t: Test): Shell {
  const folder = mkdtempSync(join(tmpdir(), 'walk-'));
  symlinkSync(`${ROOT}deploy`, join(folder, 'deploy'));
  writeFileSync(join(folder, 'pagecast'), `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`);
  chmodSync(join(folder, 'pagecast'), 0o755);
  const kept = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PAGECAST_|PORT$|NODE_|TAP)/.test(name)));
  const node = process.execPath.slice(0, process.execPath.lastIndexOf('/'));
  const child = spawn(ALONE[0]!, [...ALONE.slice(1), 'bash', '--norc'], { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'], env: { ...kept, PATH: `${folder}:${node}:${kept['PATH'] ?? ''}:/usr/sbin:/sbin` } });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  let said = '';
  let heard = (): void => undefined;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      heard();
    });
  }
  t.teardown(async () => {
    child.kill('SIGKILL'); // and with the first process of its namespace all of it
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  child.stdin.write("failed=0; trap 'failed=$?' ERR\n");
  return {
    run: (commands) => new Promise((resolve, reject) => {
      said = '';
      const timer = setTimeout(() => reject(new Error(`it does not end: ${commands}${said}`)), STEP_WITHIN_MS);
      heard = () => {
        const status = /^@@ (\d+)$/m.exec(said)?.[1];
        if (status === undefined) return;
        clearTimeout(timer);
        resolve({ status: Number(status), text: said });
      };
      child.stdin.write(`failed=0\n${commands}\necho; echo "@@ $failed"\n`);
    }),
  };
}
