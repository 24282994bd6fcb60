// Fillers as child processes.
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';

const FILLER = fileURLToPath(new URL('filler.js', import.meta.url));

export interface Filler {
  readonly child: ChildProcess;
  /** What it has said, in lines. */
  readonly lines: () => readonly string[];
  /** Its first line. */
  readonly first: Promise<string>;
  readonly ended: Promise<number | null>;
}

export function startFiller(t: Test, folder: string, how: 'unnamed' | 'named' | 'hold' | 'wait'): Filler {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(TAP|NODE_OPTIONS$)/.test(name)));
  const child = spawn(process.execPath, [FILLER, folder, how], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout.setEncoding('utf8');
  const ended = new Promise<number | null>((resolve) => child.once('close', (code) => resolve(code)));
  const first = new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (more: string) => {
      text += more;
      if (text.includes('\n')) resolve(text.split('\n')[0]!);
    });
    void ended.then((code) => reject(new Error(`it said nothing and ended: ${code}`)));
  });
  t.teardown(() => child.kill('SIGKILL'));
  return { child, lines: () => text.split('\n').slice(0, -1), first, ended };
}
